import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fold, generator, key, type Key } from '../../src/core/rng.ts'
import {
  expandDesired,
  expandedSize,
  imageExpander,
  pictureSize,
  type ExpansionPlan,
} from '../../src/data/expand.ts'
import {
  drawSymmetric,
  type Expansion,
  type ExpansionParameters,
  type PictureSize,
} from '../../src/data/expansion.ts'
import { expansions, type ExpansionName } from '../../src/data/expansions/index.ts'
import { python, pythonWith } from '../support/python.ts'

const MNIST: PictureSize = { rows: 28, columns: 28 }
const STILL: ExpansionParameters = { angle: 0, translation: 0, sigma: 4, alpha: 0 }

const names = Object.keys(expansions) as readonly ExpansionName[]
const drawn = names.filter(name => name !== 'shift')

const copyOf = (
  name: ExpansionName,
  size: PictureSize,
  parameters: Partial<ExpansionParameters>,
  image: Uint8Array,
  of: Key,
  number = 0,
): Uint8Array => {
  const copy = new Uint8Array(image.length).fill(99)
  expansions[name].copier(size, { ...STILL, ...parameters })(image, number, of, copy)
  return copy
}

/** An image of random bytes. */
const noise = ({ rows, columns }: PictureSize, seed: number): Uint8Array => {
  const random = generator(key(seed))
  return Uint8Array.from({ length: rows * columns }, () => random.next())
}

/** A round spot in the middle, which fades out well within the image. */
const spot = ({ rows, columns }: PictureSize): Uint8Array =>
  Uint8Array.from({ length: rows * columns }, (_, i) => {
    const y = Math.floor(i / columns) - (rows - 1) / 2
    const x = (i % columns) - (columns - 1) / 2
    return Math.max(0, 250 - 12 * (y * y + x * x))
  })

const sum = (image: Uint8Array): number => image.reduce((total, ink) => total + ink, 0)

const sizes = fc.record({ rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 9 }) })

const planOf = (name: ExpansionName, copies: number | undefined, size = MNIST): ExpansionPlan => {
  const { parameters }: Expansion = expansions[name]
  return { name, parameters: { ...STILL, ...parameters }, copies, key: key(5), size }
}

describe('shift', () => {
  const byHand = (number: number): number[] => [
    ...copyOf('shift', { rows: 2, columns: 3 }, {}, Uint8Array.of(1, 2, 3, 4, 5, 6), key(0), number),
  ]

  it('by hand: down, up, right, left', () => {
    expect(byHand(0)).toEqual([0, 0, 0, 1, 2, 3])
    expect(byHand(1)).toEqual([4, 5, 6, 0, 0, 0])
    expect(byHand(2)).toEqual([0, 1, 2, 0, 4, 5])
    expect(byHand(3)).toEqual([2, 3, 0, 5, 6, 0])
  })

  const numpy = pythonWith('numpy')
  it.skipIf(numpy.isMissing)("as NumPy's roll, the way the book's program calls it", numpy.why, async () => {
    const image = noise(MNIST, 1)
    const script = `
import json, sys, numpy as np
image = np.array(json.loads(sys.argv[1])).reshape(28, 28)
copies = []
for d, axis in [(1, 0), (-1, 0), (1, 1), (-1, 1)]:
    copy = np.roll(image, d, axis)
    line = 0 if d == 1 else 27
    if axis == 0: copy[line, :] = 0
    else: copy[:, line] = 0
    copies.append(copy.ravel().tolist())
print(json.dumps(copies))`
    const copies = [0, 1, 2, 3].map(number => [...copyOf('shift', MNIST, {}, image, key(0), number)])
    expect(copies).toEqual(JSON.parse(await python(script, [JSON.stringify([...image])])))
  })
})

describe.each(drawn)('%s', name => {
  it('law: without a distortion, the same bytes', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, seed) => {
        const image = noise(size, seed)
        expect(copyOf(name, size, {}, image, key(seed))).toEqual(image)
      }),
    )
  })

  it('law: a key gives the same bytes again, in any order; another key gives others', () => {
    const image = spot(MNIST)
    const copyTo = expansions[name].copier(MNIST, { ...STILL, ...expansions[name].parameters })
    const copy = (seed: number): string => {
      const bytes = new Uint8Array(image.length)
      copyTo(noise(MNIST, 3), 0, key(seed + 1), bytes)
      copyTo(image, 0, key(seed), bytes)
      return createHash('sha256').update(bytes).digest('hex')
    }
    const wanted = createHash('sha256')
      .update(copyOf(name, MNIST, expansions[name].parameters, image, key(7)))
      .digest('hex')
    expect(copy(7)).toBe(wanted)
    // a rotation leaves a round spot as it is
    if (name !== 'rotate') expect(copy(8)).not.toBe(wanted)
  })

  it('the ink stays: on the average of 200 copies, nearly all of it', () => {
    const image = spot(MNIST)
    const shares = Array.from({ length: 200 }, (_, seed) => {
      const copy = copyOf(name, MNIST, expansions[name].parameters, image, key(seed))
      return sum(copy) / sum(image)
    })
    expect(Math.min(...shares)).toBeGreaterThan(0.3)
    expect(shares.reduce((a, b) => a + b) / shares.length).toBeCloseTo(1, 1)
  })
})

