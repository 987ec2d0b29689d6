/**
 * The trials of a figure, and what its claims come to over the seeds.
 */
import { shellCommand } from '#scripts/package'
import { BOOK_SEED } from '../core/book-rng.ts'
import { mean } from '../study/moments.ts'
import { pairedT, quantile } from '../study/statistics.ts'
import type { FlagTexts } from '../study/space.ts'
import { namedTrial, typedFlags, type Trial, type TrialResults } from '../study/trial.ts'
import type { ArmResults, BookFigure, Claim, FigureArm } from './figure.ts'
import { accuracySpread, type AccuracySpread, type DataShape } from './reproduce.ts'

export type PlannedArm = {
  readonly name: string
  /** The trials with the seeds 1 … n. */
  readonly trials: readonly Trial[]
  /** The author's own run, from his seed. */
  readonly replay: Trial | undefined
}

export type FigurePlan = {
  /** Its name on the command line. */
  readonly name: string
  readonly figure: BookFigure
  /** Why these trainings are not compared with the book's numbers; undefined if they are. */
  readonly note: string | undefined
  readonly seeds: number
  readonly arms: readonly PlannedArm[]
}

/** The data that a figure is trained on. */
export type FigureData = DataShape & {
  readonly name: string
  /** The number of training images. */
  readonly trainingSize: number
}

export type FigureSettings = {
  /** The number of seeds; by default that of the figure, or 1 of a quick look. */
  readonly seeds: number | undefined
  /** A quick look: a tenth of the epochs. */
  readonly quick: boolean
}

export const planFigure = (
  name: string,
  figure: BookFigure,
  { seeds, quick }: FigureSettings,
  data: FigureData,
): FigurePlan => {
  const count = seeds ?? (quick ? 1 : figure.seeds)
  const trial = (arm: FigureArm, seed: number, more: FlagTexts = {}): Trial =>
    namedTrial({
      flags: {
        cost: 'xent',
        sizes: [data.inputs, ...(arm.hidden ?? [30]), data.outputs].join(','),
        'mini-batch-size': '10',
        monitor: 'evaluation-accuracy',
        ...arm.flags,
        ...sizeWithin(arm, data),
        ...more,
      },
      seed,
      epochs: quick ? Math.ceil(arm.epochs / 10) : arm.epochs,
      evaluateOn: arm.evaluateOn,
      data: data.data,
    })
  return {
    name,
    figure,
    note: noteOn(quick, data),
    seeds: count,
    arms: Object.entries(figure.arms).map(([armName, arm]) => ({
      name: armName,
      trials: Array.from({ length: count }, (_, i) => trial(arm, i + 1)),
      replay: arm.replay === undefined ? undefined : trial(arm, BOOK_SEED, { rng: arm.replay }),
    })),
  }
}

const noteOn = (quick: boolean, { name }: FigureData): string | undefined =>
  quick
    ? "These trainings are shorter than the book's: they are not compared with its numbers."
    : name === 'MNIST'
      ? undefined
      : `The book's numbers are those of MNIST: trainings on ${name} are not compared with them.`

/** Other data may have fewer images than MNIST. */
const sizeWithin = ({ flags }: FigureArm, { trainingSize }: FigureData): FlagTexts => {
  const size = flags['train-size']
  return size === undefined ? {} : { 'train-size': String(Math.min(Number(size), trainingSize)) }
}

/** All trials of a figure; those with the author's random numbers first. */
export const trialsOf = ({ arms }: FigurePlan): readonly Trial[] => [
  ...arms.flatMap(({ replay }) => replay ?? []),
  ...arms.flatMap(({ trials }) => trials),
]

/** The command that trains one of the networks of a figure, as a person would type it. */
export const trainCommandOf = (trial: Trial): string => shellCommand('train', typedFlags(trial))

export type ClaimOutcome = {
  readonly claim: Claim
  /** Of the seeds whose trainings are done and did not diverge. */
  readonly values: readonly number[]
  readonly spread: AccuracySpread
  /** Whether it holds, in a sentence; empty if there is nothing to compare with. */
  readonly verdict: string
}

/** What the claims of a figure come to. */
export const claimOutcomes = (plan: FigurePlan, results: TrialResults): readonly ClaimOutcome[] => {
  const runs = completeSeeds(plan, results)
  return plan.figure.claims.map(claim => {
    const values = runs.map(claim.measure).filter(value => !Number.isNaN(value))
    return {
      claim,
      values,
      spread: accuracySpread(values),
      verdict: plan.note !== undefined || values.length === 0 ? '' : verdictOf(claim, values),
    }
  })
}

/** The results of each seed of which all trainings are done. */
const completeSeeds = ({ seeds, arms }: FigurePlan, results: TrialResults): readonly ArmResults[] =>
  Array.from({ length: seeds }, (_, i) =>
    arms.flatMap(({ name, trials }) => {
      const result = results.get(trials[i]!.id)
      return result?.outcome === 'done' ? [[name, result] as const] : []
    }),
  )
    .filter(found => found.length === arms.length)
    .map(found => Object.fromEntries(found))

/** The seeds of trainings that diverged. */
export const divergedSeeds = ({ arms }: FigurePlan, results: TrialResults): readonly number[] => [
  ...new Set(
    arms
      .flatMap(({ trials }) => trials)
      .filter(({ id }) => results.get(id)?.outcome === 'diverged')
      .map(({ seed }) => seed),
  ),
]

/** A number of a claim with as many digits as matter. */
export const claimNumber = ({ unit }: Pick<Claim, 'unit'>, value: number): string => {
  if (Number.isNaN(value)) return '-'
  switch (unit) {
    case '%':
    case 'points':
      return value.toFixed(2)
    case 'epochs':
      return String(Math.round(10 * value) / 10)
    case '':
      return String(Number(value.toPrecision(4)))
  }
}

const verdictOf = (claim: Claim, values: readonly number[]): string => {
  const { book, expected, asked } = claim
  const question = expected ?? asked
  if (question !== undefined) return verdictOnSide(claim, question.limit, values)
  if (book === undefined) return ''
  const [low, high] = [quantile(values, 0), quantile(values, 1)].map(value => claimNumber(claim, value))
  const stated = Number(claimNumber(claim, book))
  if (stated >= Number(low) && stated <= Number(high)) return "The book's number lies within our runs."
  const difference = mean(values) - book
  return (
    `${values.length === 1 ? 'Our run is' : 'Our runs are, on average,'} ` +
    `${claimNumber(claim, Math.abs(difference))}${inWords(claim)} ${difference < 0 ? 'lower' : 'higher'}.`
  )
}

const inWords = ({ unit }: Claim): string => (unit === '' ? '' : unit === 'epochs' ? ' epochs' : ' points')

const verdictOnSide = (claim: Claim, limit: number, values: readonly number[]): string => {
  if (values.length < 2) return 'One run cannot decide it.'
  const { interval } = pairedT(values.map(value => value - limit))
  const [low, high] = [interval[0] + limit, interval[1] + limit]
  const range = `the 95 % interval of the mean is ${claimNumber(claim, low)} to ${claimNumber(claim, high)}`
  const side = low > limit ? 'above' : high < limit ? 'below' : undefined
  if (side === undefined) return `Our runs do not decide it: ${range}.`
  if (claim.expected === undefined) return `It is ${side} ${limit} in our runs: ${range}.`
  return side === claim.expected.side
    ? `It holds: ${range}.`
    : `It is the other way round in our runs: ${range}.`
}
