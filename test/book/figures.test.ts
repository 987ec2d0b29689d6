/**
 * The records of the figures: each setting is the book's, and what is compared is computed by hand.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { networkKind, trialSeconds } from '../../src/book/estimate.ts'
import { bestInN, noImprovementIn, until } from '../../src/book/exercises/best-in-n.ts'
import { bookExercises } from '../../src/book/exercises/index.ts'
import { figureAliases, bookFigures } from '../../src/book/figures/index.ts'
import type { BookFigure } from '../../src/book/figure.ts'
import {
  claimOutcomes,
  divergedSeeds,
  planFigure,
  trainCommandOf,
  trialsOf,
} from '../../src/book/figure-plan.ts'
import { bookArms, planReproduction, reproductionPresets, trialWork } from '../../src/book/reproduce.ts'
import { replayOutcomes } from '../../src/report/figure-record.ts'
import { describeFigure, describeList, statedNumbers } from '../../src/report/text/figure-text.ts'
import { decodeOptions, flagOf, typedValue } from '../../src/options/option.ts'
import { trainOptions } from '../../src/options/train-options.ts'
import { parseTrialFlags } from '../../src/study/train-trial.ts'
import { describeFlags, type Trial, type TrialResult } from '../../src/study/trial.ts'

const mnist = { data: 'a sum', inputs: 784, outputs: 10, name: 'MNIST', trainingSize: 50_000 }

const all: Readonly<Record<string, BookFigure>> = { ...bookExercises, ...bookFigures }

const plan = (
  name: string,
  { seeds, quick = false }: { seeds?: number; quick?: boolean } = {},
  data = mnist,
) => planFigure(name, all[name]!, { seeds, quick }, data)

/** The settings of the first seed of each arm. */
const settings = (name: string): Readonly<Record<string, object>> =>
  Object.fromEntries(
    plan(name).arms.map(({ name: arm, trials: [first] }) => {
      const { flags, epochs, evaluateOn } = first!
      return [arm, { ...flags, epochs, on: evaluateOn }]
    }),
  )

const usual = { cost: 'xent', sizes: '784,30,10', 'mini-batch-size': '10' }

const few = {
  ...usual,
  eta: '0.5',
  init: 'large',
  'train-size': '1000',
  monitor: 'all',
  epochs: 400,
  on: 'test',
}

const full = { ...usual, eta: '0.5', init: 'large', monitor: 'all', epochs: 30, on: 'test' }

const watched = { monitor: 'evaluation-accuracy' }

const usualArm = { ...usual, ...watched, eta: '0.5', lmbda: '5', init: 'default', on: 'test' }

