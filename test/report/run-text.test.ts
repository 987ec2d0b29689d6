import fc from 'fast-check'
import { expect, it } from 'vitest'
import { accuracyCurve, comparisonLines, costCurve } from '../../src/report/text/run-text.ts'
import { sampleRun } from './samples.ts'

const straight = (values: readonly number[]) =>
  values.map((correct, i) => ({
    report: { epoch: i + 1, evaluation: { cost: correct / 100, correct, n: 100 } },
    seconds: 1,
    observing: 1,
  }))

it('golden: a straight line upwards', () => {
  const lines = accuracyCurve(straight([90, 92]), 40)
  expect(lines[0]).toBe('accuracy on the evaluation set')
  expect(lines[1]).toMatch(/^ 92\.00 % ┤ +╭$/)
  expect(lines.at(-2)).toMatch(/^ 90\.00 % ┼╯$/)
  expect(lines.at(-1)).toBe('         epoch 1 2')
})

it('law: no line is wider than the terminal', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(100), { maxLength: 300 }),
      fc.integer({ min: 30, max: 200 }),
      (values, width) => {
        for (const line of [...accuracyCurve(straight(values), width), ...costCurve(straight(values), width)])
          expect(line.length).toBeLessThanOrEqual(width)
      },
    ),
    // a label between the values is longer than theirs
    { examples: [[[91, 0, 0, 0, 0], 30]] },
  )
})

it('one epoch makes no curve, and what is no number is passed over', () => {
  expect(accuracyCurve(straight([90]), 80)).toEqual([])
  expect(accuracyCurve([], 80)).toEqual([])
  expect(costCurve(straight([NaN, 1, 2, Infinity]), 80).join()).not.toMatch(/NaN|not a number/)
})

it('runs side by side, and a name commands no terminal', () => {
  const other = {
    ...sampleRun(2, 5),
    name: '\u001b[31mred\r\n',
    config: { ...sampleRun(2).config, cost: 'quadratic' },
  }
  const lines = comparisonLines([sampleRun(1, 30), other])
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^run +data +state +cost +seed +epochs +best +last +cost$/)
  expect(lines[1]).toMatch(/^xent-1 +MNIST +finished +xent +1 +30 +\d\d\.\d\d % +\d\d\.\d\d % +0\.\d+$/)
  expect(lines[2]).toMatch(/^�\[31mred�� +MNIST +finished/)
  expect(new Set(lines.map(line => line.length)).size).toBe(1)
})
