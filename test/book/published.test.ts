import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeFigure, figures, keyFigures, published, source } from '../../src/book/published.ts'
import { sha256 } from '../../src/data/mnist.ts'
import { dataError, right } from '../data/made.ts'
import { bookDir, bookFiles } from '../support/needs.ts'

const one = [
  [2.5, 2.25],
  [5887, 6001],
  [1, 0.5],
  [600, 700],
]

test('one run: the four lists in the order in which network2 returns them', () => {
  expect(right(decodeFigure('x.json', JSON.stringify(one)))).toEqual([
    {
      start: 'large',
      evaluationCost: [2.5, 2.25],
      evaluationAccuracy: [5887, 6001],
      trainingCost: [1, 0.5],
      trainingAccuracy: [600, 700],
    },
  ])
})

test('two runs: the default start, then the large one; a monitor that was off has no values', () => {
  const two = {
    large_weight_initialization: [[], [8643], [], []],
    default_weight_initialization: [[], [9270], [], []],
  }
  const runs = right(decodeFigure('x.json', JSON.stringify(two)))
  expect(runs.map(({ start, evaluationAccuracy }) => [start, evaluationAccuracy])).toEqual([
    ['default', [9270]],
    ['large', [8643]],
  ])
  expect(runs[0]?.evaluationCost).toEqual([])
})

test('a run for each learning rate, with the training cost alone; and a number for each run', () => {
  const rates = right(decodeFigure('x.json', JSON.stringify([2, 1].map(cost => [[], [], [cost], []]))))
  expect(rates.map(({ start, trainingCost }) => [start, trainingCost])).toEqual([
    ['default', [2]],
    ['default', [1]],
  ])
  const sizes = right(decodeFigure('x.json', '[69.09, 95.97]'))
  expect(sizes.map(({ start, evaluationAccuracy }) => [start, evaluationAccuracy])).toEqual([
    ['large', [6909]],
    ['large', [9597]],
  ])
})

test('by hand: the key figures, with the first of equal bests', () => {
  const lists = [[2.5, 2, 1, 3], [10, 30, 20, 30], [], []]
  const [run] = right(decodeFigure('x.json', JSON.stringify(lists)))
  expect(keyFigures(run!)).toEqual({
    start: 'large',
    epochs: 4,
    first: { evaluationCost: 2.5, evaluationAccuracy: 10 },
    best: { evaluationAccuracy: 30, epoch: 1 },
  })
  expect(keyFigures({ ...run!, evaluationCost: [] }).first).toEqual({ evaluationAccuracy: 10 })
})

test.each([
  ['no JSON', '[[1]'],
  ['null', 'null'],
  ['three lists', JSON.stringify(one.slice(1))],
  ['text in a list', '[[], ["5887"], [], []]'],
  ['no accuracy', '[[1], [], [], [1]]'],
  ['no run', '[]'],
  ['numbers and lists', '[69.09, [[], [1], [], []]]'],
  ['only one of two runs', '{"large_weight_initialization": [[], [1], [], []]}'],
])('%s: refused', (_, text) => {
  expect(dataError(decodeFigure('x.json', text))).toContain('x.json does not have the lists')
})

describe.skipIf(bookFiles.isMissing)("the author's own files", bookFiles.why, () => {
  test.for(figures)('%s: its key figures are the facts', async (name, { skip }) => {
    const text = await readFile(join(bookDir, `${name}.json`), 'utf8').catch(() =>
      skip(`BOOK_DIR has no ${name}.json`),
    )
    expect(text).toHaveLength(published[name].bytes)
    expect(sha256(Buffer.from(text))).toBe(published[name].sum)
    const runs = right(decodeFigure(name, text))
    const { facts } = published[name]
    if (facts !== undefined) expect(runs.map(keyFigures)).toEqual(facts)
    expect(runs.length).toBe({ more_data: 9, multiple_eta: 3 }[name as string] ?? facts?.length ?? 1)
  })

  test.for([
    ['overfitting_full', 9533, 48_932],
    ['regularized_full', 9649, 48_561],
  ] as const)('%s: the best accuracies that the book states', async ([name, test, training]) => {
    const [run] = right(decodeFigure(name, await readFile(join(bookDir, `${name}.json`), 'utf8')))
    expect(Math.max(...run!.evaluationAccuracy)).toBe(test)
    expect(Math.max(...run!.trainingAccuracy)).toBe(training)
    expect(run!.evaluationCost).toHaveLength(30)
  })

  test('more_data: the accuracies of the figure', async () => {
    const runs = right(decodeFigure('more_data', await readFile(join(bookDir, 'more_data.json'), 'utf8')))
    expect(runs.map(({ evaluationAccuracy: [count] }) => count)).toEqual([
      6909, 7637, 8529, 8885, 9127, 9324, 9489, 9585, 9597,
    ])
  })
})

test('the sums are those of one commit', () => {
  expect(source).toMatch(/\/mnielsen\/neural-networks-and-deep-learning\/[0-9a-f]{40}\/fig\/$/)
  for (const { sum } of Object.values(published)) expect(sum).toMatch(/^[0-9a-f]{64}$/)
})
