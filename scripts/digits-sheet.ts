/**
 * Draws a sheet of digits as a picture, ten of each, so that one can look at them.
 *
 * `npm run digits-sheet -- [FILE.png] [SEED]`
 */
import { writeFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { drawDigits, SIDE } from '../src/data/digits.ts'
import { crc32 } from '../src/data/gzip.ts'
import { key } from '../src/rng.ts'

const COLUMNS = 20
const ROWS = 10

const chunk = (type: string, body: Uint8Array): Uint8Array => {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const bytes = Buffer.alloc(typed.length + 8)
  bytes.writeUInt32BE(body.length)
  bytes.set(typed, 4)
  bytes.writeUInt32BE(crc32(typed), typed.length + 4)
  return bytes
}

/** A grey picture as PNG (W3C, Portable Network Graphics): 8 bits a pixel, no filter. */
const png = (width: number, height: number, pixels: Uint8Array): Uint8Array => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  const lines = new Uint8Array(height * (width + 1))
  for (let y = 0; y < height; y++) lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  return Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', new Uint8Array()),
  ])
}

/** Images side by side, row d holding digits d, dark on light, each pixel `zoom` pixels wide. */
const sheet = (seed: number, zoom: number): Uint8Array => {
  const { images, labels } = drawDigits(key(seed), 0, COLUMNS * ROWS * 4)
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