describe('the plan of a figure has the settings of the book', () => {
  it.each<[string, Readonly<Record<string, object>>]>([
    ['overfitting', { 'lmbda 0': { ...few, lmbda: '0' } }],
    ['regularized', { 'lmbda 0.1': { ...few, lmbda: '0.1' } }],
    ['overfitting-full', { 'lmbda 0': { ...full, lmbda: '0' } }],
    ['regularized-full', { 'lmbda 5': { ...full, lmbda: '5' } }],
    ...(
      [
        ['regularized-100', '0.5', 30],
        ['regularized-100-slow', '0.1', 60],
      ] as const
    ).map(([name, eta, epochs]): [string, Readonly<Record<string, object>>] => [
      name,
      {
        '100 hidden': {
          ...{ ...usual, ...watched, sizes: '784,100,10', eta, lmbda: '5', init: 'large', epochs },
          on: 'validation',
        },
      },
    ]),
    ...[30, 100].map((hidden): [string, Readonly<Record<string, object>>] => [
      `weight-initialization-${hidden}`,
      Object.fromEntries(
        ['default', 'large'].map(init => [
          `${init} start`,
          {
            ...{ ...usual, ...watched, sizes: `784,${hidden},10`, eta: '0.1', lmbda: '5', init, epochs: 30 },
            on: 'validation',
          },
        ]),
      ),
    ]),
    [
      'multiple-eta',
      Object.fromEntries(
        ['0.025', '0.25', '2.5'].map(eta => [
          `eta ${eta}`,
          {
            ...{ ...usual, eta, lmbda: '5', init: 'default', monitor: 'evaluation-accuracy,training-cost' },
            ...{ epochs: 30, on: 'validation' },
          },
        ]),
      ),
    ],
    [
      'early-stopping',
      {
        '100 epochs': { ...usualArm, epochs: 100 },
        'no improvement in 10 epochs': { ...usualArm, epochs: 100, 'early-stop': '10' },
      },
    ],
    [
      'learning-schedule',
      {
        'constant eta, early stopping': { ...usualArm, epochs: 100, 'early-stop': '10' },
        'halved eta': { ...usualArm, epochs: 300, 'eta-schedule': 'halve:10,128' },
      },
    ],
  ])('%s', (name, expected) => expect(settings(name)).toEqual(expected))

  it('more-data: 100 to 50,000 images, each seen so often that there are 1,500,000 in all', () => {
    const arms = plan('more-data').arms.map(({ trials: [first] }) => first!)
    expect(arms.map(({ flags, epochs }) => [flags['train-size'], flags.lmbda, epochs])).toEqual([
      ['100', '0.01', 15_000],
      ['200', '0.02', 7500],
      ['500', '0.05', 3000],
      ['1000', '0.1', 1500],
      ['2000', '0.2', 750],
      ['5000', '0.5', 300],
      ['10000', '1', 150],
      ['20000', '2', 75],
      ['50000', '5', 30],
    ])
    for (const { flags, evaluateOn } of arms) {
      expect(flags).toMatchObject({ ...usual, eta: '0.5', init: 'large', monitor: 'none' })
      expect(evaluateOn).toBe('validation')
    }
  })

  it('costs: the trials of the table, whose results therefore serve both', () => {
    const table = planReproduction(reproductionPresets.full, mnist)
    expect(trialsOf(plan('costs'))).toEqual(table.flatMap(({ trials }) => trials))
    expect(bookFigures.costs.claims.map(({ book }) => book)).toEqual(bookArms.map(({ book }) => book))
  })

  it.each(Object.keys(all))('%s: each trial is one that train understands', name => {
    for (const trial of trialsOf(plan(name, { seeds: 1 })))
      expect(parseTrialFlags(trial, 'mnist')).toMatchObject({ _tag: 'Right' })
  })
})

describe('a plan', () => {
  it('replays the author from his seed, and has the seeds 1 to n beside it', () => {
    const [small, large] = plan('weight-initialization-30').arms
    expect(small!.trials.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5])
    expect(small!.replay).toMatchObject({ seed: 12345678, flags: { rng: 'book', init: 'default' } })
    // the second network is trained on the list as the first one has shuffled it
    expect(large!.replay).toMatchObject({ seed: 12345678, flags: { rng: 'book+30', init: 'large' } })
    expect(plan('overfitting-full').arms[0]!.replay).toBeUndefined()
    expect(trialsOf(plan('overfitting', { seeds: 2 }))).toHaveLength(3)
  })

  it('of a quick look has a tenth of the epochs, one seed, and is not compared', () => {
    const quick = plan('more-data', { quick: true })
    expect(trialsOf(quick).map(({ epochs }) => epochs)).toEqual([1500, 750, 300, 150, 75, 30, 15, 8, 3])
    expect(quick.note).toContain('shorter')
    expect(plan('more-data', { quick: true, seeds: 2 }).arms[0]!.trials).toHaveLength(2)
  })

  it('on other data is not compared, and takes no more images than there are', () => {
    const other = plan('more-data', {}, { ...mnist, name: 'digits', trainingSize: 600 })
    expect(other.note).toContain('trainings on digits are not compared')
    expect(other.arms.map(({ trials: [first] }) => first!.flags['train-size'])).toEqual([
      ...['100', '200', '500', ...Array<string>(6).fill('600')],
    ])
  })

  it('names what it is: the old name goes on', () => {
    for (const name of Object.values(figureAliases)) expect(Object.keys(bookFigures)).toContain(name)
  })
})

/** A result with these accuracies of 1,000. */
const result = (
  { id }: Trial,
  accuracies: readonly number[],
  more: Partial<TrialResult> = {},
): TrialResult => ({
  ...{ id, outcome: 'done', accuracies, n: 1000 },
  ...more,
})

