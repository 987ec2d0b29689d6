import { spawn } from 'node:child_process'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { owned } from '../support/children.ts'
import { openPool, type Pool, type PoolFailure } from '../../src/study/pool.ts'

const entry = new URL('../support/toy.mjs', import.meta.url)

type Task = {
  readonly number: number
  readonly dies?: boolean
  readonly waits?: boolean
  readonly throws?: boolean
  readonly notes?: readonly string[]
}
type Answer = { readonly number: number; readonly square: number; readonly pid: number }

let pool: Pool<Task, number, Answer> | undefined
const open = (jobs: number): Pool<Task, number, Answer> =>
  (pool = openPool({ entry, jobs, env: process.env }))

afterEach(() => pool?.close())

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Resolves when a process is gone, or is only waiting for its parent to hear of it. */
const gone = async (pid: number): Promise<void> => {
  while (lives(pid)) await new Promise(resolve => setTimeout(resolve, 10))
}

describe('a pool', () => {
  it('does every task once, in at most N children, each of which does many', async () => {
    const { run } = open(2)
    const numbers = Array.from({ length: 20 }, (_, number) => number)
    const answers = await Promise.all(numbers.map(number => run({ number })()))
    const done = answers.flatMap(answer => (E.isRight(answer) ? [answer.right] : []))
    expect(done.map(({ square }) => square)).toEqual(numbers.map(number => number ** 2))
    expect(new Set(done.map(({ pid }) => pid)).size).toBeLessThanOrEqual(2)
  })

  it('passes progress on, and reuses an idle child', async () => {
    const { run } = open(2)
    const pids: number[] = []
    const first = await run({ number: 3 }, pid => pids.push(pid))()
    const second = await run({ number: 4 }, pid => pids.push(pid))()
    expect(E.isRight(first) && first.right.pid).toBe(pids[0])
    expect(E.isRight(second) && second.right).toEqual({ number: 4, square: 16, pid: pids[0] })
  })

  it('passes each different notice on once, whichever child it comes from', async () => {
    const notices: string[] = []
    pool = openPool({ entry, jobs: 2, env: process.env, onNotice: line => notices.push(line) })
    const { run } = pool
    await Promise.all([
      run({ number: 1, notes: ['slow', 'slow'] })(),
      run({ number: 2, notes: ['slow', 'odd'] })(),
      run({ number: 3, notes: ['odd'] })(),
    ])
    expect(notices.toSorted()).toEqual(['odd', 'slow'])
  })

  it('loses nothing when children are killed at any task', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(7), { maxLength: 3 }),
        fc.integer({ min: 1, max: 2 }),
        async (victims, jobs) => {
          const { run, close } = open(jobs)
          const killed = new Set<number>()
          const answers = await Promise.all(
            Array.from({ length: 8 }, (_, number) =>
              run({ number }, pid => {
                if (!victims.includes(number) || killed.has(number)) return
                killed.add(number)
                process.kill(pid, 'SIGKILL')
              })(),
            ),
          )
          close()
          expect(answers.map(answer => E.isRight(answer) && answer.right.number)).toEqual(
            Array.from({ length: 8 }, (_, number) => number),
          )
          expect(killed.size).toBe(victims.length)
        },
      ),
      { numRuns: 3 },
    )
  })

  it('sets a task aside when three children have died of it, and continues with the others', async () => {
    const { run } = open(1)
    const pids = new Set<number>()
    const [deadly, harmless] = await Promise.all([
      run({ number: 7, dies: true }, pid => pids.add(pid))(),
      run({ number: 8 })(),
    ])
    expect(deadly).toEqual(E.left({ kind: 'lost', why: 'SIGKILL: task 7 has ended me', signal: 'SIGKILL' }))
    expect(pids.size).toBe(3)
    expect(E.isRight(harmless) && harmless.right.square).toBe(64)
  })

  it('says what the children died of when they do not even start', async () => {
    pool = openPool({ entry: new URL('none.mjs', import.meta.url), jobs: 1, env: process.env })
    const end = await pool.run({ number: 1 })()
    expect(E.isLeft(end) && end.left).toMatchObject({ kind: 'lost', signal: undefined })
    expect(JSON.stringify(end)).toMatch(/exit code 1: .*none\.mjs/)
  })

  it('does not try again what throws', async () => {
    const { run } = open(1)
    const end = await run({ number: 5, throws: true })()
    expect(E.isLeft(end) && end.left).toMatchObject({ kind: 'threw' })
    expect(E.isRight(await run({ number: 6 })())).toBe(true)
  })

  it('closed, ends its children at once and all that was asked of it', async () => {
    const { run, close } = open(2)
    const closed: E.Either<PoolFailure, Answer> = E.left({ kind: 'closed' })
    const pids: number[] = []
    const both = new Promise<void>(resolve => {
      const ends = [1, 2, 3].map(number =>
        run({ number, waits: true }, pid => {
          pids.push(pid)
          if (pids.length === 2) resolve()
        })(),
      )
      void Promise.all(ends).then(all => expect(all).toEqual([closed, closed, closed]))
    })
    await both
    close()
    expect(await run({ number: 4 })()).toEqual(closed)
    await Promise.all(pids.map(gone))
  })
})

describe('the children of a pool', () => {
  /** A process with a pool of two children that are at work for ever; their numbers come on its standard output. */
  const parent = () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', PARENT], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    owned(child)
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    const pidsOf = (count: number): Promise<readonly number[]> =>
      new Promise(resolve => {
        const look = (): void => {
          const lines = out.split('\n').slice(0, -1)
          if (lines.length >= count) resolve(lines.map(Number))
        }
        child.stdout.on('data', look)
        look()
      })
    const ended = new Promise<string>(resolve => child.on('close', () => resolve(err)))
    return { pid: child.pid!, pidsOf, ended }
  }

  const PARENT = `
    import { load } from ${JSON.stringify(new URL('../../scripts/load.mjs', import.meta.url).href)}
    const { openPool } = await load('src/study/pool.ts')
    const { run } = openPool({ entry: ${JSON.stringify(entry.pathname)}, jobs: 2, env: process.env })
    for (const number of [1, 2]) run({ number, waits: true }, pid => console.log(pid))()
    process.on('SIGINT', () => process.exit(130))
  `

  it('end when the parent is killed', async () => {
    const { pid, pidsOf, ended } = parent()
    const children = await pidsOf(2)
    expect(children.every(lives)).toBe(true)
    process.kill(pid, 'SIGKILL')
    await Promise.all(children.map(gone))
    expect(await ended).toBe('')
  })

  it('leave Ctrl-C to the parent, and say nothing', async () => {
    const { pid, pidsOf, ended } = parent()
    const children = await pidsOf(2)
    for (const child of children) {
      process.kill(child, 'SIGINT')
      process.kill(child, 'SIGUSR2')
    }
    // a child that had died would have been replaced by another process
    expect(new Set(await pidsOf(4))).toEqual(new Set(children))
    // as a terminal does it: to the whole group
    process.kill(-pid, 'SIGINT')
    expect(await ended).toBe('')
    await Promise.all(children.map(gone))
  })
})
