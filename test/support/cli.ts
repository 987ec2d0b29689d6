/**
 * The command line as a separate process, and temporary folders to run it in.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { owned } from './children.ts'

const RUN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url))

export type Result = { readonly code: number | null; readonly out: string; readonly err: string }

export type Running = {
  readonly result: Promise<Result>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Resolves when standard output or standard error has said this. */
  readonly said: (words: string) => Promise<void>
  readonly closeOut: () => void
}

/**
 * Starts a command line, such as `['train', '--epochs', '1']`: without the native backend, and without a folder for
 * the run, unless it asks for them.
 *
 * @param shell what a shell does, where `exec "$@"` is the program itself: such as `ulimit -f 8; exec "$@"`
 */
export const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}, shell?: string): Running => {
  const line = [process.execPath, RUN, ...args]
  const [program, ...rest] = shell === undefined ? line : ['bash', '-c', shell, 'bash', ...line]
  const child = owned(
    spawn(program!, rest, {
      env: { ...process.env, NETWORK2_NATIVE: 'off', NETWORK2_OUT: 'none', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  const texts = { out: '', err: '' }
  const waiting: { readonly words: string; readonly resolve: () => void }[] = []
  for (const [name, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const)
    stream.on('data', (chunk: Buffer) => {
      texts[name] += chunk.toString()
      for (const { words, resolve } of waiting) if ((texts.out + texts.err).includes(words)) resolve()
    })
  const result = new Promise<Result>(resolve => {
    child.on('close', code => {
      for (const one of waiting) one.resolve()
      resolve({ code, ...texts })
    })
  })
  return {
    result,
    signal: signal => void child.kill(signal),
    said: words =>
      new Promise(resolve => {
        if ((texts.out + texts.err).includes(words)) resolve()
        else waiting.push({ words, resolve })
      }),
    closeOut: () => void child.stdout.destroy(),
  }
}

export const cli = (args: readonly string[], env?: NodeJS.ProcessEnv, shell?: string): Promise<Result> =>
  start(args, env, shell).result

/** The objects that a text of JSON lines has, such as what `--json` prints, or a journal. */
export const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)

/** Gives `use` an empty folder, and removes it afterwards. */
export const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = await mkdtemp(join(tmpdir(), 'network2-test-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
