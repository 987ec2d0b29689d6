/**
 * What some tests need and a machine may lack, such as a browser:
 *
 *     describe.skipIf(redis.isMissing)('a queue', redis.why, () => { … })
 *
 * The reason of a skip is metadata of the test; test/support/skips.ts prints it under the summary.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- only interfaces merge
  interface TaskMeta {
    skipped?: string
  }
}

export type Need = {
  readonly isMissing: boolean
  /** Options of the tests that need it: the reason of the skip, where it is missing. */
  readonly why: { readonly meta?: { readonly skipped: string } }
}

/** @param missing what to say where it is not there: what is missing, and how to get it */
export const need = (isThere: boolean, missing: string): Need => ({
  isMissing: !isThere,
  why: isThere ? {} : { meta: { skipped: missing } },
})

/** The same, for what CI installs: there, its absence is an error. */
export const needInCi = (isThere: boolean, missing: string): Need => {
  if (!isThere && process.env.CI === 'true' && process.platform === 'linux') throw new Error(missing)
  return need(isThere, missing)
}

export const linux = need(process.platform === 'linux', 'this is not Linux')

export const linuxX64 = need(
  process.platform === 'linux' && process.arch === 'x64',
  'the native backend cannot be installed: this is not linux-x64',
)

/** A terminal for a process: `script` gives it one. */
export const terminal = need(
  process.platform === 'linux' && spawnSync('script', ['--version']).status === 0,
  'there is no `script` (util-linux), which gives a test a terminal',
)

const addon = new URL(
  '../../node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node',
  import.meta.url,
)

/** TensorFlow's own library. */
export const native = need(
  existsSync(fileURLToPath(addon)),
  'the native backend is not installed (npm run setup -- native)',
)

/** Where MNIST's files are, if the machine has them. */
export const mnistDir = process.env.MNIST_DIR ?? ''

export const mnistFiles = need(mnistDir !== '', 'MNIST_DIR does not name a folder with the files of MNIST')

/** Where the files of the book's figures are, if the machine has them. */
export const bookDir = process.env.BOOK_DIR ?? ''

export const bookFiles = need(bookDir !== '', "BOOK_DIR does not name a folder with the book's figures")

/** The other compiler for which the C engine writes. */
export const clang = need(
  spawnSync('clang', ['--version']).status === 0,
  'there is no clang, with which the C engine must give the same bytes, too',
)

/** A C compiler. */
export const cCompiler = need(
  process.platform !== 'win32' &&
    ['cc', 'gcc', 'clang'].some(name => spawnSync(name, ['--version']).status === 0),
  'there is no C compiler (cc, gcc or clang) in PATH',
)
