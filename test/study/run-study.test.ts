import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { systemEnv } from '../../src/io/env.ts'
import { loadExperimentData } from '../../src/study/experiment-data.ts'
import { mergeShards } from '../../src/study/merge.ts'
import { runShard, runStudy, type StudyRun } from '../../src/study/run-study.ts'
import { defaultSpace } from '../../src/study/space.ts'
import { planStudy, type StudyPlan } from '../../src/study/study-plan.ts'
import { trialRunner } from '../../src/study/train-trial.ts'
import { localPool } from '../../src/study/trial-pool.ts'
import { inFolder } from '../support/cli.ts'
import { writeClouds } from '../support/studies.ts'

const env = { ...systemEnv, variables: { ...process.env, NETWORK2_NATIVE: 'off' } }

const right = <A>(either: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(either)) throw new Error(either.left.message)
  return either.right
}

/** A study of two arms, each with one configuration to try for an epoch, and one final run. */
const planFor = async (choice: string, cost = 'quadratic'): Promise<StudyPlan> => {
  const { data, inputs, outputs } = right(await loadExperimentData(env, choice)())
  return planStudy({
    arms: [
      { name: cost, flags: { cost } },
      { name: 'xent', flags: { cost: 'xent' } },
    ],
    space: { ...defaultSpace, init: ['default'] },
    ...{ budget: 4, factor: 3, epochs: 1, seeds: 1, seed: 0 },
    common: { sizes: [inputs, 4, outputs].join(','), monitor: 'evaluation-accuracy', backend: 'cpu' },
    data,
    classes: outputs,
  })
}

describe('a program', () => {
  it('can run a study, and continue it', () =>
    inFolder(async folder => {
      const choice = await writeClouds(folder)
      const plan = await planFor(choice)
      const study: StudyRun = {
        plan,
        out: join(folder, 'study'),
        pool: () => localPool(env, { jobs: 2, data: choice }),
      }
      const first = right(await runStudy(env, study)())
      expect(first.results.size).toBe(10)
      expect(first.outcome.arms.map(({ name }) => name)).toEqual(['quadratic', 'xent'])
      expect(first.outcome.computedBy).toEqual([{ backend: 'cpu', engine: 'eager', trials: 10 }])

      const again = right(
        await runStudy(env, {
          ...study,
          pool: () => ({
            run: () => () => Promise.reject(new Error('nothing is left to do')),
            close: () => undefined,
          }),
        })(),
      )
      expect(again).toEqual(first)
    }))

  it('can run a trial', () =>
    inFolder(async folder => {
      const data = await writeClouds(folder)
      const { arms } = await planFor(data)
      const trial = arms[0].search[0]![0]!
      const result = await trialRunner(env)({ trial, data }, () => undefined)()
      expect(result).toMatchObject(E.right({ id: trial.id, outcome: 'done', n: 120 }))
    }))

  it('can run a study in shards, and merge them', () =>
    inFolder(async folder => {
      const choice = await writeClouds(folder)
      const out = join(folder, 'study')
      const study: StudyRun = {
        plan: await planFor(choice),
        out,
        pool: () => localPool(env, { jobs: 1, data: choice }),
      }
      // the trials of the search, then the final runs of the winners
      for (const trials of [4, 1]) {
        for (const index of [1, 2])
          expect(right(await runShard(env, study, { index, of: 2 })())).toMatchObject({
            kind: 'share',
            trials,
          })
        expect(right(await mergeShards(env, [out])()).added).toBe(2 * trials)
      }
      expect(right(await mergeShards(env, [out])())).toMatchObject({ added: 0 })
      expect(right(await runShard(env, study, { index: 1, of: 2 })())).toMatchObject({ kind: 'study' })
    }))

  it('gets the error of a wrong flag before anything is written', () =>
    inFolder(async folder => {
      const choice = await writeClouds(folder)
      const plan = await planFor(choice, 'hinge')
      const out = join(folder, 'study')
      const end = await runStudy(env, { plan, out, pool: () => localPool(env, { jobs: 1, data: choice }) })()
      expect(end).toMatchObject(E.left({ message: expect.stringContaining('--cost hinge') as string }))
      await expect(readFile(join(out, 'study.json'))).rejects.toThrow('ENOENT')
    }))
})
