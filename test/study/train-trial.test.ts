import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, it } from 'vitest'
import { recorded } from '../../scripts/golden.ts'
import { systemEnv } from '../../src/io/env.ts'
import { openTrialRunner, type TrialError } from '../../src/study/train-trial.ts'
import { decodeResultOf } from '../../src/study/decode-trial.ts'
import { loadChosenData } from '../../src/data/load.ts'
import { fingerprint } from '../../src/data/fingerprint.ts'
import type { FlagTexts } from '../../src/study/space.ts'
import { namedTrial, NUMERICS_VERSION, type Trial, type TrialResult } from '../../src/study/trial.ts'
import { cli, inFolder } from '../support/cli.ts'

/** Does trials of three epochs on a small data set; returns the results and the reported progress. */
const doing = (folder: string, ...trials: readonly FlagTexts[]) =>
  doingOn('data.json', JSON.stringify(recorded({ name: 'xent' }).data), folder, ...trials)

const doingOn = async (name: string, text: string, folder: string, ...trials: readonly FlagTexts[]) => {
  const data = join(folder, name)
  await writeFile(data, text)
  const sum = pipe(
    await loadChosenData({ choice: data, env: {}, onNotice: systemEnv.log, onProgress: () => undefined })(),
    E.match(
      ({ message }) => message,
      ({ training, validation, test }) => fingerprint([training, validation, test]),
    ),
  )
  const { run, close } = openTrialRunner(systemEnv)
  const shares: number[] = []
  const done: Trial[] = []
  const results: E.Either<TrialError, TrialResult>[] = []
  for (const { data: other, ...flags } of trials) {
    const trial = namedTrial({
      flags: { backend: 'cpu', ...flags },
      seed: 3,
      epochs: 3,
      evaluateOn: 'test',
      data: other ?? sum.slice(0, 16),
    })
    done.push(trial)
    results.push(await run({ trial, data }, share => shares.push(share))())
  }
  close()
  return { data, trials: done, results, shares }
}

const right = (result: E.Either<TrialError, TrialResult> | undefined): TrialResult => {
  if (result === undefined || E.isLeft(result)) throw new Error(result?.left.error.message)
  return result.right
}

