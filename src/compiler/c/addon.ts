/**
 * From the text of a C program to an addon that is loaded. What was compiled is kept in a private folder, so that the
 * same program is compiled once on a machine.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { cpus } from 'node:os'
import { delimiter, join } from 'node:path'
import { CompileError } from '../../core/scan.ts'

/** A compiler, and a text that changes when it or the processor does. */
export type CCompiler = { readonly path: string; readonly identity: string }

type Args = readonly [memory: ArrayBufferLike, start: number, ...rowsAndCount: number[]]

/**
 * The addon of a module: a function that runs the steps, and returns whether all of them ran; undefined where the system
 * does not start its threads.
 */
export type Run = {
  (...args: Args): boolean | undefined
  /**
   * Begins to run them in a thread of its own. What it returns waits for their end, and is called once; undefined where the system does not
   * start it.
   */
  readonly begin: (...args: Args) => (() => boolean) | undefined
}

/** Two roundings for a b + c, as in WebAssembly: nothing here may change the bits of a result. */
const FLAGS = [
  ...['-O2', '-march=native', '-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math', '-fwrapv'],
  ...['-std=gnu11', '-shared', '-fPIC', '-pthread', '-w'],
  ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
]

const NAMES = ['cc', 'gcc', 'clang']

/** A compilation takes a second; one that takes so long, in milliseconds, never ends. */
const LONGEST = 120_000

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * The first of cc, gcc and clang in the folders of PATH.
 *
 * @throws CompileError where there is none, or where addons cannot be compiled in this way
 */
export const findCCompiler = (searchPath: string): CCompiler => {
  if (process.platform === 'win32')
    throw new CompileError('the C engine does not run on Windows: use --engine wasm')
  const folders = searchPath.split(delimiter).filter(folder => folder !== '')
  const path = NAMES.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable)
  if (path === undefined)
    throw new CompileError(
      `the C engine needs a C compiler, and there is no ${NAMES.join(', ')} in PATH: install gcc or clang, or use --engine wasm`,
    )
  const real = realpathSync(path)
  const { size, mtimeMs } = statSync(real)
  const processor = cpus().at(0)?.model ?? ''
  return { path, identity: [real, size, mtimeMs, process.arch, processor, ...FLAGS].join(' ') }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Whether nobody else can have written it: it belongs to this user, and no other may write to it. */
const isOwn = (path: string): boolean => {
  const { mode, uid } = lstatSync(path)
  return uid === process.getuid?.() && (mode & 0o022) === 0
}

/** Makes the folder, which nobody else can write to. */
const openFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new CompileError(`the folder of compiled programs cannot be made: ${reasonOf(error)}`, {
      cause: error,
    })
  }
  if (!lstatSync(folder).isDirectory() || !isOwn(folder))
    throw new CompileError(
      `${folder} holds programs that this process would run, and others can write to it: remove it, or use --engine wasm`,
    )
}

const TEMPORARY = '.tmp-'

/** A compilation that was killed leaves its folder behind; after an hour, in milliseconds, it is removed. */
const STALE = 3_600_000

const sweep = (folder: string): void => {
  for (const name of readdirSync(folder).filter(entry => entry.startsWith(TEMPORARY))) {
    const path = join(folder, name)
    try {
      if (Date.now() - statSync(path).mtimeMs > STALE) rmSync(path, { recursive: true, force: true })
    } catch {
      // another process has removed it
    }
  }
}

/** Compiles in a temporary folder, and moves the complete addon to its place. */
const compileTo = (target: string, folder: string, source: string, { path }: CCompiler): void => {
  sweep(folder)
  let own: string | undefined
  try {
    own = mkdtempSync(join(folder, TEMPORARY))
    const [text, addon] = [join(own, 'program.c'), join(own, 'program.node')]
    writeFileSync(text, source, { mode: 0o600 })
    const { error, status, signal, stderr } = spawnSync(path, [...FLAGS, text, '-o', addon], {
      encoding: 'utf8',
      timeout: LONGEST,
    })
    if (error !== undefined) throw error
    if (status !== 0)
      throw new Error(
        stderr.split('\n').find(line => /error|fatal/i.test(line)) ??
          (signal === null ? `exit code ${status}` : `ended by ${signal}`),
      )
    renameSync(addon, target)
  } catch (error) {
    throw new CompileError(`${path} could not compile the step: ${reasonOf(error)}`, { cause: error })
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true })
  }
}

const load = (path: string): Run => {
  const module: { exports: unknown } = { exports: {} }
  try {
    process.dlopen(module, path)
  } catch (error) {
    throw new CompileError(`the compiled step does not load: ${reasonOf(error)}`, { cause: error })
  }
  return module.exports as Run
}

const isReady = (path: string): boolean => {
  try {
    return lstatSync(path).isFile() && isOwn(path)
  } catch {
    return false
  }
}

/**
 * The function of a program's text: loaded from the folder, or compiled to it first.
 *
 * @throws CompileError with the reason, where it cannot be compiled or loaded
 */
export const addonOf = (source: string, folder: string, compiler: CCompiler): Run => {
  openFolder(folder)
  const hash = createHash('sha256').update(`${compiler.identity}\n${source}`).digest('hex')
  const path = join(folder, `${hash}.node`)
  if (isReady(path)) {
    try {
      return load(path)
    } catch {
      // it is not whole: compile it again
    }
  }
  compileTo(path, folder, source, compiler)
  return load(path)
}
