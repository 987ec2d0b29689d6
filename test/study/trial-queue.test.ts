import { setImmediate as nextTurn } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { exitCode, type AppError } from '../../src/errors.ts'
import { systemEnv } from '../../src/io/env.ts'
import { loadExperimentData } from '../../src/study/experiment-data.ts'
import { parseQueueAddress, type QueueAddress } from '../../src/study/queue-address.ts'
import type { FlagTexts } from '../../src/study/space.ts'
import { queuePool, runWorker, type TrialWorkerOptions } from '../../src/study/trial-queue.ts'
import { namedTrial, type Trial } from '../../src/study/trial.ts'
import { inFolder } from '../support/cli.ts'
import { redisServer, withRedis, type Server } from '../support/redis.ts'
import { writeClouds } from '../support/studies.ts'

const entry = new URL('../support/killed-trial.mjs', import.meta.url)

type Setting = {
  readonly address: QueueAddress
  readonly data: string
  readonly trialOf: (flags: FlagTexts) => Trial
}

const inSetting = (use: (setting: Setting) => Promise<void>): Promise<void> =>
  withRedis((server: Server) =>
    inFolder(async folder => {
      const address = parseQueueAddress(server.url)
      const data = await writeClouds(folder)
      const known = await loadExperimentData(systemEnv, data)()
      if (E.isLeft(address) || E.isLeft(known)) throw new Error('no setting')
      const trialOf = (flags: FlagTexts): Trial =>
        namedTrial({
          flags: { cost: 'xent', backend: 'cpu', monitor: 'evaluation-accuracy', ...flags },
          ...{ seed: 1, epochs: 1, evaluateOn: 'test', data: known.right.data },
        })
      await use({ address: address.right, data, trialOf })
    }),
  )

/** A worker in this process. */
const startWorker = ({ address, data }: Setting, options: Partial<TrialWorkerOptions> = {}) => {
  const stopping = new AbortController()
  const log: string[] = []
  const ended: Promise<E.Either<AppError, never>> = runWorker(
    { ...systemEnv, log: line => log.push(line), abortSignal: stopping.signal, stopReason: () => 'SIGINT' },
    { address, data, jobs: 1, patience: 5, ...options },
  )()
  return { ended, log, stop: () => stopping.abort() }
}

