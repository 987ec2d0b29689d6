import { describe, expect, it } from 'vitest'
import { studyRecord } from '../../src/report/study-record.ts'
import { describeOutcome } from '../../src/report/text/study-text.ts'
import { planStudy, studyDefaults } from '../../src/study/study-plan.ts'
import { outstanding, studyOutcome, type WinnersOutcome } from '../../src/study/study.ts'
import type { TrialResult } from '../../src/study/trial.ts'
import { diverged, done } from '../study/finals.ts'

const ARMS = ['quadratic', 'xent'] as const

/** A study without a search whose runs end like this, arm by arm. */
const told = (endOf: Record<(typeof ARMS)[number], TrialResult>) => {
  const [first, second] = ARMS.map(cost => ({ name: cost, flags: { cost } }))
  const plan = planStudy({
    ...{
      ...studyDefaults,
      seeds: 3,
      common: {},
      space: {},
      data: 'a fingerprint',
      dataName: 'MNIST',
      classes: 10,
    },
    arms: [first!, second!],
  })
  const results = new Map(
    outstanding(plan, new Map()).map(({ id, flags }, i) => {
      const { accuracies, ...rest } = endOf[flags.cost as (typeof ARMS)[number]]
      return [id, { ...rest, id, accuracies: accuracies.map(correct => correct + (i % 3)) }]
    }),
  )
  const outcome = studyOutcome(plan, results) as WinnersOutcome
  return {
    text: describeOutcome(plan, results, outcome),
    page: studyRecord(plan, results, outcome, { command: '', config: {}, env: {} }),
  }
}

describe('the text and the page of one verdict', () => {
  it.each([
    [9500, 9000, 'quadratic minus xent'],
    [9000, 9500, 'xent minus quadratic'],
  ])('have one order of arms: with %i and %i correct, %s', (quadratic, xent, subtraction) => {
    const { text, page } = told({ quadratic: done(quadratic), xent: done(xent) })
    const [leader] = subtraction.split(' ')
    expect(page.verdict).toContain(`${leader} is better on MNIST by 5.00 points`)
    expect(text.join('\n')).toContain(`${leader} is better on MNIST by 5.00 points`)
    expect(page.differences).toMatchObject([{ name: subtraction, mean: 0.05, low: 0.05, high: 0.05 }])
    for (const difference of page.differences[0]!.differences) expect(difference).toBeCloseTo(0.05, 12)
    const heading = text.findIndex(line => line.endsWith(`points are ${subtraction}:`))
    for (const row of text.slice(heading + 2, heading + 5)) expect(row).toMatch(/ \+5\.00$/)
  })

  it('without a verdict, show no difference', () => {
    const { page, text } = told({ quadratic: diverged(), xent: diverged() })
    expect(page.differences).toEqual([])
    expect(page.verdict).toBe(
      'No verdict on MNIST: every final run of quadratic diverged, and so did every one of xent.',
    )
    expect(text).toContain(page.verdict)
  })
})