/** The results of a plan of which each arm's counts depend on the seed. */
const resultsOf = (
  of: ReturnType<typeof plan>,
  make: (arm: number, seed: number) => readonly number[],
  more: Partial<TrialResult> = {},
): ReadonlyMap<string, TrialResult> =>
  new Map(
    of.arms.flatMap(({ trials }, arm) =>
      trials.map(trial => [trial.id, result(trial, make(arm, trial.seed), more)] as const),
    ),
  )

describe('a claim', () => {
  const verdict = (
    name: string,
    i: number,
    make: (arm: number, seed: number) => readonly number[],
    seeds = 3,
  ) => {
    const of = plan(name, { seeds })
    return claimOutcomes(of, resultsOf(of, make))[i]!
  }

  it('by hand: mean, deviation, minimum and maximum over the seeds of the best epochs', () => {
    const { spread, values } = verdict('regularized-100', 0, (_arm, seed) => [900, 978 + seed, 970])
    expect(values.map(value => value.toFixed(1))).toEqual(['97.9', '98.0', '98.1'])
    expect(spread.mean).toBeCloseTo(98)
    expect(spread.standardDeviation).toBeCloseTo(0.1)
    expect([spread.min, spread.max].map(value => value.toFixed(1))).toEqual(['97.9', '98.1'])
  })

  it.each<[string, (seed: number) => number, number, string]>([
    ['lies within', seed => 978 + seed, 3, "The book's number lies within our runs."],
    ['is above all', seed => 974 + seed, 3, 'Our runs are, on average, 0.32 points lower.'],
    ['is below all', seed => 980 + seed, 3, 'Our runs are, on average, 0.28 points higher.'],
    ['is of one run', () => 977, 1, 'Our run is 0.22 points lower.'],
  ])('of a number that %s', (_what, count, seeds, words) =>
    expect(verdict('regularized-100', 0, (_arm, seed) => [count(seed)], seeds).verdict).toBe(words),
  )

  it('of a side is decided by the 95 % interval of the mean', () => {
    const difference = (points: (seed: number) => number, seeds = 3): string =>
      verdict('weight-initialization-30', 4, (arm, seed) => [900 + (arm === 0 ? points(seed) : 0)], seeds)
        .verdict
    // 1, 2 and 3 per mille: 0.2 ± 4.303 * 0.1 / √3 points
    expect(difference(seed => seed)).toBe(
      'Our runs do not decide it: the 95 % interval of the mean is -0.05 to 0.45.',
    )
    expect(difference(seed => 50 + seed)).toContain(
      'It holds: the 95 % interval of the mean is 4.95 to 5.45.',
    )
    expect(difference(seed => -50 - seed)).toContain('It is the other way round')
    expect(difference(() => 50, 1)).toBe('One run cannot decide it.')
  })

  it.each<[string, number]>([
    ['softmax', 2],
    ['l1', 1],
    ['momentum', 0],
  ])(
    'of the exercise %s answers a question: nothing holds, and nothing is the other way round',
    (name, i) => {
      const answer = (points: (seed: number) => number): string =>
        verdict(name, i, (arm, seed) => [900 + (arm === 1 ? points(seed) : 0)]).verdict
      expect(answer(seed => 50 + seed)).toBe(
        'It is above 0 in our runs: the 95 % interval of the mean is 4.95 to 5.45.',
      )
      expect(answer(seed => -50 - seed)).toBe(
        'It is below 0 in our runs: the 95 % interval of the mean is -5.45 to -4.95.',
      )
      expect(answer(seed => seed)).toContain('Our runs do not decide it')
    },
  )

  it('is measured for the seeds alone of which all trainings are done; the diverged are named', () => {
    const of = plan('weight-initialization-30', { seeds: 3 })
    const results = new Map(resultsOf(of, () => [900]))
    const [lost, bad] = [of.arms[0]!.trials[0]!, of.arms[1]!.trials[1]!]
    results.delete(lost.id)
    results.set(bad.id, result(bad, [], { outcome: 'diverged' }))
    expect(claimOutcomes(of, results).map(({ values }) => values.length)).toEqual([1, 1, 1, 1, 1])
    expect(divergedSeeds(of, results)).toEqual([2])
    expect(describeFigure(of, results).join('\n')).toContain('Diverged, and left out: seed 2.')
  })

  it('of overfitting: the training accuracy, the gap, and the epoch of the lowest cost', () => {
    const of = plan('overfitting', { seeds: 1 })
    const more = { trainingAccuracies: [900, 1000, 990], trainingN: 1000, costs: [1.5, 1.25, 'NaN', 1.3] }
    const found = claimOutcomes(
      of,
      resultsOf(of, () => [800, 820, 810], more),
    )
    expect(found.map(({ spread }) => Number(spread.mean.toFixed(6)))).toEqual([82, 100, 18, 2])
  })

  it('of the learning rates: the last cost, and how often it rises', () => {
    const of = plan('multiple-eta', { seeds: 1 })
    const found = claimOutcomes(
      of,
      resultsOf(of, () => [900], { trainingCosts: [1, 0.5, 0.6, 0.55, 0.7] }),
    )
    expect(found.slice(0, 2).map(({ values }) => values)).toEqual([[0.7], [2]])
  })

  it('without results is a line all the same', () => {
    const text = describeFigure(plan('more-data'), new Map()).join('\n')
    expect(text).toContain('No training is done with 3 seeds yet.')
    expect(text).not.toContain('NaN')
  })
})

