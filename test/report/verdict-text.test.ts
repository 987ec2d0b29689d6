import { describe, expect, it } from 'vitest'
import {
  describeMachines,
  describeUnlikeSearches,
  describeVerdict,
  verdictSentence,
} from '../../src/report/text/verdict-text.ts'
import { defaultSpace, type FlagTexts } from '../../src/study/space.ts'
import { verdictOf, type Finals } from '../../src/study/verdict.ts'
import { diverged, done, pairs, stuck } from '../study/finals.ts'

const AHEAD = [21, -4, 35, 12, 40, 28, -9, 17, 33, 25]

const said = (arms: readonly [Finals, Finals]): string => verdictSentence(verdictOf(arms, 10), 'MNIST')

describe('the sentence', () => {
  it('names the better arm, by how much and how surely', () => {
    expect(said(pairs(AHEAD))).toBe(
      'xent is better on MNIST by 0.20 points (95 % interval 0.08 to 0.31, p = 0.00387, d_z = 1.22, n = 10).',
    )
  })

  it('states the difference as an advantage of the better arm', () => {
    expect(said(pairs(AHEAD.map(by => -by)))).toBe(
      'quadratic is better on MNIST by 0.20 points (95 % interval 0.08 to 0.31, p = 0.00387, d_z = 1.22, n = 10).',
    )
  })

  it('does not call a small difference one that matters', () => {
    expect(said(pairs([3, 1, -2, 4, 0]))).toBe(
      'No difference that matters on MNIST: xent is ahead by 0.01 points ' +
        '(95 % interval -0.02 to 0.04, p = 0.324, d_z = 0.50, n = 5), and the interval lies within ±0.1 points.',
    )
  })

  it('of arms that answer alike', () => {
    expect(said(pairs([0, 0, 0]))).toBe(
      'No difference that matters on MNIST: neither arm is ahead ' +
        '(95 % interval 0.00 to 0.00, p = 1, d_z = 0.00, n = 3), and the interval lies within ±0.1 points.',
    )
  })

  it('says for whom the differences are that the data cannot rule out', () => {
    expect(said(pairs([100, -90, 30]))).toMatch(
      /^Inconclusive on MNIST: xent is ahead by 0\.13 .* contains differences that matter, in both directions\.$/,
    )
    expect(said(pairs([30, 3, 14, 1]))).toMatch(/in favour of xent only\.$/)
    expect(said(pairs([-30, -3, -14, -1]))).toMatch(/quadratic is ahead by .* in favour of quadratic only\.$/)
  })

  it('of one seed: inconclusive', () => {
    expect(said(pairs([500]))).toBe(
      'Inconclusive on MNIST: xent is ahead by 5.00 points (95 % interval -∞ to ∞, p = 1, d_z unknown, n = 1), ' +
        'and the interval contains differences that matter, in both directions.',
    )
  })
})

describe('the whole verdict', () => {
  it('golden', () => {
    const lines = describeVerdict(
      verdictOf(
        [
          {
            name: 'quadratic',
            results: [done(8900, 9500), stuck(8000, 8500), done(8800, 9400), diverged(9000)],
          },
          { name: 'xent', results: [done(9100, 9600), done(9000, 9600), done(8900, 9500), done(9000, 9500)] },
        ],
        10,
      ),
      'MNIST',
    )
    expect(lines).toEqual([
      'quadratic: 71.00 % of the test set of MNIST after the last epoch, the mean of 4 seeds (standard deviation 40.91, from 10.00 to 95.00); 1 diverged, 1 stuck',
      'xent: 95.50 % of the test set of MNIST after the last epoch, the mean of 4 seeds (standard deviation 0.58, from 95.00 to 96.00); 0 diverged, 0 stuck',
      'Inconclusive on MNIST: xent is ahead by 24.50 points (95 % interval -40.12 to 89.12, p = 0.314, d_z = 0.60, n = 4), and the interval contains differences that matter, in both directions.',
      'The verdict rests on imputed values: 1 of 4 final runs of quadratic diverged, and count with the accuracy of guessing, 10.00 %.',
      "Wilcoxon's signed-rank test, which does not assume a normal distribution, agrees: p = 0.125.",
      "Secondary results, not part of the verdict (p-values with Holm's correction for three tests; the interval is not corrected):",
      '  after 1 epoch: xent is ahead by 3.25 points (95 % interval -4.03 to 10.53, p = 0.75, d_z = 0.71, n = 4)',
      '  90 % reached: quadratic in 3 of 4 runs (median: in epoch 2), first with 0 seeds; xent in all 4 runs (median: in epoch 1), first with 2 seeds; tied with 2 seeds (sign test, p = 0.75)',
      '  95 % reached: quadratic in 1 of 4 runs (median: not reached), first with 0 seeds; xent in all 4 runs (median: in epoch 2), first with 3 seeds; tied with 1 seed (sign test, p = 0.75)',
      'The verdict is about the two configurations that the search chose, 4 training seeds and this test set. The interval covers neither the randomness of the search (run a study with another --seed) nor the choice of the test images (use another data set).',
      'The rule, fixed before the data were seen:',
      '  An arm is better if the two-sided paired t-test on the test accuracies after the last epoch gives p < 0.05 and the mean difference is 0.1 points or more.',
      '  Otherwise there is no difference that matters if the 95 % interval lies within ±0.1 points; otherwise the study is inconclusive.',
      '  A diverged run counts with the accuracy of guessing, 10.00 %. If all runs of an arm diverged, the only verdict can be that the other arm is better. A run is stuck if it never or almost never predicts some class; it counts with its own accuracy. No run is excluded.',
    ])
  })

  it('says that the test set was looked at before, and how', () => {
    const verdict = verdictOf(pairs([31, 28, 35]), 10)
    const lines = describeVerdict(verdict, 'MNIST', [
      { budget: 60, seeds: 4 },
      { budget: 60, seeds: 6 },
    ])
    expect(lines.filter(line => !describeVerdict(verdict, 'MNIST').includes(line))).toEqual([
      'This is verdict 3 on the same test set; before, there was one with a budget of 60 epochs and 4 seeds, and one with a ' +
        'budget of 60 epochs and 6 seeds. The p-values and intervals are not corrected for that.',
    ])
  })

  it('says where the robust test parts with the t-test', () => {
    // nine seeds of ten in favour, and one run that diverged
    const arms = pairs([31, 28, 35, 22, 41, 30, 27, 33, 29, 26])
    const lines = (results: Finals['results']): string =>
      describeVerdict(verdictOf([arms[0], { name: 'xent', results }], 10), 'MNIST').join('\n')
    expect(lines(arms[1].results)).toContain(
      'which does not assume a normal distribution, agrees: p = 0.00195.',
    )
    const outlier = arms[1].results.with(9, done(9500 + 900))
    expect(lines(outlier)).toContain('which does not assume a normal distribution, disagrees: p = 0.00195.')
  })
})

