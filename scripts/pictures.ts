/**
 * Makes 60 pictures of digits, as people draw and photograph them, and counts what a network reads in them.
 *
 * `npm run pictures -- [MODEL.json] [FOLDER]`; the pictures are also written to the folder, as PNG files.
 */
import { tensor2d } from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { feedforward } from '../src/core/network.ts'
import { toParams } from '../src/core/params.ts'
import { networkNamed } from '../src/core/parts.ts'
import { generator, key } from '../src/core/rng.ts'
import { withTensors } from '../src/core/scope.ts'
import { readImages } from '../src/image/image-files.ts'
import { readModel } from '../src/runs/resources.ts'
import { loadBackend } from '../src/runtime/backend.ts'

type Line = readonly (readonly [x: number, y: number])[]

/** Lines in a square of 100 x 100, written as x,y points; a stroke ends with a slash. */
const strokes = (text: string): readonly Line[] =>
  text.split(' / ').map(line =>
    line.split(' ').map(point => {
      const [x = 0, y = 0] = point.split(',').map(Number)
      return [x, y] as const
    }),
  )

/** Two handwritings of 0 … 9. */
const hands = [
  [
    '50,0 32,6 20,26 17,50 21,76 33,95 50,100 67,94 79,74 83,50 80,25 68,6 50,0',
    '36,18 54,0 54,100',
    '18,22 28,6 48,0 68,6 77,22 72,40 52,62 17,99 84,99',
    '20,12 36,1 58,1 73,12 74,30 62,43 44,47 66,53 80,68 77,86 60,99 38,99 18,88',
    '62,2 14,66 88,66 / 66,40 66,100',
    '78,2 30,2 24,44 42,38 64,42 78,58 78,78 64,95 42,100 20,90',
    '70,2 46,16 28,42 21,70 30,92 50,100 70,93 78,76 70,60 52,54 34,60 23,74',
    '16,3 84,3 62,40 46,100',
    '50,0 31,6 24,22 33,38 52,47 70,58 78,76 68,94 50,100 31,94 22,77 32,58 50,47 67,36 75,20 68,6 50,0',
    '76,30 66,45 48,50 30,43 23,26 31,8 50,0 68,7 76,24 77,55 70,82 54,100',
  ],
  [
    '62,3 40,2 22,18 12,46 16,78 34,97 56,98 76,80 86,50 82,20 66,4 50,2',
    '50,0 50,100',
    '16,30 22,12 42,2 64,8 70,26 58,52 40,74 22,92 34,88 58,92 84,96',
    '22,6 48,0 68,8 68,26 50,42 38,46 62,48 76,64 68,88 44,100 20,94',
    '24,4 20,32 18,52 44,56 82,50 / 74,14 70,60 66,100',
    '28,6 26,30 24,46 46,40 68,46 76,66 68,88 46,98 22,92 / 28,6 78,4',
    '58,0 36,24 22,54 22,82 42,98 64,92 70,72 54,58 34,64 24,80',
    '14,12 18,4 80,6 66,40 52,70 46,100 / 36,50 76,48',
    '72,14 50,2 30,14 36,34 58,50 72,72 62,94 42,98 28,82 36,60 58,42 74,26 72,14',
    '74,16 52,2 30,12 26,34 44,46 66,36 75,16 78,50 66,84 44,98 28,92',
  ],
].map(hand => hand.map(strokes))

/** How far a point is from a line. */
const distance = (x: number, y: number, line: Line): number =>
  line.slice(1).reduce((least, [toX, toY], i) => {
    const [fromX, fromY] = line[i]!
    const [dx, dy] = [toX - fromX, toY - fromY]
    const along = ((x - fromX) * dx + (y - fromY) * dy) / (dx * dx + dy * dy)
    const t = Math.min(1, Math.max(0, along))
    return Math.min(least, Math.hypot(x - fromX - t * dx, y - fromY - t * dy))
  }, Infinity)

/** The ink, 0 to 1, at a pixel. */
type Ink = (x: number, y: number) => number