it("a replay is compared with the published counts, or with the file's key figures alone", () => {
  const of = plan('weight-initialization-30', { seeds: 1 })
  const results = new Map(of.arms.map(({ replay }) => [replay!.id, result(replay!, [9270, 9414])]))
  const lists = { evaluationCost: [], trainingCost: [], trainingAccuracy: [] }
  const authors = [
    { ...lists, start: 'default', evaluationAccuracy: [9270, 9415] },
    { ...lists, start: 'large', evaluationAccuracy: [8643, 9044] },
  ] as const
  const [first] = replayOutcomes(of, results, authors)
  expect(first!.sentence).toMatch(
    /^1 of 2 epochs have the published count; the largest difference is 1, after/,
  )
  expect(replayOutcomes(of, results, undefined)[0]!.sentence).toBe(
    'After the first epoch 9270 (published 9270); at best 9414 after epoch 2 (published 9653 after epoch 26)',
  )
})

describe('the settings of the papers', () => {
  it.each([
    ['simard-plain', 'simard-plain', 'the images as they are'],
    ['simard-affine', 'simard-affine', 'affine distortions, new in each epoch'],
    ['simard-elastic', 'simard-elastic', 'elastic distortions, new in each epoch'],
    ['above-99', 'above-99', 'rectified linear neurons, elastic distortions'],
    ['hinton-plain', 'hinton-dropout', 'without dropout'],
    ['hinton-dropout', 'hinton-dropout', 'dropout 0.5'],
  ])('data/papers/%s.json is what the figure %s trains', (file, name, arm) => {
    const path = new URL(`../../data/papers/${file}.json`, import.meta.url)
    const json = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>>
    const given = Object.fromEntries(
      Object.entries(json).map(([key, value]) => [flagOf(key), typedValue(value)]),
    )
    const [trial] = plan(name).arms.find(({ name: of }) => of === arm)!.trials
    const parsed = decodeOptions(trainOptions, { ...given, seed: '1', data: 'mnist' })
    expect(parsed).toMatchObject({ _tag: 'Right' })
    expect(parsed).toEqual(parseTrialFlags(trial!, 'mnist'))
  })

  it('a flag without a value stands alone in the command that trains one network', () => {
    const [trial] = plan('simard-affine').arms[0]!.trials
    const command = trainCommandOf(trial!)
    expect(command).toContain('--expand affine --expand-each-epoch --seed 1 ')
    expect(command).not.toContain('true')
    expect(describeFlags(trial!)).toContain('--expand affine --expand-each-epoch --seed 1 ')
    const without = { ...trial!, flags: { ...trial!.flags, 'expand-each-epoch': 'false' } }
    expect(trainCommandOf(without)).toContain('--expand affine --no-expand-each-epoch --seed 1 ')
  })
})

