/**
 * The real command line, as a process to which something happens: it is killed at a time, at a word or at a file
 * operation, is sent a signal, or finds a disk that is full.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, relative } from 'node:path'
import { expect } from 'vitest'
import { isLeftover } from '../../src/runs/run-folder.ts'
import { key, normalNumbers, permutation } from '../../src/core/rng.ts'
import { builtFile } from './built.ts'
import { owned } from './children.ts'
import { start, type Result, type Running } from './cli.ts'
import { pairs, type Pair } from './engines.ts'

export type Harm = {
  /** Once it has said this… */
  readonly when?: string
  /** …or after this many milliseconds… */
  readonly after?: number
  /** …it is sent this; SIGKILL where nothing else is said. */
  readonly signal?: NodeJS.Signals
  /** Such as `kill:7`, `after:7` or `ENOSPC:7`: what becomes of the seventh operation on files in the run's folder. */
  readonly sabotage?: string
  /** What a shell does before, such as `ulimit -f 8; exec "$@"`. */
  readonly shell?: string
  readonly env?: NodeJS.ProcessEnv
}

const SABOTAGE = new URL('./sabotage.mjs', import.meta.url).href

/** A command line, and what happens to it. */
export const harmed = async (
  args: readonly string[],
  { when, after, signal = 'SIGKILL', sabotage, shell, env }: Harm,
): Promise<Result> => {
  const inFolder = args[args.findIndex(arg => ['--out', '--resume'].includes(arg)) + 1]
  const saboteur =
    sabotage === undefined
      ? {}
      : { NODE_OPTIONS: `--import ${SABOTAGE}`, SABOTAGE: sabotage, SABOTAGE_IN: inFolder }
  const running = start(args, { ...saboteur, ...env }, shell)
  if (when !== undefined) await running.said(when)
  if (after !== undefined) await passed(running, after)
  if (when !== undefined || after !== undefined) running.signal(signal)
  return running.result
}

/** So many milliseconds, or less if the process ends before. */
const passed = (running: Running, milliseconds: number): Promise<unknown> => {
  let timer: NodeJS.Timeout | undefined
  const time = new Promise(resolve => (timer = setTimeout(resolve, milliseconds)))
  return Promise.race([time, running.result]).finally(() => clearTimeout(timer))
}

/** A backend and an engine, as flags. */
export type Machine = Pick<Pair, 'needs'> & {
  readonly name: string
  readonly flags: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

export const machines: readonly Machine[] = pairs
  .filter(({ backend, engine }) => backend !== 'wasm' || engine !== 'eager')
  .map(({ backend, engine, needs }) => ({
    name: `${backend}, ${engine}`,
    flags: ['--backend', backend, '--engine', engine],
    env: backend === 'native' ? { NETWORK2_NATIVE: undefined } : {},
    needs,
  }))

/** So many examples of twelve numbers and five classes, and the file that has them. */
export const dataOf = async (folder: string, n: number): Promise<string> => {
  const part = (seed: number, size: number) => {
    const numbers = normalNumbers(key(seed), 12 * size)
    const inputs = Array.from({ length: size }, (_, i) =>
      [...numbers.slice(12 * i, 12 * (i + 1))].map(x => Math.round(64 * x) / 64),
    )
    return { inputs, labels: inputs.map(row => row.slice(0, 5).indexOf(Math.max(...row.slice(0, 5)))) }
  }
  const path = join(folder, 'data.json')
  await writeFile(path, JSON.stringify({ training: part(1, n), test: part(2, 200) }))
  return path
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** The numbers of a checkpoint: what follows its header, whatever that says. */
const weightsIn = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)))

const TIMES = /"(seconds|observingSeconds)": ?[^,}\n]+/g