describe('affine', () => {
  it('law: a translation only moves', () => {
    const centre = (image: Uint8Array): readonly [number, number] => {
      const mean = (place: (i: number) => number): number =>
        image.reduce((total, ink, i) => total + ink * place(i), 0) / sum(image)
      return [mean(i => Math.floor(i / 28)), mean(i => i % 28)]
    }
    fc.assert(
      fc.property(fc.nat(), seed => {
        const copy = copyOf('affine', MNIST, { translation: 3 }, spot(MNIST), key(seed))
        const random = generator(key(seed))
        const [, , down, right] = [0, 1, 2, 3].map(() => 3 * drawSymmetric(random))
        expect(Math.abs(sum(copy) / sum(spot(MNIST)) - 1)).toBeLessThan(0.02)
        // each pixel shows the place that is so far down and right: the spot moves up and left
        expect(centre(copy)[0]).toBeCloseTo(13.5 - down!, 1)
        expect(centre(copy)[1]).toBeCloseTo(13.5 - right!, 1)
      }),
    )
  })
})

describe('rotate', () => {
  it('by a quarter turn: a row becomes a column', () => {
    const size = { rows: 3, columns: 3 }
    const image = Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80, 90)
    const share = drawSymmetric(generator(key(1)))
    const turned = copyOf('rotate', size, { angle: 90 / share }, image, key(1))
    // pixel (r, c) shows (-c, r) about the centre
    expect([...turned].map(ink => Math.round(ink / 10))).toEqual([7, 4, 1, 8, 5, 2, 9, 6, 3])
  })
})

const scipy = pythonWith('scipy')
const ORACLE = `
import json, sys, numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
given = json.loads(sys.argv[1])
rows, columns = given["rows"], given["columns"]
image = np.array(given["image"], float).reshape(rows, columns)
field = np.array(given["noise"]).reshape(2, rows, columns)
smooth = lambda f: given["alpha"] * gaussian_filter(f, given["sigma"], mode="constant", truncate=4.0)
rotate, skew, down, right = given["affine"]
rotate, skew = np.radians(rotate), np.tan(np.radians(skew))
y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
y0, x0 = y - (rows - 1) / 2, x - (columns - 1) / 2
x1 = x0 + skew * y0
y2, x2 = np.cos(rotate) * y0 - np.sin(rotate) * x1, np.sin(rotate) * y0 + np.cos(rotate) * x1
at = [y2 + (rows - 1) / 2 + down + smooth(field[0]), x2 + (columns - 1) / 2 + right + smooth(field[1])]
copy = map_coordinates(image, at, order=1, mode="grid-constant", cval=0.0)
print(json.dumps(copy.ravel().tolist()))`

describe.skipIf(scipy.isMissing)('elastic, as scipy computes it', scipy.why, () => {
  it.each([
    { rows: 28, columns: 28, sigma: 4, alpha: 34, angle: 0, translation: 0 },
    { rows: 28, columns: 28, sigma: 4, alpha: 34, angle: 10, translation: 2 },
    { rows: 13, columns: 30, sigma: 1.3, alpha: 8, angle: 40, translation: 5 },
    { rows: 5, columns: 2, sigma: 9, alpha: 100, angle: 0, translation: 0 },
  ])(
    '$rows x $columns, sigma $sigma, alpha $alpha, angle $angle',
    async ({ rows, columns, ...parameters }) => {
      const image = noise({ rows, columns }, 4)
      const random = generator(key(9))
      const { angle, translation } = parameters
      const affine = [angle, angle, translation, translation].map(largest => largest * drawSymmetric(random))
      const field = Array.from({ length: 2 * rows * columns }, () => drawSymmetric(random))
      const given = { rows, columns, ...parameters, image: [...image], affine, noise: field }
      const expected = JSON.parse(await python(ORACLE, [JSON.stringify(given)])) as number[]
      const copy = copyOf('elastic', { rows, columns }, parameters, image, key(9))
      expect(Math.max(...expected.map((ink, i) => Math.abs(ink - copy[i]!)))).toBeLessThan(0.501)
    },
  )
})

