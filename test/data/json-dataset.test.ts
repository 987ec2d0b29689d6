import * as fc from 'fast-check'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inputValues } from '../../src/data/dataset.ts'
import { decodeJsonDataset, readJson } from '../../src/data/json-dataset.ts'
import { dataError, labelsOf, right, temporary } from './made.ts'
import { randomCases } from '../support/long.ts'

const decode = (value: unknown) => decodeJsonDataset('dir/xor.json')(JSON.stringify(value))

const xor = {
  inputs: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  targets: [[0], [1], [1], [0]],
}
const labelled = { inputs: [[0.5, -2]], labels: [3] }

test('targets', () => {
  const found = right(decode({ training: xor }))
  expect(found).toMatchObject({
    name: 'xor.json',
    source: 'dir/xor.json',
    validation: undefined,
    test: undefined,
  })
  expect(found.training.size).toBe(4)
  expect(found.training.inputs).toEqual({
    kind: 'floats',
    width: 2,
    floats: Float32Array.from(xor.inputs.flat()),
  })
  expect(found.training.desired).toEqual({ kind: 'targets', width: 1, targets: Float32Array.of(0, 1, 1, 0) })
})

test('labels, and all parts', () => {
  const found = right(
    decode({ training: labelled, validation: labelled, test: { inputs: [[1, 2]], labels: [255] } }),
  )
  expect(labelsOf(found, 'training')).toEqual([3])
  expect(labelsOf(found, 'validation')).toEqual([3])
  expect(labelsOf(found, 'test')).toEqual([255])
  expect([...inputValues(found.training.inputs)]).toEqual([0.5, -2])
})

test('targets for training and labels for evaluation, as in network2.py', () => {
  const found = right(
    decode({ training: { inputs: [[1]], targets: [[0, 1]] }, test: { inputs: [[2]], labels: [1] } }),
  )
  expect(labelsOf(found, 'test')).toEqual([1])
})

test('all float32 numbers are read exactly', () => {
  const row = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), inputs => {
      const found = right(decode({ training: { inputs, labels: inputs.map(() => 0) } }))
      // JSON has no -0.
      expect([...inputValues(found.training.inputs)]).toEqual(inputs.flat().map(x => (x === 0 ? 0 : x)))
    }),
  )
})

test('any JSON gives data or a data error', () => {
  const part = fc.record(
    { inputs: fc.jsonValue(), targets: fc.jsonValue(), labels: fc.jsonValue() },
    { requiredKeys: [] },
  )
  const root = fc.oneof(
    fc.jsonValue(),
    fc.record({ training: part, validation: part, test: part }, { requiredKeys: [] }),
  )
  fc.assert(
    fc.property(root, value => {
      const found = decode(value)
      if (found._tag === 'Left') expect(dataError(found)).toMatch(/^dir\/xor.json: ./)
    }),
    { numRuns: randomCases(500, 5000) },
  )
})