describe('an estimate', () => {
  const [first] = plan('overfitting').arms[0]!.trials
  const sizes = { training: 50_000, validation: 10_000, test: 10_000 }
  const speeds = (...trials: readonly Trial[]) =>
    new Map(trials.map(trial => [networkKind(trial), { training: 1e-6, copying: 1e-4 }]))

  it('by hand: epochs times the images that are trained on, and a third of those that are evaluated', () => {
    // 400 epochs of 1,000 images, with 10,000 test and 1,000 training images evaluated
    expect(trialSeconds(speeds(first!), sizes, first!)).toBeCloseTo(400e-6 * (1000 + 11_000 / 3))
    const [end] = plan('more-data').arms[0]!.trials
    expect(trialSeconds(speeds(end!), sizes, end!)).toBeCloseTo(1.5)
    // early stopping looks at the validation set, beside the test set
    const [, stopped] = plan('early-stopping').arms
    const [trial] = stopped!.trials
    expect(trialSeconds(speeds(trial!), sizes, trial!)).toBeCloseTo(100e-6 * (50_000 + 20_000 / 3))
  })

  it('counts the copies of an expanded set: those that are trained on, and the time to make them', () => {
    const [each] = plan('simard-elastic').arms[0]!.trials
    // each epoch trains on 50,000 new copies, and evaluates 10,000 test images
    expect(trialSeconds(speeds(each!), sizes, each!)).toBeCloseTo(30e-6 * (50_000 + 10_000 / 3) + 30 * 5)
    const with_ = (flags: Trial['flags']): Trial => ({ ...each!, flags })
    const flags = { ...each!.flags, 'expand-each-epoch': 'false' }
    const shifted = with_({ ...flags, expand: 'shift' })
    // once 4 copies of each image, beside it
    expect(trialSeconds(speeds(shifted), sizes, shifted)).toBeCloseTo(30e-6 * (250_000 + 10_000 / 3) + 20)
    const some = with_({ ...flags, 'expand-copies': '2', 'train-size': '1000', monitor: 'all' })
    // the training set that is evaluated is the expanded one
    expect(trialSeconds(speeds(some), sizes, some)).toBeCloseTo(30e-6 * (3000 + 13_000 / 3) + 0.2)
    expect(trialWork(shifted)).toBe(5 * trialWork(with_({ ...flags, expand: 'none' })))
  })

  it('of two rates of one network needs one measurement, of two networks two', () => {
    const kinds = (name: string): number => new Set(trialsOf(plan(name)).map(networkKind)).size
    expect(kinds('multiple-eta')).toBe(1)
    expect(kinds('costs')).toBe(4)
    expect(kinds('hinton-dropout')).toBe(2)
  })

  it('of the remaining time goes by the images', () => {
    const [small] = plan('more-data').arms[0]!.trials
    const [large] = plan('more-data').arms.at(-1)!.trials
    expect(trialWork(small!)).toBe(trialWork(large!))
  })
})

describe('the list', () => {
  it('names every figure with its section, the numbers of the book and the time', () => {
    const listed = Object.keys(bookFigures).map(name => ({ plan: plan(name), done: 0, seconds: 95 }))
    const lines = describeList(listed)
    expect(lines).toHaveLength(1 + listed.length)
    for (const { plan: of } of listed) {
      const line = lines.find(text => text.startsWith(`${of.name} `))!
      expect(line).toContain(of.figure.section)
      expect(line).toContain(statedNumbers(of.figure))
      expect(line).toMatch(/ 1:35$/)
    }
    expect(statedNumbers(bookFigures['regularized-100'])).toBe('97.92 %')
    expect(statedNumbers(bookFigures['more-data'])).toBe('69.09 % … 95.97 %')
  })
})

describe('early stopping', () => {
  const accuracies = [90, 94, 95, 95.04, 95.05, 95.3, 95.2, 95.1, 95.25]

  it('by no improvement in n epochs ends n epochs after the best one', () => {
    expect(until(noImprovementIn(3), accuracies)).toEqual(accuracies)
    expect(until(noImprovementIn(2), accuracies)).toEqual(accuracies.slice(0, 8))
  })

  it('by the best in n epochs ends where they bring less than the gain', () => {
    // after epoch 5 the last two have brought 0.05 points
    expect(until(bestInN(2, 0.1), accuracies)).toEqual(accuracies.slice(0, 5))
    expect(until(bestInN(4, 0.1), [1, 2])).toEqual([1, 2])
  })
})
