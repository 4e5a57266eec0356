// Reference work I with headless Chromium: one browser, one page, HTML and CSS, text fitted in the page, screenshots.
import fs from 'fs'
import os from 'os'
import puppeteer from 'puppeteer-core'
import { bench, formats, out, rgba, sets, work } from './common.mjs'

const { colors } = work
const box = ([x, y, w, h]) => `left:${x}px;top:${y}px;width:${w}px;height:${h}px;`
const html = (size) => {
  const { scrim, w, h } = size
  const ramp = `linear-gradient(${scrim.dir === 'down' ? 'to bottom' : 'to right'},${rgba(colors.scrim, scrim.a0)} ${scrim.start * 100}%,${rgba(colors.scrim, scrim.a1)} ${scrim.end * 100}%)`
  return `<!doctype html><meta charset=utf8><style>
    @font-face{font-family:N;font-weight:700;src:url(file://${bench}/font.otf)}
    *{margin:0;box-sizing:border-box} body{width:${w}px;height:${h}px;overflow:hidden;font-family:N;font-weight:700} body>*{position:absolute}
    </style><img style="${box([0, 0, w, h])}object-fit:cover" src="file://${bench}/hero.jpg"><div style="${box([0, 0, w, h])}background:${ramp}"></div>
    <img style="${box(size.logo)}" src="file://${bench}/logo.png">
    <div style="${box(size.head)}display:flex;align-items:flex-end;color:${colors.head}"><div id=h style="line-height:${work.line_height};text-wrap:balance;max-width:100%">${work.headline}</div></div>
    <div style="${box(size.cta)}background:${colors.cta_bg};border-radius:999px;display:flex;align-items:center;justify-content:center;color:${colors.cta_fg};white-space:nowrap"><span id=c style="line-height:1.2;display:inline-block">${work.cta}</span></div>`
}
// Runs in the page.
const fit = async (lines, lineHeight, headWidth, headHeight, callWidth, callHeight) => {
  await document.fonts.ready
  await Promise.all([...document.images].map((image) => image.decode()))
  const into = (id, width, height, most, step) => {
    const element = document.getElementById(id)
    let low = 6, high = Math.floor(height / step)
    while (high - low > 0.5) {
      const px = (low + high) / 2
      element.style.fontSize = px + 'px'
      const seen = element.getBoundingClientRect()
      if (Math.round(seen.height / (px * step)) <= most && element.scrollWidth <= width && seen.height <= height + 0.5) low = px
      else high = px
    }
    element.style.fontSize = Math.floor(low * 2) / 2 + 'px'
  }
  into('h', headWidth, headHeight, lines, lineHeight)
  into('c', callWidth - 0.6 * callHeight, callHeight * 0.5, 1, 1.2)
}

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--allow-file-access-from-files', '--hide-scrollbars', '--force-color-profile=srgb'],
})
const page = await browser.newPage()
const folder = fs.mkdtempSync(`${os.tmpdir()}/set-`)
for (let n = 0; n < +sets; n++) {
  for (const size of work.sizes) {
    fs.writeFileSync(`${folder}/page.html`, html(size))
    await page.setViewport({ width: size.w, height: size.h })
    await page.goto(`file://${folder}/page.html`, { waitUntil: 'load' })
    await page.evaluate(fit, work.lines, work.line_height, size.head[2], size.head[3], size.cta[2], size.cta[3])
    if (formats.includes('jpg')) await page.screenshot({ path: `${out}/${size.name}.jpg`, type: 'jpeg', quality: work.jpeg_q })
    if (formats.includes('webp')) await page.screenshot({ path: `${out}/${size.name}.webp`, type: 'webp', quality: work.webp_q })
  }
}
await browser.close()
fs.rmSync(folder, { recursive: true })
