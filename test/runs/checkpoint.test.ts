import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../src/runs/checkpoint.ts'
import {
  csvHeader,
  csvLine,
  decodeHistory,
  encodeHistory,
  jsonLine,
  type TimedEpoch,
} from '../../src/runs/history.ts'
import { MONITORS } from '../../src/core/metrics.ts'
import { toJson } from '../../src/io/json.ts'
import { decodeSafetensors, encodeSafetensors, type Named } from '../../src/io/safetensors.ts'

/** A checkpoint in plain numbers: NaN equals NaN, and -0 is not 0. */
const plain = ({ layers, ...kept }: Checkpoint) => ({
  ...kept,
  layers: layers.map(({ inputs, outputs, w, b }) => ({ inputs, outputs, w: [...w], b: [...b] })),
})

const decoded = (bytes: Uint8Array): ReturnType<typeof plain> => {
  const read = decodeCheckpoint(bytes)
  if (E.isLeft(read)) throw new Error(read.left)
  return plain(read.right)
}

const flaw = (bytes: Uint8Array): string => {
  const read = decodeCheckpoint(bytes)
  return E.isLeft(read) ? read.left : 'none'
}

const anyNumber = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0))
const observation = fc.record({ cost: anyNumber, correct: anyNumber, n: fc.nat() })
const seconds = fc.double({ min: 0.001, max: 1e9, noNaN: true })

const timed = (epoch: number): fc.Arbitrary<TimedEpoch> =>
  fc.record({
    report: fc.record(
      { epoch: fc.constant(epoch), eta: anyNumber, training: observation, evaluation: observation },
      { requiredKeys: ['epoch', 'eta'] },
    ),
    seconds,
    observing: seconds,
  })

const layers = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 4 }).chain(sizes =>
  fc.tuple(
    ...sizes.slice(1).map((outputs, l) => {
      const inputs = sizes[l]!
      const floats = (length: number) => fc.float32Array({ minLength: length, maxLength: length })
      return fc.record({
        inputs: fc.constant(inputs),
        outputs: fc.constant(outputs),
        w: floats(inputs * outputs),
        b: floats(outputs),
      })
    }),
  ),
)

const checkpoints = fc.record({
  identity: fc.string(),
  epochs: fc.nat(),
  examples: fc.nat(),
  history: fc.record({ bytes: fc.nat(), sha256: fc.string() }),
  layers,
  optimizer: fc.constant([]),
})

const histories = fc
  .nat(4)
  .chain(epochs => fc.tuple(...Array.from({ length: epochs }, (_, i) => timed(i + 1))))

const oneEpoch: readonly TimedEpoch[] = [
  { report: { epoch: 1, eta: 0.5, evaluation: { cost: NaN, correct: 3, n: 6 } }, seconds: 1, observing: 2 },
]

const small = {
  identity: 'a',
  epochs: 1,
  examples: 10,
  history: { bytes: 100, sha256: 'b' },
  optimizer: [],
  layers: [
    { inputs: 2, outputs: 3, w: Float32Array.of(1, -2, 3, -4, 5, -6), b: Float32Array.of(0.5, -0, 1e-40) },
    { inputs: 3, outputs: 1, w: Float32Array.of(7, 8, 9), b: Float32Array.of(-1) },
  ],
}

describe('a checkpoint', () => {
  it('comes back as it was: weights, position, and where its history is', () => {
    fc.assert(
      fc.property(checkpoints, one => {
        const bytes = encodeCheckpoint(one)
        expect(decoded(bytes)).toEqual(plain(one))
        expect(Buffer.from(bytes).includes('null')).toBe(one.identity.includes('null'))
      }),
      { numRuns: 300 },
    )
  })

  it('is read with its tensors in any order, as other programs save them', () => {
    fc.assert(
      fc.property(checkpoints, fc.boolean(), (one, reversed) => {
        const bytes = encodeCheckpoint(one)
        const read = decodeSafetensors(bytes)
        if (E.isLeft(read)) throw new Error(read.left)
        const { metadata, tensors } = read.right
        // by name, as the safetensors library does: layer.0.b before layer.0.w, layer.10 before layer.2
        const sorted = tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1))
        const again = encodeSafetensors({ metadata, tensors: reversed ? sorted.toReversed() : sorted })
        expect(decoded(again)).toEqual(decoded(bytes))
      }),
    )
  })

  it.each([
    [1, oneEpoch],
    [2, small.history],
  ])('of format %i is read for ever', (format, history) => {
    const file = new URL(`../golden/checkpoint-${format}.safetensors`, import.meta.url)
    expect(decoded(new Uint8Array(readFileSync(file)))).toEqual(plain({ ...small, history }))
  })

  it('takes the same space after 100,000 epochs', () => {
    const { length } = encodeCheckpoint({ ...small, epochs: 100_000 })
    expect(length).toBeLessThan(encodeCheckpoint(small).length + 16)
  })

  it('with any bit changed, or cut anywhere, is refused', () => {
    const bytes = encodeCheckpoint(small)
    for (let at = 0; at < bytes.length; at++) {
      expect([at, flaw(bytes.slice(0, at))]).not.toEqual([at, 'none'])
      for (let bit = 0; bit < 8; bit++) {
        const changed = bytes.slice()
        changed[at]! ^= 1 << bit
        // white space around the header says nothing
        if (flaw(changed) === 'none') expect(decoded(changed)).toEqual(plain(small))
      }
    }
    const last = bytes.slice()
    last[last.length - 1]! ^= 1
    expect(flaw(last)).toBe('its SHA-256 does not match its contents')
  })
})

