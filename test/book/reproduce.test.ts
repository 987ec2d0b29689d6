import { describe, expect, it } from 'vitest'
import { describeRows } from '../../src/report/text/reproduce-text.ts'
import {
  bestAccuracy,
  reproductionPresets,
  planReproduction,
  rowsOf,
  trialWork,
} from '../../src/book/reproduce.ts'
import type { TrialResult } from '../../src/study/trial.ts'

const about = { data: 'a sum', inputs: 784, outputs: 10 }

const plan = planReproduction(reproductionPresets.full, about)

/** A result with these counts of 1,000, all digits alike but for those that are never predicted. */
const result = (id: string, accuracies: readonly number[], never: readonly number[] = []): TrialResult => {
  const perDigit = (count: number): number[] =>
    Array.from({ length: 10 }, (_, digit) => (never.includes(digit) ? 0 : count))
  return {
    id,
    outcome: 'done',
    accuracies,
    n: 1000,
    answered: perDigit(1000 / (10 - never.length)),
    rightPerClass: perDigit(accuracies.at(-1)! / (10 - never.length)),
    perClass: Array.from({ length: 10 }, () => 100),
    seconds: 1,
  }
}

const resultsOf = (
  make: (id: string, arm: number, seed: number) => TrialResult,
): ReadonlyMap<string, TrialResult> =>
  new Map(plan.flatMap(({ trials }, arm) => trials.map(({ id, seed }) => [id, make(id, arm, seed)] as const)))

describe('the plan of the table', () => {
  it("is the section's: two costs at their rates, 30 and 100 hidden, large start, 30 epochs, the test set", () => {
    expect(
      plan.map(({ trials: [first] }) => ({ ...first!.flags, epochs: first!.epochs, on: first!.evaluateOn })),
    ).toEqual(
      (
        [
          ['quadratic', '784,30,10', '3'],
          ['xent', '784,30,10', '0.5'],
          ['quadratic', '784,100,10', '3'],
          ['xent', '784,100,10', '0.5'],
        ] as const
      ).map(([cost, sizes, eta]) => ({
        ...{ cost, sizes, eta, init: 'large', 'mini-batch-size': '10', monitor: 'evaluation-accuracy' },
        ...{ epochs: 30, on: 'test' },
      })),
    )
    expect(plan.map(({ trials }) => trials.map(({ seed }) => seed))).toEqual(Array(4).fill([1, 2, 3, 4, 5]))
    expect(new Set(plan.flatMap(({ trials }) => trials.map(({ id }) => id))).size).toBe(20)
  })

  it('has a shorter one inside, with trials of its own', () => {
    const quick = planReproduction(reproductionPresets.quick, about)
    expect(quick.map(({ arm }) => arm.hidden)).toEqual([30, 30])
    expect(quick[0]!.trials).toHaveLength(2)
    expect(plan[0]!.trials.map(({ id }) => id)).not.toContain(quick[0]!.trials[0]!.id)
  })

  it('weighs a trial by its hidden neurons and epochs', () =>
    expect(trialWork(plan[2]!.trials[0]!) / trialWork(plan[0]!.trials[0]!)).toBeCloseTo(10 / 3))
})

describe('the table', () => {
  it('has mean, standard deviation, minimum and maximum of last and best epochs', () => {
    // last 94.0 … 94.4, best always 95.0 after the first epoch
    const [row] = rowsOf(
      plan,
      resultsOf((id, _arm, seed) => result(id, [950, 939 + seed])),
    )
    expect(row!.all.runs).toBe(5)
    expect(row!.all.last.mean).toBeCloseTo(94.2)
    expect(row!.all.last.standardDeviation).toBeCloseTo(Math.sqrt(0.025))
    expect(row!.all.last).toMatchObject({ min: 94, max: 94.4 })
    expect(row!.all.best).toEqual({ mean: 95, standardDeviation: 0, min: 95, max: 95 })
    expect(bestAccuracy(result('x', [1, 3, 2, 3]))).toEqual({ accuracy: 0.3, epoch: 2 })
  })

  it('shows the stuck runs, digit by digit, and the mean with and without them', () => {
    const rows = rowsOf(
      plan,
      resultsOf((id, arm, seed) =>
        arm !== 2 || seed > 2
          ? result(id, [960])
          : seed === 1
            ? result(id, [870], [5])
            : result(id, [672], [2, 5, 8]),
      ),
    )
    expect(rows.map(({ stuck }) => stuck.length)).toEqual([0, 0, 2, 0])
    expect(rows[2]!.all.last.mean).toBeCloseTo((3 * 96 + 87 + 67.2) / 5)
    expect(rows[2]!.free).toMatchObject({ runs: 3, last: { mean: 96 } })
    const text = describeRows(rows, 30)
    expect(text.filter(line => line.includes('not stuck'))).toHaveLength(1)
    expect(text).toContain(
      "quadratic, 100 hidden: seed 1 is stuck at 87.00 %: 5 is never predicted (100 images); 96.67 % of the other digits' images are classified correctly.",
    )
    expect(text).toContain(
      "quadratic, 100 hidden: seed 2 is stuck at 67.20 %: 2 is never predicted (100 images), 5 is never predicted (100 images) and 8 is never predicted (100 images); 96.00 % of the other digits' images are classified correctly.",
    )
  })

  it('counts a digit that is almost never predicted as never predicted', () => {
    const rows = rowsOf(
      plan,
      resultsOf((id, arm, seed) => {
        const free = result(id, [960])
        const answered = (times: number) =>
          (free.answered ?? []).map((count, digit) => (digit === 6 ? times : count))
        return arm === 2 && seed < 3 ? { ...free, answered: answered(seed === 1 ? 1 : 10) } : free
      }),
    )
    expect(rows[2]!.stuck.map(({ seed, unanswered }) => ({ seed, unanswered }))).toEqual([
      { seed: 1, unanswered: [{ label: 6, answered: 1, n: 100 }] },
    ])
    // runs of another length are not set beside the book's
    const short = describeRows(rows, 10)
    expect(short.join('\n')).not.toMatch(/\bbook$|95\.42/m)
    expect(short.join()).toContain('The figures of the book are of 30 epochs')
    expect(describeRows(rows, 30).join()).toContain('6 is predicted once (100 images)')
  })

  it('keeps what diverged out of the means, and says so', () => {
    const rows = rowsOf(
      plan,
      resultsOf((id, arm, seed) => ({
        ...result(id, [960]),
        ...(arm === 0 && seed < 5 ? { outcome: 'diverged', accuracies: [] } : {}),
      })),
    )
    expect(rows[0]).toMatchObject({ diverged: [1, 2, 3, 4], all: { runs: 1, last: { mean: 96 } } })
    const text = describeRows(rows, 30)
    expect(text).toContain('quadratic, 30 hidden: seed 3 diverged; it is not in the means.')
    expect(text.join('\n')).not.toContain('NaN')
  })
})