describe.skipIf(redisServer.isMissing)('trials over a queue', redisServer.why, () => {
  it('a worker that lacks what a trial asks for gives it back and ends; the good ones behind it are done', () =>
    inSetting(async setting => {
      const log: string[] = []
      const bad = setting.trialOf({ engine: 'staged' })
      const pool = queuePool({ log: line => log.push(line) }, setting.address, bad.data)
      const ends = [bad, setting.trialOf({ eta: '1' }), setting.trialOf({ eta: '2' })].map(trial =>
        pool.run(trial)(),
      )
      for (let i = 0; i < 3; i++)
        expect(await startWorker(setting).ended).toMatchObject(
          E.left({ _tag: 'Usage', message: '--engine staged: --backend cpu does not have this engine' }),
        )
      const [set, ...good] = await Promise.all(ends)
      expect(set).toMatchObject(
        E.left({
          kind: 'trial',
          error: {
            message: expect.stringMatching(
              /--engine staged.*no worker could do it: --engine staged/,
            ) as string,
          },
        }),
      )
      expect(good.every(E.isRight)).toBe(true)
      pool.close()
    }))

  it('a trial whose id is a whole number is done like the others', () =>
    inSetting(async setting => {
      const trial = Array.from({ length: 50_000 }, (_, i) => setting.trialOf({ eta: String(1 + i) })).find(
        ({ id }) => String(Number.parseInt(id, 10)) === id,
      )!
      const pool = queuePool({ log: () => undefined }, setting.address, trial.data)
      const worker = startWorker(setting)
      expect(await pool.run(trial)()).toMatchObject(E.right({ id: trial.id }))
      pool.close()
      worker.stop()
      await worker.ended
    }))

  it('a trial on other data than its queue’s is set aside, and the good one behind it is done', () =>
    inSetting(async setting => {
      const good = setting.trialOf({ eta: '1' })
      const { flags, seed, epochs, evaluateOn } = good
      const foreign = namedTrial({ flags, seed, epochs, evaluateOn, data: 'f'.repeat(16) })
      const pool = queuePool({ log: () => undefined }, setting.address, good.data)
      const ends = [foreign, good].map(trial => pool.run(trial)())
      const worker = startWorker(setting)
      const [refused, done] = await Promise.all(ends)
      expect(refused).toMatchObject(E.left({ kind: 'trial' }))
      expect(JSON.stringify(refused)).toContain(
        `its data are ${'f'.repeat(16)}, those of its queue ${good.data}`,
      )
      expect(done).toMatchObject(E.right({ id: good.id, outcome: 'done' }))
      pool.close()
      worker.stop()
      await worker.ended
    }))

  it('a trial whose process is killed is set aside, and its worker continues', () =>
    inSetting(async setting => {
      const pool = queuePool(systemEnv, setting.address, setting.trialOf({}).data)
      const ends = ['9', '1'].map(eta => pool.run(setting.trialOf({ eta }))())
      const worker = startWorker(setting, { entry })
      const [killed, good] = await Promise.all(ends)
      expect(killed).toMatchObject(
        E.left({
          error: {
            message: expect.stringContaining('was killed each time it was tried (SIGKILL)') as string,
          },
        }),
      )
      expect(good).toMatchObject({ _tag: 'Right' })
      worker.stop()
      expect(await worker.ended).toMatchObject(E.left({ _tag: 'Interrupted', signal: 'SIGINT' }))
      pool.close()
    }))

  it('a worker whose data no study uses says which data it has, and which are wanted', () =>
    inSetting(async setting => {
      const wanted = { ...setting.trialOf({}), data: '0123456789abcdef' }
      const pool = queuePool(systemEnv, setting.address, wanted.data)
      const end = pool.run(wanted)()
      const redis = new Redis(setting.address.url)
      while ((await redis.llen(`bull:network2-2-${wanted.data}:wait`)) === 0) await nextTurn()
      redis.disconnect()
      const worker = startWorker(setting)
      while (worker.log.length < 2) await nextTurn()
      expect(worker.log[1]).toBe(
        `network2: no trials wait for ${/trials on (.+) from/.exec(worker.log[0]!)![1]!}; trials wait for the data ` +
          '0123456789abcdef: start a worker with these data (--data)',
      )
      worker.stop()
      await worker.ended
      pool.close()
      expect(await end).toMatchObject(E.left({ kind: 'closed' }))
    }))

  it('an answer that is not a result is refused', () =>
    inSetting(async setting => {
      const log: string[] = []
      const pool = queuePool({ log: line => log.push(line) }, setting.address, setting.trialOf({}).data)
      const worker = startWorker(setting, { entry })
      expect(await pool.run(setting.trialOf({ eta: '7' }))()).toMatchObject(
        E.left({ error: { message: expect.stringContaining('accuracies.0 is -1') as string } }),
      )
      expect(log.join()).toMatch(/worker \S+ is unfit/)
      worker.stop()
      await worker.ended
      pool.close()
    }))

  it.each([
    ['a wrong password', (port: number) => `redis://:secret@127.0.0.1:${port}`, 'WRONGPASS'],
    ['no password', (port: number) => `redis://127.0.0.1:${port}`, 'NOAUTH'],
    ['a user who may do little', (port: number) => `redis://guest:secret@127.0.0.1:${port}`, 'NOPERM'],
  ])('with %s, the study and the worker end, and say so', (_what, url, why) =>
    inSetting(async setting => {
      const admin = new Redis(setting.address.url)
      await admin.call('ACL', 'SETUSER', 'guest', 'on', '>secret', '+ping', '+info', '+client', '+hello')
      admin.disconnect()
      const address = parseQueueAddress(url(Number(new URL(setting.address.url).port)))
      if (E.isLeft(address)) throw new Error(address.left)
      const trial = setting.trialOf({})
      const refused = {
        _tag: 'Usage',
        message: expect.stringMatching(
          new RegExp(`^--queue redis://[^ ]*127\\.0\\.0\\.1:\\d+: .*${why}`),
        ) as string,
        remedy: expect.stringContaining('redis://USER:PASSWORD@HOST') as string,
      }
      const log: string[] = []
      const pool = queuePool({ log: line => log.push(line) }, address.right, trial.data)
      const end = await pool.run(trial)()
      expect(end).toMatchObject(E.left({ kind: 'machine', error: refused }))
      // and so does whatever comes later
      expect(await pool.run(trial)()).toEqual(end)
      pool.close()
      const worker = startWorker({ ...setting, address: address.right })
      const ended = await worker.ended
      expect(ended).toMatchObject(E.left(refused))
      expect(E.isLeft(ended) && exitCode(ended.left)).toBe(2)
      expect(JSON.stringify([end, ended, log, worker.log])).not.toContain('secret')
      expect(log).toEqual([])
    }),
  )

  it('a worker whose processes do not start ends itself with an internal error, not the study', () =>
    inSetting(async setting => {
      const pool = queuePool(systemEnv, setting.address, setting.trialOf({}).data)
      const end = pool.run(setting.trialOf({ eta: '1' }))()
      const missing = startWorker(setting, { entry: new URL('none.mjs', import.meta.url) })
      await expect(missing.ended).rejects.toThrow(/its process ended each time it was tried: exit code 1/)
      const worker = startWorker(setting, { entry })
      expect(await end).toMatchObject({ _tag: 'Right' })
      worker.stop()
      await worker.ended
      pool.close()
    }))
})
