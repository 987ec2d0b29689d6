import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli, inFolder, start, type Running } from '../support/cli.ts'
import { redisServer, withRedis, type Server } from '../support/redis.ts'
import { journalOf, smallStudy, writeClouds } from '../support/studies.ts'

const MINUTE = 60_000

const TIMES = 10

/** Long enough to be killed ten times. */
const LONG = { budget: 40, epochs: 3, seeds: 8 }

const verdict = (out: string): string =>
  out.slice(out.indexOf('The winner of each')).replace(/Report: .*/, '')

/** How far a study is: its journal's lines, the first not counted. */
const progress = async (folder: string): Promise<number> =>
  (await readFile(join(folder, 'journal.jsonl'), 'utf8').catch(() => '')).split('\n').length - 2

/** Resolves at a random moment after a study has got so far. */
const momentAfter = async (folder: string, trials: number): Promise<void> => {
  while ((await progress(folder)) < trials) await new Promise(resolve => setTimeout(resolve, 20))
  await new Promise(resolve => setTimeout(resolve, 500 * Math.random()))
}

/** The moments of the kills: the number of trials done. */
const moments = (trials: number): readonly number[] =>
  Array.from({ length: TIMES }, (_, i) => Math.floor(((i + Math.random()) * (trials - 2)) / TIMES))

/** An uninterrupted study. */
const undisturbed = async (
  data: string,
  folder: string,
): Promise<{ readonly journal: readonly string[]; readonly verdictText: string }> => {
  const { code, out } = await cli(smallStudy(data, folder, LONG))
  expect(code).toBe(0)
  return { journal: await journalOf(folder), verdictText: verdict(out) }
}

describe('a study whose process is killed', () => {
  it(
    `${TIMES} times at random moments, ends as if it had not been`,
    () =>
      inFolder(async folder => {
        const data = await writeClouds(folder)
        const whole = await undisturbed(data, join(folder, 'whole'))
        const out = join(folder, 'cut')
        for (const moment of moments(whole.journal.length - 1)) {
          const running = start(smallStudy(data, out, LONG))
          await momentAfter(out, moment)
          running.signal('SIGKILL')
          await running.result
        }
        const last = await cli(smallStudy(data, out, LONG))
        expect(verdict(last.out)).toBe(whole.verdictText)
        expect(await journalOf(out)).toEqual(whole.journal)
      }),
    10 * MINUTE,
  )
})

type Actors = { parent: Running; worker: Running }

describe.skipIf(redisServer.isMissing)('a study over a queue', redisServer.why, () => {
  it.each<[string, (keyof Actors)[], boolean]>([
    ['the worker', ['worker'], false],
    ['the parent', ['parent'], false],
    ['both', ['parent', 'worker'], false],
    ['redis-server', [], true],
  ])(
    `ends as if nothing had been when %s is killed ${TIMES} times`,
    (_what, victims, redis) =>
      withRedis((server: Server) =>
        inFolder(async folder => {
          const data = await writeClouds(folder)
          const whole = await undisturbed(data, join(folder, 'whole'))
          const out = join(folder, 'queued')
          const begin: { readonly [name in keyof Actors]: () => Running } = {
            parent: () => start([...smallStudy(data, out, LONG), '--queue', server.url]),
            worker: () =>
              start(['worker', '--queue', server.url, '--data', data, '--jobs', '2', '--patience', '2']),
          }
          const actors: Actors = { parent: begin.parent(), worker: begin.worker() }
          for (const moment of moments(whole.journal.length - 1)) {
            await momentAfter(out, moment)
            for (const victim of victims) {
              actors[victim].signal('SIGKILL')
              await actors[victim].result
              actors[victim] = begin[victim]()
            }
            if (redis) {
              await server.kill()
              await server.start()
            }
          }
          let { code, out: text } = await actors.parent.result
          // the last kill may have met a parent that had just ended
          if (code !== 0) ({ code, out: text } = await begin.parent().result)
          actors.worker.signal('SIGINT')
          await actors.worker.result
          expect(code).toBe(0)
          expect(verdict(text)).toBe(whole.verdictText)
          expect(await journalOf(out)).toEqual(whole.journal)
        }),
      ),
    15 * MINUTE,
  )
})

describe('the verdict', () => {
  it(
    'null check: of 20 studies of xent against xent, at most 2 call a difference',
    () =>
      inFolder(async folder => {
        const data = await writeClouds(folder)
        let called = 0
        for (let seed = 0; seed < 20; seed++) {
          const out = join(folder, String(seed))
          const { code, out: text } = await cli(smallStudy(data, out, { arms: 'xent,xent', seed, seeds: 5 }))
          expect(code).toBe(0)
          if (text.includes(' is better on ')) called++
        }
        expect(called).toBeLessThanOrEqual(2)
      }),
    15 * MINUTE,
  )

  it(
    'power check: xent is better than xent with a tenth of its eta',
    () =>
      inFolder(async folder => {
        const data = await writeClouds(folder)
        const args = smallStudy(data, join(folder, 'study'), { epochs: 9, budget: 60, seeds: 10 })
        const { code, out } = await cli(
          args.map(word => (word === 'quadratic,xent' ? 'xent,xent --eta 0.05' : word)),
        )
        expect(code).toBe(0)
        expect(out).toMatch(/^xent is better on .* by/m)
      }),
    5 * MINUTE,
  )
})
