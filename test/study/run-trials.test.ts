import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it } from 'vitest'
import { exitCode, usageError, type AppError } from '../../src/errors.ts'
import { systemEnv, type Env } from '../../src/io/env.ts'
import { runTrials } from '../../src/study/run-trials.ts'
import { localPool, type TrialPool } from '../../src/study/trial-pool.ts'
import {
  namedTrial,
  NUMERICS_VERSION,
  type Trial,
  type TrialResult,
  type TrialResults,
} from '../../src/study/trial.ts'
import { inFolder } from '../support/cli.ts'

const trialOf = (eta: number): Trial =>
  namedTrial({
    flags: { cost: 'xent', eta: String(eta) },
    seed: 1,
    epochs: 1,
    evaluateOn: 'test',
    data: '00',
  })

const resultOf = ({ id }: Trial): TrialResult => ({
  ...{ id, outcome: 'done', accuracies: [9], n: 10 },
  numerics: NUMERICS_VERSION,
})

/** Does trials in no time, and writes down which. */
const instantPool = (done: Trial[], run?: TrialPool['run']): TrialPool => ({
  run: (trial, onProgress) => {
    done.push(trial)
    return run?.(trial, onProgress) ?? TE.right(resultOf(trial))
  },
  close: () => undefined,
})

type Ran = { readonly end: E.Either<AppError, TrialResults>; readonly log: readonly string[] }

const run = async (
  out: string,
  trials: readonly Trial[],
  pool: TrialPool,
  env: Partial<Env> = {},
): Promise<Ran> => {
  const log: string[] = []
  const outstanding = (results: TrialResults): readonly Trial[] => trials.filter(({ id }) => !results.has(id))
  const end = await runTrials(
    { ...systemEnv, log: line => log.push(line), ...env },
    {
      ...{ out, outstanding, subject: { experiment: 'ours' }, pool: () => pool },
      workOf: () => 1,
      remaining: results => ({ trials: outstanding(results).length, work: outstanding(results).length }),
      describe: ({ flags }) => `eta ${flags.eta}`,
    },
  )()
  return { end, log }
}

const journalIn = async (out: string): Promise<readonly Record<string, unknown>[]> =>
  (await readFile(join(out, 'journal.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map(line => JSON.parse(line) as Record<string, unknown>)

describe('the trials of an experiment', () => {
  it('are done once, and continued with the same command', () =>
    inFolder(async out => {
      const done: Trial[] = []
      const trials = [1, 2, 3].map(trialOf)
      expect((await run(out, trials.slice(0, 2), instantPool(done))).end).toMatchObject({ _tag: 'Right' })
      const { end, log } = await run(out, trials, instantPool(done))
      expect(done).toEqual(trials)
      expect(E.isRight(end) && end.right.size).toBe(3)
      expect(log[0]).toBe(`Continuing in ${out}: 2 trials are done.`)
    }))

  it('that cannot be done are an error after all others are done', () =>
    inFolder(async out => {
      const [bad, ...good] = [1, 2, 3].map(trialOf)
      const pool = instantPool([], trial =>
        trial === bad
          ? TE.left({ kind: 'trial', error: usageError(`${trial.id}: no worker could do it`, 'mend it') })
          : TE.right(resultOf(trial)),
      )
      const { end, log } = await run(out, [bad!, ...good], pool)
      expect(end).toEqual(
        E.left(
          usageError(
            `${bad!.id}: no worker could do it`,
            `mend it; 2 results so far are in ${join(out, 'journal.jsonl')}`,
          ),
        ),
      )
      expect(log).toContain(`network2: ${bad!.id}: no worker could do it`)
      expect((await journalIn(out)).map(({ id }) => id)).toEqual(good.map(({ id }) => id))
    }))

  it('end at once where this machine cannot do them', () =>
    inFolder(async out => {
      const error = usageError('--backend native: it is not here', 'install it')
      const pool = instantPool([], trial =>
        trial.flags.eta === '1' ? TE.left({ kind: 'machine', error }) : () => new Promise(() => undefined),
      )
      expect((await run(out, [1, 2].map(trialOf), pool)).end).toEqual(E.left(error))
    }))

  it('computed by another version of the arithmetic are done again, and their lines stay', () =>
    inFolder(async out => {
      const [first, second] = [trialOf(1), trialOf(2)]
      await run(out, [first, second], instantPool([]))
      const file = join(out, 'journal.jsonl')
      const [heading, one, two] = (await readFile(file, 'utf8')).split('\n')
      const old = JSON.stringify({ ...(JSON.parse(one!) as object), numerics: NUMERICS_VERSION + 1 })
      await writeFile(file, [heading, old, two, ''].join('\n'))

      const done: Trial[] = []
      const { end, log } = await run(out, [first, second], instantPool(done))
      expect(done).toEqual([first])
      expect(E.isRight(end) && end.right.get(first.id)).toEqual(resultOf(first))
      expect(log[0]).toContain('1 result was computed by another version of the arithmetic, and not used')
      expect((await readFile(file, 'utf8')).split('\n').slice(1, -1)).toEqual([
        old,
        two,
        JSON.stringify(resultOf(first)),
      ])
    }))

  it('with a damaged result in the journal are not begun', () =>
    inFolder(async out => {
      const trial = trialOf(1)
      await run(out, [trial], instantPool([]))
      const line = { ...resultOf(trial), accuracies: [] }
      await writeFile(join(out, 'journal.jsonl'), `${JSON.stringify(line)}\n`, { flag: 'a' })
      const { end } = await run(out, [trial], instantPool([]))
      expect(end).toMatchObject(
        E.left({
          _tag: 'Unfit',
          message: `${join(out, 'journal.jsonl')}, line 3: the line is damaged: it is done, but has no accuracies`,
        }),
      )
    }))

  it('can be stopped, and keep what is done', () =>
    inFolder(async out => {
      const [first, second] = [trialOf(1), trialOf(2)]
      let isDone = false
      const pool = instantPool([], trial =>
        trial === second
          ? () => new Promise(() => undefined)
          : async () => {
              isDone = true
              return Promise.resolve(E.right(resultOf(trial)))
            },
      )
      const { end } = await run(out, [first, second], pool, {
        stopReason: () => (isDone ? 'SIGTERM' : undefined),
      })
      expect(end).toMatchObject(E.left({ _tag: 'Interrupted', signal: 'SIGTERM' }))
      expect(await journalIn(out)).toEqual([resultOf(first)])
    }))
})

describe('processes that do trials', () => {
  const entry = new URL('../support/killed-trial.mjs', import.meta.url)
  const pool = (jobs: number): TrialPool => localPool(systemEnv, { jobs, data: 'none', entry })

  it.each([
    [2, 'give --jobs 1'],
    [1, 'give smaller --sizes'],
  ])('killed again and again, %d at a time: an error with its remedy', (jobs, remedy) =>
    inFolder(async out => {
      const { end } = await run(out, [trialOf(1), trialOf(9)], pool(jobs))
      expect(end).toMatchObject(
        E.left({
          message: expect.stringMatching(
            /^--jobs \d: trial \w+ \(.*--eta 9.*was killed each time.*SIGKILL/,
          ) as string,
          remedy: expect.stringContaining(remedy) as string,
        }),
      )
      expect(E.isLeft(end) && exitCode(end.left)).toBe(2)
    }),
  )

  it('that end on their own: an internal error', () =>
    inFolder(async out => {
      await expect(run(out, [trialOf(8)], pool(1))).rejects.toThrow(
        /its process ended each time.*exit code 7/,
      )
    }))
})