describe('diverged runs', () => {
  const lost = { name: 'quadratic', results: [diverged(), diverged()] }

  it('of both arms, all of them: no verdict, and no statistics', () => {
    const lines = describeVerdict(verdictOf([lost, { ...lost, name: 'xent' }], 10), 'MNIST')
    expect(lines).toContain(
      'No verdict on MNIST: every final run of quadratic diverged, and so did every one of xent.',
    )
    expect(lines.join()).not.toMatch(/interval [\d-]|p =|difference that matters:/)
  })

  it('of one arm, all of them, beside an arm that guesses: no verdict', () => {
    expect(said([{ name: 'xent', results: [done(1000), done(1000)] }, lost])).toBe(
      'No verdict on MNIST: every final run of quadratic diverged, and xent is not better than guessing.',
    )
  })

  it('of one arm, all of them, beside a better one: a verdict that says what it rests on', () => {
    expect(
      describeVerdict(verdictOf([lost, { name: 'xent', results: [done(9500), done(9400)] }], 10), 'MNIST'),
    ).toContain(
      'The verdict rests on imputed values: 2 of 2 final runs of quadratic diverged, and count with the accuracy of ' +
        'guessing, 10.00 %.',
    )
  })
})

describe('arms that are searched differently', () => {
  const described = (first: FlagTexts, second: FlagTexts): readonly string[] =>
    describeUnlikeSearches({
      arms: [
        { name: 'A', flags: { cost: 'xent', ...first } },
        { name: 'B', flags: { cost: 'xent', ...second } },
      ],
      space: defaultSpace,
    })

  it.each<[string, FlagTexts, FlagTexts]>([
    ['in a range', {}, { lmbda: '5' }],
    ['zero, which is drawn too', {}, { lmbda: '0' }],
    ['in a list', { eta: '1' }, { eta: '1', 'mini-batch-size': '30' }],
  ])('the space of A contains that of B: %s', (_what, first, second) => {
    const [line, ...more] = described(first, second)
    expect(line).toMatch(
      /^A searches (lmbda|mini-batch-size), which B fixes: the space of A contains that of B,/,
    )
    expect(more).toEqual([])
    expect(described(second, first)).toEqual([line!.replace(/\b[AB]\b/g, name => (name === 'A' ? 'B' : 'A'))])
  })

  it.each<[string, FlagTexts, FlagTexts, readonly string[]]>([
    ['a value beyond the range', {}, { lmbda: '20' }, ['A searches lmbda, which B fixes.']],
    ['another cost', { cost: 'quadratic' }, { lmbda: '5' }, ['A searches lmbda, which B fixes.']],
    ['a flag that is not searched', {}, { lmbda: '5', rng: 'book' }, ['A searches lmbda, which B fixes.']],
    [
      'each searches another flag',
      { eta: '1' },
      { lmbda: '5' },
      ['A searches lmbda, which B fixes.', 'B searches eta, which A fixes.'],
    ],
    ['both fix the same flags', { lmbda: '0' }, { lmbda: '5' }, []],
    ['only a flag that nobody searches', {}, { rng: 'book' }, []],
  ])('%s: none contains the other', (_what, first, second, lines) =>
    expect(described(first, second)).toEqual(lines),
  )
})

describe('the backends and engines', () => {
  it('are named if there are several', () => {
    const wasm = { backend: 'wasm', engine: 'staged', trials: 100 }
    expect(describeMachines([wasm])).toEqual([])
    expect(describeMachines([wasm, { backend: 'cpu', engine: 'eager', trials: 20 }])).toEqual([
      'The results were computed by different backends or engines: wasm staged (100 trials), cpu eager (20 trials). ' +
        'They round differently, so that a repetition on one of them may give slightly other accuracies.',
    ])
  })
})
