import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, it } from 'vitest'
import type { Dataset } from '../../src/data/dataset.ts'
import { systemEnv } from '../../src/io/env.ts'
import { loadExperimentData } from '../../src/study/experiment-data.ts'
import { mergeShards } from '../../src/study/merge.ts'
import { checkData, checkPlan, runShard, runStudy, type StudyRun } from '../../src/study/run-study.ts'
import { defaultSpace, type FlagTexts } from '../../src/study/space.ts'
import { planStudy, type Study, type StudyPlan } from '../../src/study/study-plan.ts'
import { namedTrial } from '../../src/study/trial.ts'
import { openTrialRunner } from '../../src/study/train-trial.ts'
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

describe('the check before a study', () => {
  const refused = (
    change: (plan: Study) => Study,
    alter: (dataset: Dataset) => Dataset = dataset => dataset,
  ): Promise<unknown> =>
    inFolder(async folder => {
      const choice = await writeClouds(folder)
      const { dataset } = right(await loadExperimentData(env, choice)())
      const plan = planStudy(change((await planFor(choice)).study))
      const checked = pipe(checkPlan(plan), E.flatMap(checkData(alter(dataset))))
      return E.isLeft(checked) ? checked.left : 'accepted'
    })

  const withArm = (flags: FlagTexts) => (study: Study) => ({
    ...study,
    arms: [study.arms[0], { name: 'my arm', flags: { cost: 'xent', ...flags } }] as const,
  })

  it('has nothing to say of one that can be run', async () =>
    expect(await refused(study => study)).toBe('accepted'))

  it.each<[string, (study: Study) => Study, string]>([
    ['a wrong value in an arm', withArm({ eta: 'abc' }), '--arms "my arm": --eta abc: not a number above 0'],
    [
      'a file to start from',
      withArm({ init: 'net.json' }),
      '--arms "my arm": --init net.json: a trial starts from',
    ],
    [
      'too many examples',
      withArm({ 'train-size': '91' }),
      '--arms "my arm": --train-size 91: clouds-1.json has 90',
    ],
    [
      'sizes that do not fit the data',
      withArm({ sizes: '7,3' }),
      '--arms "my arm": --sizes 7,3: clouds-1.json has 6 inputs',
    ],
    [
      'a file to start from in the space',
      study => ({ ...study, space: { ...study.space, init: ['net.json'] } }),
      '--space: --init net.json: a trial starts from',
    ],
    [
      'sizes in the space',
      study => ({ ...study, space: { ...study.space, sizes: ['6,4,2'] }, common: {} }),
      '--space: --sizes 6,4,2: clouds-1.json has ',
    ],
    [
      'the flags of compare itself',
      study => ({ ...study, common: { ...study.common, sizes: '6,4,2' } }),
      '--sizes 6,4,2: clouds-1.json has ',
    ],
  ])('%s: the error names where it was given', async (_what, change, message) =>
    expect(await refused(change)).toMatchObject({
      message: expect.stringContaining(message) as string,
    }),
  )

  it.each<[Partial<Dataset>, (study: Study) => Study, string]>([
    [{ validation: undefined }, study => study, '--data: clouds-1.json has no validation set, on which'],
    [{ test: undefined }, study => study, '--data: clouds-1.json has no test set, on which'],
    [{ validation: undefined, test: undefined }, study => study, 'has no validation and no test set'],
    // nothing is searched
    [{ validation: undefined }, study => ({ ...study, space: {} }), ''],
  ])('data without a set that it needs: %j', async (parts, change, message) =>
    expect(JSON.stringify(await refused(change, dataset => ({ ...dataset, ...parts })))).toContain(
      message === '' ? 'accepted' : message,
    ),
  )

  it('one output has no accuracy', () =>
    inFolder(async folder => {
      const file = join(folder, 'one.json')
      const part = { inputs: [[0.5], [1]], labels: [0, 0] }
      await writeFile(file, JSON.stringify({ training: part, validation: part, test: part }))
      const { dataset } = right(await loadExperimentData(env, file)())
      expect(checkData(dataset)(await planFor(file))).toMatchObject(
        E.left({
          _tag: 'Usage',
          message: '--sizes 1,4,1: one output has no accuracy, by which trials are judged',
        }),
      )
    }))
})

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
      const trial = arms[0].trial(0, 0)
      const runner = openTrialRunner(env)
      const result = await runner.run({ trial, data }, () => undefined)()
      runner.close()
      expect(result).toMatchObject(E.right({ id: trial.id, outcome: 'done', n: 120 }))
    }))

  it('is told once that the trials fall back to a slower backend', () =>
    inFolder(async folder => {
      const data = await writeClouds(folder)
      const { arms } = await planFor(data)
      const log: string[] = []
      const entry = new URL('../support/trial-without-wasm.mjs', import.meta.url)
      const pool = localPool({ ...env, log: line => log.push(line) }, { jobs: 2, data, entry })
      const trials = arms.map(({ trial }) => trial(0, 0))
      const ends = await Promise.all(
        trials.map(trial => pool.run(namedTrial({ ...trial, flags: { ...trial.flags, backend: 'auto' } }))()),
      )
      pool.close()
      expect(ends.map(end => (E.isRight(end) ? end.right.backend : end.left))).toEqual(['cpu', 'cpu'])
      expect(log).toEqual([expect.stringContaining('falling back to --backend cpu --engine eager')])
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

  it('does not write where a link in the place of a shard leads', () =>
    inFolder(async folder => {
      const choice = await writeClouds(folder)
      const [out, elsewhere] = [join(folder, 'study'), join(folder, 'elsewhere')]
      await mkdir(out)
      await mkdir(elsewhere)
      await symlink(elsewhere, join(out, 'shard-1-of-2'))
      const plan = await planFor(choice)
      const study = { plan, out, pool: () => localPool(env, { jobs: 1, data: choice }) }
      expect(await runShard(env, study, { index: 1, of: 2 })()).toMatchObject(
        E.left({ message: expect.stringContaining('shard-1-of-2 is a symbolic link') as string }),
      )
      expect(await readdir(elsewhere)).toEqual([])
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
