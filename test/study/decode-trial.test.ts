import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { decodeResultOf, decodeTrial, decodeTrialResult } from '../../src/study/decode-trial.ts'
import {
  namedTrial,
  NUMERICS_VERSION,
  usableResults,
  type Trial,
  type TrialResult,
} from '../../src/study/trial.ts'

const trial = namedTrial({
  flags: { cost: 'xent', eta: '0.5' },
  seed: 3,
  epochs: 2,
  evaluateOn: 'test',
  data: '0123456789abcdef',
})

const result: TrialResult = {
  id: trial.id,
  outcome: 'done',
  accuracies: [90, 95],
  n: 100,
  costs: [0.5, 'NaN'],
  trainingCosts: [0.4, 1e30],
  trainingAccuracies: [490, 500],
  trainingN: 500,
  answered: [60, 40],
  rightPerClass: [55, 40],
  perClass: [50, 50],
  seconds: 1.5,
  numerics: NUMERICS_VERSION,
  backend: 'wasm',
  engine: 'staged',
}

const COUNT = 'expected a whole number of 0 or more'

describe('a result', () => {
  it('is decoded as it is, with everything and with the least', () => {
    expect(decodeTrialResult(result)).toEqual(E.right(result))
    expect(decodeResultOf(trial)(result)).toEqual(E.right(result))
    const least = { id: trial.id, outcome: 'diverged', accuracies: [], n: 100 }
    expect(decodeTrialResult(least)).toEqual(E.right(least))
  })

  it.each<[string, object, string]>([
    ['a list', [], 'it is [], expected an object'],
    ['another id', { id: '../etc/passwd' }, 'id is "../etc/passwd", expected 16 hexadecimal digits'],
    ['another outcome', { outcome: 'great' }, 'outcome is "great", expected done or diverged'],
    ['no accuracies, though done', { accuracies: [] }, 'it is done, but has no accuracies'],
    ['a negative n', { n: -5 }, `n is -5, ${COUNT}`],
    ['a huge n', { n: 1e308 }, `n is 1e+308, ${COUNT}`],
    ['a fraction', { accuracies: [90, 95.5] }, `accuracies.1 is 95.5, ${COUNT}`],
    ['NaN, as JSON has it', { accuracies: [90, null] }, `accuracies.1 is null, ${COUNT}`],
    ['more than all', { accuracies: [90, 101] }, 'it counts 101 of 100 examples'],
    ['more than the training set', { trainingAccuracies: [501] }, 'it counts 501 of 500 training examples'],
    ['more than all of a class', { perClass: [50, 101] }, 'it counts 101 of 100 examples'],
    ['text as a cost', { costs: [0.5, 'low'] }, 'costs.1 is "low", expected a finite number'],
    ['an endless duration', { seconds: Infinity }, 'seconds is null, expected a finite number of 0 or more'],
    ['escapes in a name', { backend: '\x1b[2J' }, 'backend is "\\u001b[2J", expected a short word'],
    ['another field', { __proto__: null, path: '/etc' }, '"path" is not a known field'],
  ])('is refused with %s', (_what, change, why) => {
    const json: unknown = Array.isArray(change) ? change : { ...result, ...change }
    const refused = decodeTrialResult(json)
    expect(E.isLeft(refused) && refused.left).toContain(why)
  })

  it.each<[string, Partial<TrialResult>, string]>([
    ['of another trial', { id: '0000000000000000' }, 'it is the result of trial 0000000000000000'],
    ['of other numerics', { numerics: 7 }, 'its numerics are of version 7'],
    [
      'on no examples',
      { n: 0, accuracies: [0, 0], answered: [], rightPerClass: [], perClass: [] },
      'on no examples',
    ],
    ['with too few epochs', { accuracies: [90] }, 'it is done after 1 of 2 epochs'],
    ['with too many', { accuracies: [1, 2, 3] }, 'it has 3 values for 2 epochs'],
    ['with too many training accuracies', { trainingAccuracies: [1, 2, 3] }, 'it has 3 values for 2 epochs'],
    ['with too many costs', { costs: [1, 2, 3] }, 'it has 3 values for 2 epochs'],
  ])('%s is not that of this trial', (_what, change, why) => {
    const refused = decodeResultOf(trial)({ ...result, ...change })
    expect(E.isLeft(refused) && refused.left).toContain(why)
    // a journal cannot tell
    expect(E.isRight(decodeTrialResult({ ...result, ...change }))).toBe(true)
  })

  it('has fewer epochs where the schedule of its trial may end it', () => {
    const short = { ...result, accuracies: [90] }
    const scheduled = (schedule: string): Trial => ({
      ...trial,
      flags: { ...trial.flags, 'eta-schedule': schedule },
    })
    expect(E.isRight(decodeResultOf(scheduled('halve:1,2'))(short))).toBe(true)
    expect(E.isRight(decodeResultOf(scheduled('none'))(short))).toBe(false)
  })

  it('of an old journal counts as version 1; of another version it is not used', () => {
    const old = { ...result, numerics: undefined }
    const other = { ...result, numerics: NUMERICS_VERSION + 1, n: 200 }
    expect(NUMERICS_VERSION).toBe(1)
    expect(usableResults([other, old])).toEqual(new Map([[trial.id, old]]))
    expect(usableResults([other]).size).toBe(0)
  })

  it('if a trial has several, the first counts', () => {
    expect(usableResults([result, { ...result, n: 200 }])).toEqual(new Map([[trial.id, result]]))
  })

  it("every line of the project's own study is one", () => {
    const lines = readFileSync(new URL('../../data/study/journal.jsonl', import.meta.url), 'utf8')
      .trim()
      .split('\n')
    for (const line of lines.slice(1))
      expect(decodeTrialResult(JSON.parse(line))).toMatchObject({ _tag: 'Right' })
  })
})

describe('a trial', () => {
  it('is decoded as it is', () =>
    expect(decodeTrial(JSON.parse(JSON.stringify(trial)))).toEqual(E.right(trial)))

  it.each<[string, object, string]>([
    ['content that is not that of its id', { seed: 4 }, 'its id is not the hash of its content'],
    ['no epochs', { epochs: 0 }, 'epochs is 0, expected a whole number of 1 or more'],
    ['the training set to evaluate on', { evaluateOn: 'training' }, 'evaluateOn is "training"'],
    ['a path', { path: '/etc/passwd' }, '"path" is not a known field'],
    ['a flag that is no text', { flags: { eta: 1 } }, 'flags.eta is 1, expected string'],
  ])('is refused with %s', (_what, change, why) => {
    const refused = decodeTrial({ ...trial, ...change })
    expect(E.isLeft(refused) && refused.left).toContain(why)
  })
})
