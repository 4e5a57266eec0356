// Reference work I with Satori (layout to SVG), resvg-js (pixels) and sharp (files). The hero is cropped by sharp first, which
// is the better practice: a hero of 2048 px in every SVG takes more than twice as long.
import fs from 'fs'
import satori from 'satori'
import { Resvg } from '@resvg/resvg-js'
import sharp from 'sharp'
import { bench, fits, formats, out, rgba, sets, work } from './common.mjs'

sharp.concurrency(1)
sharp.cache(false)
const { colors } = work
const fonts = [{ name: 'N', data: fs.readFileSync(`${bench}/font.otf`), weight: 700, style: 'normal' }]
const element = (type, style, children, more = {}) => ({ type, props: { style, children, ...more } })
const place = ([left, top, width, height]) => ({ position: 'absolute', left, top, width, height, display: 'flex' })

for (let n = 0; n < +sets; n++) {
  const hero = fs.readFileSync(`${bench}/hero.jpg`)
  const logo = 'data:image/png;base64,' + fs.readFileSync(`${bench}/logo.png`).toString('base64')
  for (const size of work.sizes) {
    const fit = fits[size.name]
    const { scrim, w: width, h: height } = size
    const cropped = await sharp(hero).resize(width, height, { fit: 'cover' }).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()
    const whole = [0, 0, width, height]
    const ramp = `linear-gradient(${scrim.dir === 'down' ? 'to bottom' : 'to right'}, ${rgba(colors.scrim, scrim.a0)} ${scrim.start * 100}%, ${rgba(colors.scrim, scrim.a1)} ${scrim.end * 100}%)`
    const type = { fontFamily: 'N' }
    const tree = element('div', { display: 'flex', width, height, position: 'relative' }, [
      element('img', { ...place(whole), objectFit: 'cover' }, undefined, { src: 'data:image/jpeg;base64,' + cropped.toString('base64'), width, height }),
      element('div', { ...place(whole), backgroundImage: ramp }),
      element('img', place(size.logo), undefined, { src: logo, width: size.logo[2], height: size.logo[3] }),
      element('div', { ...place(size.head), ...type, flexDirection: 'column', justifyContent: 'flex-end', fontSize: fit.px, lineHeight: work.line_height, color: colors.head },
        fit.lines.map((line) => element('div', { display: 'flex' }, line))),
      element('div', { ...place(size.cta), ...type, backgroundColor: colors.cta_bg, borderRadius: size.cta[3] / 2, alignItems: 'center', justifyContent: 'center', fontSize: fit.cta_px, color: colors.cta_fg }, work.cta),
    ])
    const image = new Resvg(await satori(tree, { width, height, fonts }), { font: { loadSystemFonts: false } }).render()
    const raw = { raw: { width: image.width, height: image.height, channels: 4 } }
    const pixels = image.pixels
    if (formats.includes('jpg')) await sharp(pixels, raw).removeAlpha().jpeg({ quality: work.jpeg_q }).toFile(`${out}/${size.name}.jpg`)
    if (formats.includes('webp')) await sharp(pixels, raw).removeAlpha().webp({ quality: work.webp_q, effort: 4 }).toFile(`${out}/${size.name}.webp`)
  }
}