/** A file with that state and those tensors, and the right sum. */
const sealed = (state: unknown, tensors: readonly Named[]): Uint8Array => {
  const text = typeof state === 'string' ? state : toJson(state)
  const hash = createHash('sha256').update(text)
  for (const { name, shape, values } of tensors)
    hash
      .update(`${name} ${shape.join()} `)
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return encodeSafetensors({ metadata: { state: text, sha256: hash.digest('hex') }, tensors })
}

const renamed = (tensors: readonly Named[]): readonly Named[] =>
  tensors.map(({ name, ...rest }) => ({ name: name.replace('0', '1'), ...rest }))

describe('a file with a correct checksum that is not a checkpoint', () => {
  const file = decodeSafetensors(encodeCheckpoint(small))
  const tensors = E.isRight(file) ? file.right.tensors : []
  const state = { format: 1, identity: 'a', epochs: 0, examples: 0, history: [] }
  const current = { ...state, format: 2, history: { bytes: 0, sha256: '' } }

  it('is one with the right state', () => {
    expect(flaw(sealed(state, tensors))).toBe('none')
    expect(flaw(sealed(current, tensors))).toBe('none')
  })

  it.each<[string, unknown, readonly Named[], string]>([
    ['a newer format', { ...state, format: 3 }, tensors, 'it was written by a newer network2'],
    ['no JSON', '{', tensors, 'it is not JSON'],
    ['null', null, tensors, 'its metadata are incomplete'],
    ['no format', { ...state, format: undefined }, tensors, 'its metadata are incomplete'],
    ['half an epoch', { ...state, epochs: 0.5 }, tensors, 'its metadata are incomplete'],
    ['more epochs than history', { ...state, epochs: 1 }, tensors, 'does not fit its epoch'],
    ['less than no examples', { ...state, examples: -1 }, tensors, 'does not fit its epoch'],
    [
      'a null in the history',
      { ...state, epochs: 1, history: [null] },
      tensors,
      'its metadata are incomplete',
    ],
    ['deep nesting', `${'['.repeat(1e5)}${']'.repeat(1e5)}`, tensors, 'its metadata are incomplete'],
    [
      'half a byte of history',
      { ...current, history: { bytes: 0.5, sha256: '' } },
      tensors,
      'its metadata are incomplete',
    ],
    ['less than no history', { ...current, history: { bytes: -1, sha256: '' } }, tensors, 'does not fit'],
    ['no sum of its history', { ...current, history: { bytes: 0 } }, tensors, 'its metadata are incomplete'],
    ['no layers', state, [], 'not the layers of a network'],
    ['half a layer', state, tensors.slice(0, 3), 'not the layers of a network'],
    ['layers in another order', state, tensors.toReversed(), 'not the layers of a network'],
    [
      'layers that do not fit',
      state,
      [...tensors.slice(0, 2), ...renamed(tensors.slice(0, 2))],
      'not the layers',
    ],
  ])('%s', (_what, wrong, parts, words) => expect(flaw(sealed(wrong, parts))).toContain(words))
})

describe('a history', () => {
  it('comes back as it was: NaN, the infinities, and an epoch that was resumed', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (history, resumedAt) => {
        const all = history.map((epoch, i) => (i === 0 ? { ...epoch, resumedAt } : epoch))
        expect(decodeHistory(encodeHistory(all))).toEqual(all)
      }),
    )
  })

  it.each(['{\n', 'null\n', '{"report":{"epoch":1}}\n'])('with the line %j is none', text => {
    expect(decodeHistory(encodeHistory(oneEpoch) + text)).toBe(undefined)
  })
})

describe('the logs', () => {
  const bad: TimedEpoch = {
    report: {
      epoch: 2,
      eta: 0.5,
      evaluation: { cost: NaN, correct: 3, n: 6 },
      training: { cost: -Infinity, correct: 0, n: 12 },
    },
    seconds: 1.5,
    observing: 0.25,
  }

  it('tell of NaN and the infinities in words, never as null', () => {
    const line = jsonLine({ monitor: MONITORS })(bad)
    expect(JSON.parse(line)).toEqual({
      ...{ epoch: 2, eta: 0.5, evaluationCost: 'NaN', evaluationAccuracy: 3, trainingCost: '-Infinity' },
      ...{ trainingAccuracy: 0, evaluationSize: 6, trainingSize: 12, seconds: 1.5, observingSeconds: 0.25 },
    })
    expect(csvLine({ monitor: MONITORS })(bad)).toBe('2,0.5,NaN,3,-Infinity,0,6,12,1.5,0.25\n')
  })

  it('have the same columns in every line, whatever was monitored', () => {
    const fields = (text: string): number => text.trim().split(',').length
    for (const monitor of [MONITORS, MONITORS.slice(1, 2), []])
      expect(fields(csvLine({ monitor })({ report: { epoch: 1, eta: 1 }, seconds: 0, observing: 0 }))).toBe(
        fields(csvHeader({ monitor })),
      )
  })
})
