// What the Node engines share: the work, its colours, the sizes of fitted text, and what they were asked for.
import fs from 'fs'

export const bench = process.env.BENCH
export const work = JSON.parse(fs.readFileSync(`${bench}/work.json`))
export const fits = JSON.parse(fs.readFileSync(`${bench}/fits.json`))
export const formats = (process.env.FORMATS || 'jpg,webp').split(',')
export const [out, sets] = process.argv.slice(2)
export const rgba = (hex, alpha) => {
  const part = (n) => parseInt(hex.slice(n, n + 2), 16)
  return `rgba(${part(1)},${part(3)},${part(5)},${alpha})`
}