describe('a trial', () => {
  it('is what train does with its flags', () =>
    inFolder(async folder => {
      const flags = { cost: 'quadratic', eta: '2', lmbda: '0.5', init: 'large', shuffle: 'false' }
      const { data, trials, results, shares } = await doing(folder, flags)
      const result = right(results[0])
      const { out } = await cli([
        ...[
          'train',
          '--cost',
          'quadratic',
          '--eta',
          '2',
          '--lmbda',
          '0.5',
          '--init',
          'large',
          '--no-shuffle',
        ],
        ...['--seed', '3', '--epochs', '3', '--data', data, '--backend', 'cpu', '--json', '--out', 'none'],
      ])
      const epochs = out
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>)
        .filter(({ event }) => event === 'epoch')
      expect(result).toMatchObject({
        outcome: 'done',
        accuracies: epochs.map(epoch => epoch.evaluationAccuracy),
        costs: epochs.map(epoch => epoch.evaluationCost),
        trainingCosts: epochs.map(epoch => epoch.trainingCost),
        trainingAccuracies: epochs.map(epoch => epoch.trainingAccuracy),
        trainingN: epochs[0]!.trainingSize,
        n: epochs[0]!.evaluationSize,
      })
      expect(result.rightPerClass!.reduce((a, b) => a + b)).toBe(result.accuracies.at(-1))
      expect(shares).toEqual([...shares].sort((a, b) => a - b))
      expect(result).toMatchObject({ numerics: NUMERICS_VERSION, backend: 'cpu', engine: 'eager' })
      // what a queue transports and a journal stores
      expect(decodeResultOf(trials[0]!)(JSON.parse(JSON.stringify(result)))).toEqual(E.right(result))
    }))

  it('may be ended by a schedule, which looks at the validation set and not at the test set', () =>
    inFolder(async folder => {
      const flags = { eta: '1e-9', monitor: 'evaluation-accuracy' }
      const { results, trials } = await doing(
        folder,
        { ...flags, 'eta-schedule': 'halve:1,2' },
        { ...flags, 'eta-schedule': 'none' },
        flags,
      )
      const [ended, never, without] = results.map(right)
      // the first accuracy is a better one, the second is not
      expect([ended, never].map(result => result!.accuracies.length)).toEqual([2, 3])
      expect({ ...never, id: '', seconds: 0 }).toEqual({ ...without, id: '', seconds: 0 })
      expect(decodeResultOf(trials[0]!)(JSON.parse(JSON.stringify(ended)))).toEqual(E.right(ended))
    }))

  it('without monitors has the accuracy at its end alone', () =>
    inFolder(async folder => {
      const { results } = await doing(folder, { eta: '1' }, { eta: '1', monitor: 'none' })
      const [whole, last] = results.map(right)
      expect(last!.accuracies).toEqual(whole!.accuracies.slice(-1))
      expect(last).toMatchObject({ n: whole!.n, answered: whole!.answered, perClass: whole!.perClass })
      expect(last!.costs ?? last!.trainingAccuracies).toBeUndefined()
    }))

  it('is the same twice, and another with another seed of its orders', () =>
    inFolder(async folder => {
      const { results } = await doing(folder, { eta: '1' }, { eta: '1' }, { eta: '1', rng: 'book' })
      const [first, second, third] = results.map(result => ({ ...right(result), seconds: 0 }))
      expect(second).toEqual(first)
      expect(third!.costs).not.toEqual(first!.costs)
    }))

  it('after others, of which it shares the data and the engine, is what it is alone', () =>
    inFolder(async folder => {
      const wasm = { backend: 'wasm', engine: 'wasm', cost: 'xent' }
      const trials: readonly FlagTexts[] = [
        wasm,
        { ...wasm, 'train-size': '20', lmbda: '1' },
        { ...wasm, momentum: '0.5', lmbda: '1', 'mini-batch-size': '7' },
        { ...wasm, cost: 'quadratic', monitor: 'none' },
        { cost: 'xent' },
        { ...wasm, activation: 'tanh', dropout: '0.5' },
        { ...wasm, sizes: '12,3,5' },
        { ...wasm, lmbda: '2', init: 'large' },
      ]
      const { results } = await doing(folder, ...trials)
      for (const [i, flags] of trials.entries()) {
        const { results: alone } = await doing(folder, flags)
        expect({ ...right(results[i]), seconds: 0 }).toEqual({ ...right(alone[0]), seconds: 0 })
      }
    }))

  it('with dropout counts the answers of the network for use', () =>
    inFolder(async folder => {
      const { results } = await doing(folder, { cost: 'xent', dropout: '0.5' })
      const { accuracies, rightPerClass } = right(results[0])
      expect(rightPerClass!.reduce((a, b) => a + b)).toBe(accuracies.at(-1))
      const { results: none } = await doing(folder, { cost: 'xent', dropout: '0.5', sizes: '12,5' })
      expect(none[0]).toMatchObject(
        E.left({ cause: 'trial', error: { message: expect.stringContaining('no hidden layer') as string } }),
      )
    }))

  it('with an expanded training set is the same twice, and another one than without', () =>
    inFolder(async folder => {
      // images of 3 x 3 bytes, whose class is the column that is lit
      const line = (i: number): string =>
        [i % 3, ...Array.from({ length: 9 }, (_, pixel) => (pixel % 3 === i % 3 ? 100 + i : 0))].join()
      const elastic = { cost: 'xent', expand: 'elastic', 'expand-sigma': '1' }
      const { results } = await doingOn(
        'data.csv',
        Array.from({ length: 60 }, (_, i) => line(i)).join('\n'),
        folder,
        { cost: 'xent' },
        ...[elastic, elastic].map(flags => ({ ...flags, 'expand-each-epoch': 'true' })),
        { ...elastic, 'expand-copies': '2' },
      )
      const [plain, first, second, once] = results.map(result => right(result).costs)
      expect(second).toEqual(first)
      expect(new Set([plain, first, once].map(String)).size).toBe(3)
    }))

  it('that diverges has a result, as far as it went', () =>
    inFolder(async folder => {
      const { results } = await doing(folder, { cost: 'xent', eta: '1e9' })
      expect(right(results[0])).toMatchObject({ outcome: 'diverged', accuracies: [], costs: [] })
    }))

  it.each<[FlagTexts, TrialError['cause'], string]>([
    [{ eta: 'abc' }, 'trial', '--eta abc'],
    [{ sizes: '3,2' }, 'trial', '--sizes 3,2'],
    [{ init: 'net.json' }, 'trial', 'a trial starts from its seed'],
    [{ data: '0123' }, 'machine', 'but the data of this experiment has 0123'],
    [{ engine: 'staged' }, 'machine', '--engine staged'],
  ])('with %o fails because of the %s', (flags, cause, words) =>
    inFolder(async folder => {
      const { results } = await doing(folder, flags)
      expect(results[0]).toMatchObject(
        E.left({ cause, error: { message: expect.stringContaining(words) as string } }),
      )
    }),
  )
})