/** Ink of lines in a square at left, top, of this size, by a pen of this width; `slant` moves their tops to the right. */
const pen =
  (lines: readonly Line[], left: number, top: number, size: number, width: number, slant = 0): Ink =>
  (px, py) => {
    const zoom = size / 100
    const y = (py + 0.5 - top) / zoom
    const x = (px + 0.5 - left) / zoom - slant * (50 - y)
    const away = Math.min(...lines.map(line => distance(x, y, line))) * zoom
    return Math.min(1, Math.max(0, width / 2 + 0.5 - away))
  }

const box = (left: number, top: number, right: number, bottom: number): Line => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
  [left, top],
]

const within =
  (left: number, top: number, right: number, bottom: number): Ink =>
  (x, y) =>
    x >= left && x < right && y >= top && y < bottom ? 1 : 0

const disc =
  (radius: number): Ink =>
  (x, y) =>
    Math.hypot(x - 99.5, y - 99.5) < radius ? 1 : 0

/** A picture: its size, and the grey and opacity (0 to 255) of each pixel. */
type Picture = {
  readonly width: number
  readonly height: number
  readonly grey: Ink
  readonly opacity?: Ink
}

const square = (side: number, grey: Ink, opacity?: Ink): Picture => ({
  width: side,
  height: side,
  grey,
  ...(opacity === undefined ? {} : { opacity }),
})

const onWhite =
  (...inks: readonly Ink[]): Ink =>
  (x, y) =>
    255 - 255 * Math.max(...inks.map(ink => ink(x, y)))

/** Uneven light, and noise of the same seed for each picture. */
const photo = (ink: Ink, paper: Ink): Ink => {
  const random = generator(key(7))
  return (x, y) =>
    paper(x, y) * (1 - 0.6 * ink(x, y)) + 16 * (uniformFloat64(random) + uniformFloat64(random) - 1)
}

/** A white sheet, turned a little, on a dark table. */
const sheet: Ink = (x, y) =>
  Math.abs(x - 200 + (y - 200) / 9) < 140 && Math.abs(y - 200 - (x - 200) / 9) < 150
    ? 205 + x / 20
    : 70 + (y % 40) / 4

const ruled =
  (across: boolean, down: boolean): Ink =>
  (x, y) =>
    (across && y % 40 < 2) || (down && x % 40 < 2) ? 0.7 : 0

/** Axes, an edge of a table, an underline, and a margin. */
const besides = strokes('10,5 10,92 95,92 / 0,90 100,90 / 12,85 90,86 / 8,0 8,100')

/** Kinds of pictures: the i-th one of digit d. Those in `refused` do not show one digit that can be read. */
const kinds: Readonly<Record<string, (of: readonly Line[], i: number) => Picture>> = {
  drawn: (of, i) => square(200, onWhite(pen(of, 50, 40, 120, 10 + i, 0.1 * i))),
  '28 x 28': (of, i) => square(28, onWhite(pen(of, 2 + 3 * i, 2 + i, 14 + i, 1))),
  thin: of => square(400, onWhite(pen(of, 60, 90, 200, 2))),
  thick: of => square(200, onWhite(pen(of, 50, 50, 110, 26))),
  'off centre': (of, i) => square(300, onWhite(pen(of, i % 2 ? 8 : 200, i < 2 ? 8 : 200, 90, 9))),
  'close crop': of => square(100, onWhite(pen(of, 0, 0, 100, 10))),
  inverted: (of, i) => square(200, (x, y) => 10 + 240 * pen(of, 40, 40, 120, 12, -0.05 * i)(x, y)),
  transparent: (of, i) =>
    square(
      200,
      () => (i % 2 ? 255 : 0),
      (x, y) => 255 * pen(of, 40, 40, 120, 12)(x, y),
    ),
  framed: (of, i) =>
    square(200, onWhite(pen(of, 60, 60, 80, 9), pen([box(10 * i, 8, 190, 190)], 0, 0, 100, 6))),
  'panel, rim or disc': (of, i) => {
    const digit = pen(of, 60, 60, 80, 9)
    const shape = [within(25, 25, 175, 175), within(8, 8, 192, 192), disc(90), disc(100)][i]!
    const light: Ink = (x, y) => 255 * digit(x, y) * shape(x, y)
    if (i === 3) return square(200, light, (x, y) => 255 * shape(x, y))
    return square(
      200,
      i === 1 ? (x, y) => 255 * shape(x, y) - light(x, y) : (x, y) => 255 * (1 - shape(x, y)) + light(x, y),
    )
  },
  'axes or underline': (of, i) =>
    square(200, onWhite(pen(of, 55, 45, 100, 10), pen([besides[i]!], 0, 0, 200, 4))),
  photographed: (of, i) =>
    square(
      500,
      photo(pen(of, 120, 150, 220, 18, 0.1 * i), (x, y) => 150 + (x + y) / 12 - ((x - 250) / 60) ** 2),
    ),
  'on a sheet on a table': (of, i) => square(400, photo(pen(of, 120 + 20 * i, 140, 110, 9), sheet)),
  'small in a photo': (of, i) => ({
    width: 1600,
    height: 1200,
    grey: photo(pen(of, 300 + 250 * i, 500, 60 + 15 * i, 9), (x, y) => 190 - x / 40 + y / 60),
  }),
  'two digits, or lined paper': (of, i) => {
    const other = hands[1]![5]!
    return square(
      200,
      onWhite(
        pen(of, i === 0 ? 15 : 50, 55, i === 0 ? 80 : 110, 9),
        i === 0 ? pen(other, 105, 55, 80, 9) : ruled(i !== 3, i !== 1),
      ),
    )
  },
}

