/**
 * A large study of cheap trials (`npm run large-study -- [TRIALS]`), whose parts are killed with SIGKILL: the parent and the
 * processes of its pool; then the parent, two workers and Redis. In the end every trial must be in the journal exactly once,
 * with the result of the study that nobody disturbed.
 *
 * A trial is a real training of a network with 6 inputs and 90 examples. Needs Linux (/proc) and redis-server.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { decodeTrialResult } from '../src/study/decode-trial.ts'
import { openJournal, type StudyIdentity } from '../src/study/journal.ts'
import type { TrialResult } from '../src/study/trial.ts'
import { smallStudy, writeClouds } from '../test/support/studies.ts'
import { localRedis } from './local-redis.ts'
import { root } from './package.mjs'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** Each arm of a search has 40 trials (30 configurations, then 10) and 10 final runs. */
const SEARCH = { flags: { budget: 60, epochs: 3, seeds: 10 }, trials: 100 }

/** How often each victim is killed. */
const KILLS = 3

type Process = { readonly child: ChildProcess; readonly ended: Promise<number | null> }

const running = new Set<ChildProcess>()

/** @param errors what becomes of its standard error */
const command = (args: readonly string[], errors: 'ignore' | 'pipe' = 'ignore'): Process => {
  const child = spawn(process.execPath, [join(root, 'scripts', 'run.mjs'), ...args], {
    stdio: ['ignore', 'ignore', errors],
  })
  running.add(child)
  return {
    child,
    ended: new Promise(resolve =>
      child.once('close', code => {
        running.delete(child)
        resolve(code)
      }),
    ),
  }
}

/** The largest resident memory of a process so far, in bytes; 0 if it is gone. */
const peakOf = (pid: number): number => {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** The children of a process. */
const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

/** Counts the lines of a file as it grows. */
const lineCounter = (file: string): (() => number) => {
  let [read, lines] = [0, 0]
  return () => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (size <= read) return lines
    const bytes = Buffer.alloc(size - read)
    const descriptor = openSync(file, 'r')
    readSync(descriptor, bytes, 0, bytes.length, read)
    closeSync(descriptor)
    read = size
    for (const byte of bytes) if (byte === 10) lines++
    return lines
  }
}

type Actor = { readonly name: string; readonly kill: () => Promise<void> | void }

type Watched = { readonly seconds: number; readonly peak: number; readonly kills: number }

/** Runs a study to its end. The actors are killed in turn, evenly over the trials; a parent that is gone is started again. */
const runStudy = async (
  study: readonly string[],
  folder: string,
  trials: number,
  actorsOf: (parent: () => Process) => readonly Actor[],
): Promise<Watched> => {
  const began = performance.now()
  const lines = lineCounter(join(folder, 'journal.jsonl'))
  let parent = command(study)
  let peak = 0
  const actors = actorsOf(() => parent)
  const victims = Array.from({ length: KILLS }, () => actors).flat()
  let kills = 0
  for (;;) {
    const code = await Promise.race([
      parent.ended.then(code => ({ code })),
      new Promise<undefined>(resolve => void setTimeout(() => resolve(undefined), 100)),
    ])
    if (code?.code === 0) break
    if (code?.code != null) throw new Error(`the study ended with exit code ${code.code}: ${study.join(' ')}`)
    if (code !== undefined) parent = command(study)
    peak = Math.max(peak, peakOf(parent.child.pid!))
    if (kills < victims.length && lines() > ((kills + 1) * trials) / (victims.length + 1))
      await victims[kills++]!.kill()
  }
  return { seconds: (performance.now() - began) / 1000, peak, kills }
}

const secondsSince = (began: number): string => `${((performance.now() - began) / 1000).toFixed(2)} s`

/** Runs a command to its end, and says how long it took; and, if `sign` is given, when its log said that. */
const reportCommand = async (what: string, args: readonly string[], sign?: string): Promise<void> => {
  const began = performance.now()
  const { child, ended } = command(args, 'pipe')
  let seen: string | undefined
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (sign !== undefined && text.includes(sign)) seen ??= secondsSince(began)
  })
  const code = await ended
  if (code !== 0) throw new Error(`exit code ${String(code)}: ${args.join(' ')}`)
  if (sign !== undefined && seen === undefined) throw new Error(`it did not say ${sign}: ${args.join(' ')}`)
  print(`  ${what}: ${secondsSince(began)}${seen === undefined ? '' : `; "${sign}" after ${seen}`}`)
}