/** What a run has left, but for the times: hashes of all that must be equal, and the names of its files. */
export const leftBy = async (folder: string): Promise<Readonly<Record<string, unknown>>> => {
  const bytes = (name: string): Promise<Uint8Array> => readFile(join(folder, name))
  const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  return {
    last: sha256(weightsIn(await bytes('checkpoints/last.safetensors'))),
    best: sha256(weightsIn(await bytes('checkpoints/best.safetensors'))),
    model: sha256(await text('model.json')),
    metrics: (await text('metrics.jsonl')).replace(TIMES, ''),
    csv: (await text('metrics.csv')).replace(/(,[^,\n]*){2}$/gm, ''),
    result: (await text('result.json')).replace(TIMES, ''),
    names: await tree(folder),
  }
}

/** The paths of all files in a folder and those below it. */
export const tree = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

/** So many moments between two, the same ones with the same seed. */
export const moments = (seed: number, n: number, from: number, to: number): readonly number[] =>
  [...permutation(key(seed), 1000).slice(0, n)].map(x => Math.round(from + (x / 1000) * (to - from)))

/** A run of some seconds, what it leaves when nothing happens to it, and a folder for the same run with trouble. */
export const prepared = async (
  folder: string,
  n: number,
  epochs: number,
  flags: readonly string[],
  env?: NodeJS.ProcessEnv,
) => {
  const data = await dataOf(folder, n)
  const args = ['train', '--data', data, '--sizes', '12,8,5', '--epochs', String(epochs), '--json', ...flags]
  const began = performance.now()
  const { code, err } = await start([...args, '--out', join(folder, 'whole')], env).result
  if (code !== 0) throw new Error(err)
  return {
    args: (out: string) => [...args, '--out', out],
    whole: await leftBy(join(folder, 'whole')),
    milliseconds: performance.now() - began,
    run: join(folder, 'run'),
  }
}

/** Goes on with a run, or begins it where it has not begun, as a person would. */
export const goOn = async (args: readonly string[], out: string, harm: Harm = {}): Promise<Result> => {
  const hasBegun = (await tree(out).catch((): readonly string[] => [])).includes('config.json')
  return harmed(hasBegun ? ['train', '--json', '--resume', out] : args, harm)
}

/** The command line of a process that saves a file many times. */
export const saver = (file: string, times: number): readonly string[] => [
  ...[process.execPath, builtFile('test/support/saver.ts')],
  ...[file, String(times)],
]

/** Kills a process while it saves, many times, and asserts that the file is complete each time. */
export const killedWhileSaving = async (folder: string, times: number): Promise<void> => {
  const target = join(folder, 'last.safetensors')
  for (const moment of moments(times, times, 0, 40)) {
    const [program, ...args] = saver(target, 1e9)
    const child = owned(spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
    const closed = once(child, 'close')
    await once(child.stdout, 'data')
    await new Promise(resolve => setTimeout(resolve, moment))
    child.kill('SIGKILL')
    await closed
    const bytes = await readFile(target)
    expect(bytes.length).toBe(200_000)
    expect(bytes.every(byte => byte === bytes[0])).toBe(true)
    const others = (await readdir(folder)).filter(name => name !== 'last.safetensors')
    expect(others.every(isLeftover)).toBe(true)
  }
}

/** So many processes at once on one folder: asserts that one runs, and that the others name it and leave. */
export const contest = async (folder: string, contestants: number): Promise<void> => {
  const out = join(folder, 'run')
  const data = await dataOf(folder, 3000)
  const flags = ['--data', data, '--sizes', '12,8,5', '--backend', 'cpu', '--epochs', '1000000', '--json']
  const ended: Result[] = []
  const all = Array.from({ length: contestants }, () => start(['train', ...flags, '--out', out]))
  await new Promise<void>(resolve => {
    for (const { result } of all)
      void result.then(one => {
        ended.push(one)
        // the winner would never end by itself
        if (ended.length === contestants - 1) for (const running of all) running.signal('SIGTERM')
        if (ended.length === contestants) resolve()
      })
  })
  const winner = ended.at(-1)!
  expect(winner.code).toBe(143)
  for (const loser of ended.slice(0, -1)) {
    expect(loser.code).toBe(6)
    expect(loser.err).toMatch(new RegExp(`${out} is in use by process \\d+ on ${hostname()}`))
    expect(loser.out).toBe('')
  }
}
