import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import {
  checkCompareFlags,
  compareCommandLine,
  compareOptions,
  studyOf,
  type CompareFlags,
} from '../../src/cli/compare-options.ts'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeOptions, type Argv } from '../../src/options/option.ts'
import type { AppError } from '../../src/errors.ts'
import { planStudy, type Study } from '../../src/study/study-plan.ts'
import { checkPlan } from '../../src/study/run-study.ts'
import { inFolder } from '../support/cli.ts'

const HAVING = { name: 'clouds', choice: 'clouds.json', data: 'a fingerprint', inputs: 6, outputs: 3 }

const compareFlags = (argv: Argv): E.Either<AppError, CompareFlags> =>
  pipe(decodeOptions(compareOptions, argv), E.flatMap(checkCompareFlags))

const study = async (argv: Readonly<Record<string, unknown>>): Promise<E.Either<AppError, Study>> => {
  const flags = compareFlags(argv)
  return E.isLeft(flags) ? flags : studyOf(flags.right, HAVING)()
}

const right = async (argv: Readonly<Record<string, unknown>>): Promise<Study> => {
  const known = await study(argv)
  if (E.isLeft(known)) throw new Error(known.left.message)
  return known.right
}

describe('the flags of compare', () => {
  it.each([
    [{ budget: '1e9' }, '--budget 1000000000: with --epochs 30 it allows more than 10000 configurations'],
    [{ trials: '1e9' }, '--trials: a study has at most 10000'],
    [{ seeds: '1e9' }, '--seeds: a study has at most 10000'],
  ])('%j: refused at once', async (argv, message) => {
    expect(await study(argv)).toMatchObject({ left: { _tag: 'Usage', message } })
  })

  it('may ask for as many configurations as a study can have', async () => {
    const refused = await study({ budget: '1e9' })
    const most = E.isLeft(refused) ? refused.left.remedy.replace('give at most ', '') : ''
    const { arms } = planStudy(await right({ budget: most }))
    expect(arms[0].configurations).toHaveLength(10_000)
    expect(E.isLeft(await study({ budget: String(Number(most) + 1000) }))).toBe(true)
  })

  it('refuse a space that draws a parameter of an expansion without it, and name the file', () =>
    inFolder(async folder => {
      const space = join(folder, 'space.json')
      await writeFile(space, '{ "expand": ["none", "elastic"], "expand-sigma": [3, 4] }')
      expect(await study({ space })).toMatchObject({
        left: {
          message:
            `${space} is not a search space for these arms: arm "quadratic": ` +
            'expand-sigma can be drawn with expand none, which does not take it',
        },
      })
      const arms = ['xent --expand elastic', 'quadratic --expand elastic']
      expect((await right({ space, arms })).space).toMatchObject({ 'expand-sigma': [3, 4] })
    }))

  it('have defaults', async () => {
    const { arms, space, common, ...rest } = await right({})
    expect(arms.map(({ name }) => name)).toEqual(['quadratic', 'xent'])
    expect(Object.keys(space)).toEqual(['mini-batch-size', 'eta', 'lmbda', 'init'])
    expect(common).toEqual({ sizes: '6,30,3', monitor: 'evaluation-accuracy' })
    expect(rest).toMatchObject({
      budget: 240,
      epochs: 30,
      seeds: 10,
      seed: 0,
      classes: 3,
      data: 'a fingerprint',
    })
  })

  it.each([[['quadratic,xent --lr 0.5']], [['quadratic', 'xent --lr 0.5']], ['quadratic,xent --lr 0.5']])(
    'take arms as one text or as several: %j',
    async arms => {
      const study = await right({ arms })
      expect(study.arms[1].flags).toEqual({ cost: 'xent', eta: '0.5' })
    },
  )

  it('take dropout in an arm and in the space', () =>
    inFolder(async folder => {
      const space = join(folder, 'space.json')
      await writeFile(space, '{ "dropout": [0, 0.5] }')
      const found = await right({ space, arms: ['xent', 'xent --dropout 0.3'] })
      expect(found.space).toEqual({ dropout: [0, 0.5] })
      expect(found.arms[1].flags).toEqual({ cost: 'xent', dropout: '0.3' })
    }))

  it.each([1, 2, 3, 9, 60, 200])('take a number of trials: %i', async trials => {
    const plan = planStudy(await right({ trials: String(trials) }))
    expect(plan.arms[0].configurations).toHaveLength(trials)
  })

  it('take the looks of a study that repeats its searches', async () => {
    expect((await right({})).rule).toBeUndefined()
    expect((await right({ looks: '5,10' })).rule).toEqual({ looks: [5, 10], delta: 0.1, error: 0.05 })
    expect((await right({ looks: '3', delta: '0.2' })).rule).toMatchObject({ looks: [3], delta: 0.2 })
    const flags = compareFlags({ looks: '5,10', delta: '0.2' })
    expect(E.isRight(flags) && compareCommandLine(flags.right)).toContain('--looks 5,10 --delta 0.2')
  })

  const studies = new URL('../../data/studies/', import.meta.url)
  const folders = readdirSync(studies, { withFileTypes: true }).filter(entry => entry.isDirectory())

  it.each(folders.map(({ name }) => name))("can be the project's study %s", async name => {
    const argv = JSON.parse(await readFile(new URL(`${name}.json`, studies), 'utf8')) as Readonly<
      Record<string, string | number>
    >
    const found = await right(
      Object.fromEntries(Object.entries(argv).map(([flag, value]) => [flag, String(value)])),
    )
    expect(found.rule?.looks.join(',')).toBe(argv.looks)
    expect(found.rule).toMatchObject({ delta: 0.1, error: 0.05 })
    expect(E.isRight(checkPlan(planStudy({ ...found, rule: { ...found.rule!, looks: [3] } })))).toBe(true)
  })

  it('take a space from a file', () =>
    inFolder(async folder => {
      const space = join(folder, 'space.json')
      await writeFile(space, '{ "lmbda": [0, 0.1] }')
      expect((await right({ space })).space).toEqual({ lmbda: [0, 0.1] })
      await writeFile(space, '{ "seed": [0, 1] }')
      expect(await study({ space })).toMatchObject({ left: { _tag: 'Data' } })
    }))

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['one arm', { arms: ['xent'] }, 'expected two arms'],
    ['an arm that is none', { arms: ['relu,xent'] }, 'relu is not a cost'],
    [
      'a flag that would look at the test set',
      { arms: ['xent', 'xent --early-stop 3'] },
      'an arm cannot fix --early-stop',
    ],
    [
      'looks that do not rise',
      { looks: '10,5' },
      '--looks 10,5: not whole numbers that rise, from 3 to 1000',
    ],
    ['a look at two searches', { looks: '2,5' }, '--looks 2,5: not whole numbers that rise'],
    ['delta without looks', { delta: '0.2' }, '--delta belongs to a study that repeats its searches'],
    ['two lengths', { trials: '3', budget: '3' }, '--budget and --trials'],
    ['a share that is none', { shard: '3/2' }, '--shard 3/2: not I/N'],
    ['two ways to share', { shard: '1/2', queue: 'redis://:hunter2@localhost' }, '--queue and --shard'],
    ['a queue that is none', { queue: 'http://:hunter2@localhost' }, 'not the URL of a Redis server'],
    ['two queues', { queue: ['redis://:hunter2@a', 'redis://:hunter2@b'] }, 'not the URL of a Redis server'],
  ])('refuse %s', async (_what, argv, words) => {
    const refused = await study(argv)
    expect(refused).toMatchObject({ left: { _tag: 'Usage' } })
    expect(JSON.stringify(refused)).toContain(words)
    expect(JSON.stringify(refused)).not.toContain('hunter2')
  })

  it('can be written again, without the queue', () => {
    const flags = compareFlags({
      queue: 'redis://:hunter2@host',
      sizes: '6,4,3',
      arms: ['xent', 'xent --eta 1'],
    })
    expect(E.isRight(flags) && compareCommandLine(flags.right)).toBe(
      "npm run compare -- --arms xent 'xent --eta 1' --seeds 10 --seed 0 --epochs 30 --sizes 6,4,3 --data auto",
    )
  })
})