describe('errors name the place, what was found, and what was expected', () => {
  const training = (part: unknown) => ({ training: part })
  const cases: ReadonlyArray<readonly [string, unknown]> = [
    ['it is [1], not an object', [1]],
    ['it is null, not an object', null],
    ['training is missing, not an object', {}],
    ['training is "x", not an object', training('x')],
    ['training is [], not an object', training([])],
    ['training.inputs is missing, not an array', training({ labels: [1] })],
    ['training.inputs is an object, not an array', training({ inputs: {}, labels: [1] })],
    ['training.inputs is empty', training({ inputs: [], labels: [] })],
    ['training.inputs[0] is empty', training({ inputs: [[]], labels: [1] })],
    ['training.inputs[0] is 1, not a row of numbers', training({ inputs: [1], labels: [1] })],
    ['training.inputs[1] is null, not a row of numbers', training({ inputs: [[1], null], labels: [1, 1] })],
    [
      'training.inputs[3] has 5 numbers, the rows before it 4',
      training({
        inputs: [
          [1, 2, 3, 4],
          [1, 2, 3, 4],
          [1, 2, 3, 4],
          [1, 2, 3, 4, 5],
        ],
        labels: [0, 0, 0, 0],
      }),
    ],
    ['training.inputs[0][1] is "2", not a number', training({ inputs: [[1, '2']], labels: [0] })],
    ['training.inputs[0][0] is null, not a number', training({ inputs: [[null]], labels: [0] })],
    ['training.inputs[0][0] is 1e+39, too large for float32', training({ inputs: [[1e39]], labels: [0] })],
    [
      'training.targets[1] has 1 number, the rows before it 2',
      training({ inputs: [[1], [2]], targets: [[1, 0], [1]] }),
    ],
    ['training.labels is 3, not an array', training({ inputs: [[1]], labels: 3 })],
    [
      'training.labels[0] is 1.5, not a whole number from 0 to 255',
      training({ inputs: [[1]], labels: [1.5] }),
    ],
    ['training.labels[0] is -1, not a whole number from 0 to 255', training({ inputs: [[1]], labels: [-1] })],
    [
      'training.labels[1] is 256, not a whole number from 0 to 255',
      training({ inputs: [[1], [1]], labels: [0, 256] }),
    ],
    [
      'training.labels[0] is "1", not a whole number from 0 to 255',
      training({ inputs: [[1]], labels: ['1'] }),
    ],
    ['training has both "targets" and "labels"', training({ inputs: [[1]], labels: [1], targets: [[1]] })],
    ['training has neither "targets" nor "labels"', training({ inputs: [[1]] })],
    ['training has 2 inputs and 1 label', training({ inputs: [[1], [2]], labels: [1] })],
    ['training has 1 input and 2 targets', training({ inputs: [[1]], targets: [[1], [2]] })],
    ['validation is null, not an object', { training: labelled, validation: null }],
    ['test.inputs is missing, not an array', { training: labelled, test: { labels: [1] } }],
    [
      'test.inputs has rows of 1 number, training.inputs of 2',
      { training: labelled, test: { inputs: [[1]], labels: [1] } },
    ],
    [
      'test.targets has rows of 3 numbers, training.targets of 1',
      { training: xor, test: { inputs: [[1, 1]], targets: [[1, 2, 3]] } },
    ],
    [
      'validation.labels goes up to 3, but training.targets has rows of 1 number',
      { training: xor, validation: labelled },
    ],
    [
      'training.labels goes up to 3, but test.targets has rows of 2 numbers',
      { training: labelled, test: { inputs: [[1, 1]], targets: [[1, 2]] } },
    ],
    [
      'test.labels goes up to 9, but validation.targets has rows of 4 numbers',
      {
        training: labelled,
        validation: { inputs: [[1, 1]], targets: [[1, 2, 3, 4]] },
        test: { inputs: [[1, 1]], labels: [9] },
      },
    ],
  ]
  test.each(cases)('%s', (message, value) => {
    expect(dataError(decode(value))).toBe(`dir/xor.json: ${message}`)
  })

  test('a number too large even for JavaScript', () => {
    expect(dataError(decodeJsonDataset('F')('{"training": {"inputs": [[1e400]], "labels": [0]}}'))).toBe(
      'F: training.inputs[0][0] is Infinity, too large for float32',
    )
  })

  test('not JSON, in one line', () => {
    expect(dataError(decodeJsonDataset('F')('{"training": \n nope}'))).toMatch(
      /^F: it is not JSON \([^\n]*\)$/,
    )
    expect(dataError(decodeJsonDataset('F')(''))).toContain('is not JSON')
  })

  test('nested 100,000 deep', () => {
    expect(dataError(decodeJsonDataset('F')(`${'['.repeat(1e5)}${']'.repeat(1e5)}`))).toMatch(
      /^F: it is an array of 1, not an object$/,
    )
  })

  test('a long value is shown short', () => {
    const message = dataError(decode({ training: { inputs: [['x'.repeat(1e6)]], labels: [0] } }))
    expect(message.length).toBeLessThan(120)
  })
})

test('keys such as __proto__ and constructor are ordinary ones', () => {
  const text = `{"__proto__": {"training": ${JSON.stringify(labelled)}}}`
  expect(dataError(decodeJsonDataset('F')(text))).toBe('F: training is missing, not an object')
  const inner = `{"training": {"__proto__": ${JSON.stringify(labelled)}}}`
  expect(dataError(decodeJsonDataset('F')(inner))).toBe('F: training.inputs is missing, not an array')
  const beside = `{"__proto__": {"size": 7}, "constructor": 1, "training": ${JSON.stringify(labelled)}}`
  const found = right(decodeJsonDataset('F')(beside))
  expect(found.training.size).toBe(1)
  expect(Object.getPrototypeOf(found)).toBe(Object.prototype)
  expect(({} as Record<string, unknown>).size).toBeUndefined()
})

test('inherited keys do not count', () => {
  const everyObject = Object.prototype as { labels?: unknown }
  everyObject.labels = [1]
  try {
    expect(dataError(decode({ training: { inputs: [[1]] } }))).toContain('training has neither')
  } finally {
    delete everyObject.labels
  }
})

describe('files', () => {
  test('with or without a byte order mark', async () => {
    const file = join(await temporary(), 'x.json')
    await writeFile(file, `\ufeff${JSON.stringify({ training: xor })}`)
    expect(right(await readJson(file)()).training.size).toBe(4)
  })

  test('a web page', async () => {
    const file = join(await temporary(), 'x.json')
    await writeFile(file, '<!doctype html>')
    expect(dataError(await readJson(file)())).toContain('this is an HTML page, not JSON')
  })

  test('missing, or a folder', async () => {
    const folder = await temporary()
    expect(dataError(await readJson(join(folder, 'no.json'))())).toContain(
      'no.json cannot be read: it does not exist',
    )
    expect(dataError(await readJson(folder)())).toContain('is not a file')
  })
})
