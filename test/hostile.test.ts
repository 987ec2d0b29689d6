/**
 * Files that were made to do harm, to every decoder that reads one: an error with words in it, soon, and nothing
 * allocated that the file could not fill.
 */
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { decodeImages, decodeLabels, encodeImages, encodeLabels } from '../src/data/idx.ts'
import { decodeJsonDataset } from '../src/data/json-dataset.ts'
import type { DataError } from '../src/errors.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../src/runs/checkpoint.ts'
import { decodeModel, encodeModel } from '../src/io/model.ts'
import { builtFile } from './support/built.ts'
import { randomCases } from './support/long.ts'

const SEED = Number(process.env.NETWORK2_SEED ?? Date.now() % 2 ** 31)
console.info(`random byte strings of seed ${SEED}; NETWORK2_SEED=${SEED} repeats them`)

const layers = [{ inputs: 2, outputs: 2, w: Float32Array.of(1, 2, 3, 4), b: Float32Array.of(5, 6) }]
const inWords = E.mapLeft(({ message }: DataError) => message)
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const words = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Every decoder, the words of its error, and a file that it takes. */
const decoders: readonly (readonly [string, (bytes: Uint8Array) => E.Either<string, unknown>, Uint8Array])[] =
  [
    [
      'images',
      bytes => inWords(decodeImages('FILE')(bytes)),
      encodeImages({ count: 2, rows: 2, columns: 2, pixels: new Uint8Array(8) }),
    ],
    ['labels', bytes => inWords(decodeLabels('FILE')(bytes)), encodeLabels(Uint8Array.of(1, 2, 3))],
    [
      'a data set in JSON',
      bytes => inWords(decodeJsonDataset('FILE')(words(bytes))),
      utf8('{"training":{"inputs":[[0,1],[1,0]],"labels":[1,0]}}'),
    ],
    [
      'a model',
      bytes => inWords(decodeModel('FILE', words(bytes))),
      utf8(encodeModel({ sizes: [2, 2], cost: 'xent', layers })),
    ],
    [
      'a checkpoint',
      decodeCheckpoint,
      encodeCheckpoint({
        ...{ identity: 'a', epochs: 0, examples: 0, layers, optimizer: [] },
        history: { bytes: 0, sha256: '' },
      }),
    ],
  ]

/** Anything, anything after a true beginning, and a true file with a few bytes changed. */
const near = (valid: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(valid.length), fc.uint8Array({ maxLength: 60 }))
      .map(([kept, rest]) => Uint8Array.of(...valid.subarray(0, kept), ...rest)),
    fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }).map(changes => {
      const bytes = valid.slice()
      for (const [at, byte] of changes) bytes[at] = byte
      return bytes
    }),
  )

describe.each(decoders)('%s', (_what, decode, valid) => {
  it('is read', () => expect(E.isRight(decode(valid))).toBe(true))

  it('from random byte strings: a value, or an error with words', () => {
    const before = process.memoryUsage().arrayBuffers
    let given = 0
    fc.assert(
      fc.property(near(valid), bytes => {
        given += bytes.length
        const read = decode(bytes)
        if (E.isLeft(read)) expect(read.left).toMatch(/\w{2}/)
      }),
      { numRuns: randomCases(1000, 10_000), seed: SEED },
    )
    // also if nothing of it was collected; the strings themselves lie there, up to twice
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(6 * given + 1e7)
  })
})

describe('names that JavaScript has for itself', () => {
  it.each([...['constructor', '__proto__', 'toString', 'hasOwnProperty', 'x'.repeat(1e6)].entries()])(
    'name %i is no cost',
    (_i, cost) => {
      const text = encodeModel({ sizes: [2, 2], cost: 'xent', layers }).replace('CrossEntropyCost', cost)
      const read = decodeModel('FILE', text)
      expect(E.isLeft(read) && read.left.message.length).toBeLessThan(250)
    },
  )

  it.each(['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'])(
    '%s pollutes nothing',
    text => {
      for (const [, decode] of decoders) expect(E.isLeft(decode(utf8(text)))).toBe(true)
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    },
  )
})

it('large ones are refused, in a process with little memory', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--max-old-space-size=160', builtFile('test/support/large-inputs.ts')],
    { encoding: 'utf8' },
  )
  expect({ stdout, stderr }).toEqual({ stdout: 'Left\n', stderr: '' })
})
