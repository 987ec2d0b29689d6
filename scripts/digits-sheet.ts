/**
 * Draws a sheet of synthetic digits as a picture, ten of each.
 *
 * `npm run digits-sheet -- [FILE.png] [SEED]`
 */
import { writeFileSync } from 'node:fs'
import { PNG } from 'pngjs'
import { generateDigits, SIDE } from '../src/data/digits.ts'
import { key } from '../src/core/rng.ts'

const COLUMNS = 20
const ROWS = 10

/** A grey picture as PNG. */
const png = (width: number, height: number, pixels: Uint8Array): Uint8Array => {
  const picture = new PNG({ width, height })
  pixels.forEach((grey, i) => picture.data.set([grey, grey, grey, 255], 4 * i))
  return PNG.sync.write(picture, { colorType: 0 })
}

/** Images side by side, row d holding digits d, dark on light, each pixel `zoom` pixels wide. */
const sheet = (seed: number, zoom: number): Uint8Array => {
  const { images, labels } = generateDigits(key(seed), 0, COLUMNS * ROWS * 4)
  const width = COLUMNS * SIDE * zoom
  const height = ROWS * SIDE * zoom
  const picture = new Uint8Array(width * height).fill(255)
  const places = Array.from({ length: ROWS }, (_, digit) =>
    [...labels.keys()].filter(i => labels[i] === digit).slice(0, COLUMNS),
  )
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [row, column] = [Math.floor(y / zoom), Math.floor(x / zoom)]
      const image = places[Math.floor(row / SIDE)]?.[Math.floor(column / SIDE)]
      if (image === undefined) continue
      const pixel = image * SIDE * SIDE + (row % SIDE) * SIDE + (column % SIDE)
      picture[y * width + x] = 255 - images.pixels[pixel]!
    }
  return png(width, height, picture)
}

const [file = 'digits.png', seed = '0'] = process.argv.slice(2)
writeFileSync(file, sheet(Number(seed), 2))
process.stdout.write(`${file}: ${COLUMNS} each of 0 to 9, drawn from seed ${seed}\n`)