/** What is right to refuse. */
const REFUSED = 'two digits, or lined paper'

const PER_KIND = 4

const encoded = ({ width, height, grey, opacity = () => 255 }: Picture): Buffer => {
  const png = new PNG({ width, height })
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)]
    const shade = Math.min(255, Math.max(0, Math.round(grey(x, y))))
    png.data.set([shade, shade, shade, Math.round(opacity(x, y))], 4 * at)
  }
  return PNG.sync.write(png, { deflateLevel: 1 })
}

const [file = 'runs/latest', folder] = process.argv.slice(2)
const model = await readModel(file)()
if (E.isLeft(model)) throw new Error(model.left.message)
await loadBackend('cpu')()
const { layers, ...named } = model.right
const params = toParams(layers)

/** The digit that the network reads, or why it reads none. */
const answer = async (name: string, bytes: Buffer): Promise<number | string> => {
  const read = await readImages(name, named.sizes[0])(bytes)()
  if (E.isLeft(read)) return read.left.message
  const { inputs } = read.right
  const x = inputs.kind === 'bytes' ? Float32Array.from(inputs.bytes, byte => byte / 256) : inputs.floats
  return withTensors(
    () => feedforward(networkNamed(named))(params, tensor2d(x, [1, x.length])),
    a => a.dataSync<'float32'>().reduce((best, output, j, all) => (output > all[best]! ? j : best), 0),
  )
}

const total = { right: 0, refused: 0, wrong: 0 }
const notes: string[] = []
console.log(`| kind | right | refused | wrong |\n| --- | --: | --: | --: |`)
for (const [k, [kind, make]] of Object.entries(kinds).entries()) {
  const here = { right: 0, refused: 0, wrong: 0 }
  for (let i = 0; i < PER_KIND; i++) {
    const digit = (PER_KIND * k + i) % 10
    const name = `${kind.replaceAll(/\W+/g, '-')}-${i}-${digit}.png`
    const bytes = encoded(make(hands[(k + i) % 2]![digit]!, i))
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, name), bytes)
    }
    const found = await answer(name, bytes)
    const result =
      typeof found === 'string' ? 'refused' : found === digit && kind !== REFUSED ? 'right' : 'wrong'
    here[result]++
    total[result]++
    if (result !== (kind === REFUSED ? 'refused' : 'right'))
      notes.push(typeof found === 'string' ? found : `${name}: read as ${found}`)
  }
  console.log(`| ${kind} | ${here.right} | ${here.refused} | ${here.wrong} |`)
}
console.log(
  `| all ${PER_KIND * Object.keys(kinds).length} | ${total.right} | ${total.refused} | ${total.wrong} |`,
)
console.log(`\nTo refuse "${REFUSED}" is right. Others:\n${notes.map(note => `- ${note}`).join('\n')}`)
