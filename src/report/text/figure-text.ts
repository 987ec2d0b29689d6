/**
 * Figures of the book as text: the list of them, and what their claims come to.
 */
import { aligned, clock, counted } from '../../format.ts'
import type { BookFigure, Claim } from '../../book/figure.ts'
import {
  claimNumber,
  claimOutcomes,
  divergedSeeds,
  trainCommandOf,
  trialsOf,
  type ClaimOutcome,
  type FigurePlan,
} from '../../book/figure-plan.ts'
import type { MissingFigure } from '../../book/figure-files.ts'
import type { TrialResults } from '../../study/trial.ts'

/** A figure in the list: how many of its trials are done, and the seconds that all of them take. */
export type ListedFigure = {
  readonly plan: FigurePlan
  readonly done: number
  readonly seconds: number
}

/** The list, one line for each figure, with a heading. */
export const describeList = (listed: readonly ListedFigure[]): readonly string[] =>
  aligned(
    [
      ['name', 'section', 'the book', 'trainings', 'done', 'time'],
      ...listed.map(({ plan, done, seconds }) => [
        plan.name,
        plan.figure.section,
        statedNumbers(plan.figure),
        String(trialsOf(plan).length),
        String(done),
        clock(seconds),
      ]),
    ],
    column => column > 2,
  )

/** The numbers that the book states: all of them, or the first and the last of many. */
export const statedNumbers = ({ claims }: BookFigure): string => {
  const all = claims.flatMap(claim => (claim.book === undefined ? [] : [withUnit(claim, claim.book)]))
  return all.length > 4 ? `${all[0]!} … ${all.at(-1)!}` : all.join(', ')
}

const withUnit = (claim: Claim, value: number): string =>
  `${claimNumber(claim, value)}${claim.unit === '' ? '' : ` ${claim.unit}`}`

/** How to train one of the networks of a figure alone. */
export const describeTraining = (plan: FigurePlan): readonly string[] =>
  plan.arms.flatMap(({ name, trials: [first] }) =>
    first === undefined ? [] : [`${name}: ${trainCommandOf(first)}`],
  )

/** Which published data are missing, a line for each reason. */
export const describeMissing = (
  plans: readonly FigurePlan[],
  missing: readonly MissingFigure[],
): readonly string[] =>
  [...new Set(missing.map(({ error }) => error.message))].map(why => {
    const files = missing.flatMap(({ name, error }) => (error.message === why ? [name] : []))
    const names = plans.flatMap(({ name, figure: { file } }) =>
      file !== undefined && files.includes(file) ? [name] : [],
    )
    return `${why}; the published data are missing of ${names.join(', ')}: compared with the key figures alone`
  })

/** A figure: what the book says, and the table of its claims with a verdict on each. */
export const describeFigure = (plan: FigurePlan, results: TrialResults): readonly string[] => {
  const { name, figure, note, seeds } = plan
  const outcomes = claimOutcomes(plan, results)
  const diverged = divergedSeeds(plan, results)
  return [
    `${name}: ${figure.title} (${figure.section})`,
    `  The claim: ${figure.says}`,
    ...(outcomes.every(({ values }) => values.length === 0)
      ? [`  No training is done with ${counted(seeds, 'seed')} yet.`]
      : aligned(
          [['', 'unit', 'the book', 'ours', 'min', 'max', 'seeds'], ...outcomes.map(claimCells)],
          column => column > 1,
        ).map(line => `  ${line}`)),
    ...outcomes.flatMap(({ claim, verdict }) => (verdict === '' ? [] : [`  ${claim.what}: ${verdict}`])),
    ...(note === undefined ? [] : [`  ${note}`]),
    ...(diverged.length > 0 ? [`  Diverged, and left out: seed ${diverged.join(', ')}.`] : []),
  ]
}

const claimCells = ({ claim, values, spread }: ClaimOutcome): readonly string[] => {
  const { mean, standardDeviation, min, max } = spread
  const number = (value: number): string => claimNumber(claim, value)
  return [
    claim.what,
    claim.unit,
    claim.book === undefined ? '' : number(claim.book),
    Number.isNaN(standardDeviation) ? number(mean) : `${number(mean)} ± ${number(standardDeviation)}`,
    number(min),
    number(max),
    String(values.length),
  ]
}