describe('pictureSize', () => {
  it('is that of the file, else a square; undefined for what are no images', () => {
    const bytes = new Uint8Array()
    expect(pictureSize({ kind: 'bytes', width: 12, columns: 4, bytes })).toEqual({ rows: 3, columns: 4 })
    expect(pictureSize({ kind: 'bytes', width: 9, bytes })).toEqual({ rows: 3, columns: 3 })
    expect(pictureSize({ kind: 'bytes', width: 12, bytes })).toBe(undefined)
    expect(pictureSize({ kind: 'floats', width: 9, floats: new Float32Array() })).toBe(undefined)
  })
})

describe('an expanded set', () => {
  const images = Uint8Array.from([...noise(MNIST, 1), ...spot(MNIST), ...noise(MNIST, 2)])
  const expanded = (plan: ExpansionPlan, epoch: number): Uint8Array => {
    const bytes = new Uint8Array(expandedSize(3, plan.copies) * 784).fill(99)
    imageExpander(plan, images)(epoch, 0, 3, bytes)
    return bytes
  }
  const imageAt = (bytes: Uint8Array, i: number): string =>
    Buffer.from(bytes.subarray(784 * i, 784 * (i + 1))).toString('hex')

  it('golden: the bytes of each expansion', () => {
    const sums = names.map(name => [
      name,
      createHash('sha256')
        .update(expanded(planOf(name, 4), 0))
        .digest('hex')
        .slice(0, 16),
    ])
    expect(Object.fromEntries(sums)).toMatchInlineSnapshot(`
      {
        "affine": "8e12e48a4da31d40",
        "elastic": "367f0578b8e61fc3",
        "rotate": "d9577f7823cccff2",
        "shift": "c3592c6955f753f7",
      }
    `)
  })

  it('has each image and its copies, in one random order, with their labels', () => {
    const plan = planOf('shift', 4)
    const bytes = expanded(plan, 0)
    const desired = expandDesired(plan, 3, { kind: 'labels', labels: Uint8Array.of(3, 4, 5) })
    const labels = desired.kind === 'labels' ? [...desired.labels] : []
    const found = labels.map((label, i) => `${label} ${imageAt(bytes, i)}`)
    const wanted = [0, 1, 2].flatMap(i => {
      const image = images.subarray(784 * i, 784 * (i + 1))
      const copies = [0, 1, 2, 3].map(number => copyOf('shift', MNIST, {}, image, key(0), number))
      return [image, ...copies].map(copy => `${i + 3} ${Buffer.from(copy).toString('hex')}`)
    })
    expect(found).not.toEqual(wanted)
    expect(found.toSorted()).toEqual(wanted.toSorted())
  })

  it('has targets in the places of their images', () => {
    const plan = planOf('rotate', 2)
    const of = (desired: Parameters<typeof expandDesired>[2]): number[] => {
      const spread = expandDesired(plan, 3, desired)
      return spread.kind === 'labels' ? [...spread.labels] : [...spread.targets.filter((_, i) => i % 2 === 0)]
    }
    expect(of({ kind: 'targets', width: 2, targets: Float32Array.of(7, 0, 8, 0, 9, 0) })).toEqual(
      of({ kind: 'labels', labels: Uint8Array.of(7, 8, 9) }),
    )
  })

  it('without a number of copies has one copy of each image in its place, another one in each epoch', () => {
    const plan = planOf('elastic', undefined)
    const [first, second] = [expanded(plan, 1), expanded(plan, 2)]
    expect(new Set([first, second, images].flatMap(set => [0, 1, 2].map(i => imageAt(set, i)))).size).toBe(9)
    expect(expanded(plan, 1)).toEqual(first)
    const desired = { kind: 'labels', labels: Uint8Array.of(3, 4, 5) } as const
    expect(expandDesired(plan, 3, desired)).toEqual(desired)
  })

  it('law: a copy depends on the key, the epoch and the index, not on the other images', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.boolean(),
        fc.shuffledSubarray([0, 1, 2]),
        (name, once, order) => {
          const plan = planOf(name, once || name === 'shift' ? 4 : undefined)
          const whole = expanded(plan, 3)
          const parts = new Uint8Array(whole.length)
          const expand = imageExpander(plan, images)
          for (const i of [...order, 0, 1, 2]) expand(3, i, i + 1, parts)
          expect(parts).toEqual(whole)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('differs from seed to seed', () => {
    const other = { ...planOf('elastic', 1), key: fold(key(5), 1) }
    expect(expanded(other, 0)).not.toEqual(expanded(planOf('elastic', 1), 0))
  })
})
