// Reference work I with sharp: an SVG laid over the resized hero. Text was measured beforehand (fits.json).
import sharp from 'sharp'
import { bench, fits, formats, out, sets, work } from './common.mjs'

sharp.concurrency(+(process.env.THREADS || 1))
sharp.cache(false)
const { colors } = work

const overlay = (size) => {
  const { px, lines, cta_px } = fits[size.name]
  const { scrim, head: [hx, hy, , hh], cta: [cx, cy, cw, ch] } = size
  const step = px * work.line_height
  const down = scrim.dir === 'down'
  const text = lines.map((line, n) =>
    `<text x="${hx}" y="${hy + hh - step * (lines.length - n) + step * 0.8}" font-size="${px}" fill="${colors.head}">${line}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.w}" height="${size.h}">
    <defs><linearGradient id="g" x1="0" y1="0" x2="${down ? 0 : 1}" y2="${down ? 1 : 0}">
      <stop offset="${scrim.start}" stop-color="${colors.scrim}" stop-opacity="${scrim.a0}"/>
      <stop offset="${scrim.end}" stop-color="${colors.scrim}" stop-opacity="${scrim.a1}"/></linearGradient></defs>
    <rect width="${size.w}" height="${size.h}" fill="url(#g)"/>
    <rect x="${cx}" y="${cy}" width="${cw}" height="${ch}" rx="${ch / 2}" fill="${colors.cta_bg}"/>
    <g font-family="Noto Sans CJK SC" font-weight="700">${text.join('')}
      <text x="${cx + cw / 2}" y="${cy + ch / 2 + cta_px * 0.36}" text-anchor="middle" font-size="${cta_px}" fill="${colors.cta_fg}">${work.cta}</text>
    </g></svg>`
}

const draw = async (size) => {
  const logo = await sharp(`${bench}/logo.png`).resize(size.logo[2], size.logo[3]).png({ compressionLevel: 1 }).toBuffer()
  const layers = [
    { input: Buffer.from(overlay(size)), left: 0, top: 0 },
    { input: logo, left: size.logo[0], top: size.logo[1] },
  ]
  const { data, info } = await sharp(`${bench}/hero.jpg`).resize(size.w, size.h, { fit: 'cover' })
    .composite(layers).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const raw = { raw: { width: info.width, height: info.height, channels: info.channels } }
  const files = []
  if (formats.includes('jpg')) files.push(sharp(data, raw).jpeg({ quality: work.jpeg_q }).toFile(`${out}/${size.name}.jpg`))
  if (formats.includes('webp')) files.push(sharp(data, raw).webp({ quality: work.webp_q, effort: 4 }).toFile(`${out}/${size.name}.webp`))
  await Promise.all(files)
}

for (let n = 0; n < +sets; n++) {
  if (process.env.SERIAL) for (const size of work.sizes) await draw(size)
  else await Promise.all(work.sizes.map(draw))
}