/** Says how long it takes to read the journal of a study that is done, in each way. */
const reportReading = async (folder: string, study: readonly string[]): Promise<void> => {
  const file = join(folder, 'journal.jsonl')
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const withoutLast = `${lines.slice(0, -1).join('\n')}\n`
  const { settings } = JSON.parse(lines[0]!) as { readonly settings: StudyIdentity }
  const last = JSON.parse(lines.at(-1)!) as TrialResult

  writeFileSync(file, withoutLast)
  const opening = performance.now()
  const journal = openJournal(file, settings, decodeTrialResult)()
  print(`  open the journal: ${secondsSince(opening)}`)
  if (E.isLeft(journal)) throw new Error(journal.left.message)
  const appending = performance.now()
  const appended = journal.right.append(last)()
  print(`  append a result: ${secondsSince(appending)}`)
  if (E.isLeft(appended)) throw new Error(appended.left.message)
  journal.right.close()

  writeFileSync(file, withoutLast)
  await reportCommand('the same command, one trial missing, with the report', study, 'Continuing in')
  await reportCommand('the same command, none missing, with the report', study)
  await reportCommand('study show', ['study', 'show', folder])
}

/** The lines of a journal without the durations, sorted, after the first. */
const resultsIn = (folder: string): readonly string[] =>
  readFileSync(join(folder, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.replace(/"seconds":[^,}]*/, ''))
    .sort()

const killParent = (parent: () => Process): Actor => ({
  name: 'parent',
  kill: () => void parent().child.kill('SIGKILL'),
})

const killChild = (parent: () => Process): Actor => ({
  name: 'process of the pool',
  kill: () => {
    const [child] = childrenOf(parent().child.pid!)
    if (child !== undefined) process.kill(child, 'SIGKILL')
  },
})

const report = (
  what: string,
  folder: string,
  { seconds, peak, kills }: Watched,
  expected?: readonly string[],
): void => {
  const found = resultsIn(folder)
  const size = statSync(join(folder, 'journal.jsonl')).size
  print(
    `${what}: ${found.length} trials in ${seconds.toFixed(0)} s, ${kills} kills; the parent takes up to ` +
      `${(peak / 1e6).toFixed(0)} MB; journal ${(size / 1e6).toFixed(1)} MB`,
  )
  const ids = new Set(found.map(line => /"id":"(\w+)"/.exec(line)?.[1]))
  if (ids.size !== found.length) throw new Error(`${found.length - ids.size} trials are in the journal twice`)
  if (expected === undefined) return
  if (found.join('\n') !== expected.join('\n')) throw new Error('the results are not those without kills')
  print('  every trial is there once, with the result of the study without kills')
}

const searches = Math.max(3, Math.round(Number(process.argv[2] ?? 20_000) / SEARCH.trials))
const trials = searches * SEARCH.trials
const folder = await mkdtemp(join(tmpdir(), 'network2-large-study-'))
try {
  const data = await writeClouds(folder)
  const studyIn = (out: string, more: readonly string[]): readonly string[] => [
    ...smallStudy(data, out, { ...SEARCH.flags, looks: searches, delta: 0.001 }),
    ...more,
  ]
  const [plain, pool, queue] = ['plain', 'pool', 'queue'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  print(`${trials} trials: ${searches} searches of each arm, two processes`)
  report('local pool', plain, await runStudy(studyIn(plain, []), plain, trials, () => []))
  await reportReading(plain, studyIn(plain, []))
  const expected = resultsIn(plain)
  report(
    'local pool, killed',
    pool,
    await runStudy(studyIn(pool, []), pool, trials, parent => [killParent(parent), killChild(parent)]),
    expected,
  )
  const store = join(folder, 'redis')
  mkdirSync(store)
  const redis = await localRedis(store)
  await redis.start()
  const url = `redis://127.0.0.1:${redis.port}`
  const begin = (): Process =>
    command(['worker', '--queue', url, '--data', data, '--jobs', '1', '--patience', '2'])
  const workers = [begin(), begin()]
  report(
    'Redis with two workers, killed',
    queue,
    await runStudy(studyIn(queue, ['--queue', url]), queue, trials, parent => [
      killParent(parent),
      {
        name: 'worker',
        kill: () => {
          workers.shift()!.child.kill('SIGKILL')
          workers.push(begin())
        },
      },
      {
        name: 'redis-server',
        kill: async () => {
          await redis.kill()
          await redis.start()
        },
      },
    ]),
    expected,
  )
  await redis.kill()
} finally {
  for (const child of running) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
}
