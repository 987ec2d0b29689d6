/**
 * What must be there before a command can run: the packages, and the record of how the native backend went.
 * Uses nothing but Node, because there may be nothing else yet.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runChild } from './child.mjs'
import { inTurn } from './turn.mjs'

/** A line about the work, on standard error: standard output belongs to the result. */
export const say = line => void process.stderr.write(`${line}\n`)

const readJson = file => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

const recordOf = root => join(root, 'node_modules', '.package-lock.json')

/**
 * Are the packages of the lockfile installed? npm itself keeps the record: the lockfile inside node_modules is
 * the last thing that an installation writes. What is optional may be absent (it is for another platform).
 */
export const packagesAreThere = root => {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages
  const installed = readJson(recordOf(root))?.packages
  if (wanted === undefined || installed === undefined) return false
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true
    const found = installed[path]
    return found === undefined
      ? optional === true
      : found.version === version && found.integrity === integrity
  })
}

/** Some versions of npm leave the record there while they replace what it speaks of. */
const forget = root => {
  try {
    rmSync(recordOf(root), { force: true })
  } catch {
    // What cannot be removed cannot be installed either, and npm will say so.
    return
  }
}

/** The npm that runs us, else the one on the path. */
const npm = env =>
  /^npm-cli\.[cm]?js$/.test(basename(env.npm_execpath ?? ''))
    ? { command: process.execPath, first: [env.npm_execpath] }
    : { command: 'npm', first: [], shell: process.platform === 'win32' }

/** What npm complains of, in one line: its code, and the first line that is a sentence. */
const complaint = ({ err, missing, signal }) => {
  if (missing) return 'npm was not found'
  if (signal !== undefined) return `npm was ended by ${signal}`
  const lines = err.split('\n').flatMap(line => /^npm (?:error|ERR!)\s+(.+)/.exec(line)?.[1] ?? [])
  const code = lines.flatMap(line => /^code (\w+)/.exec(line)?.[1] ?? [])[0]
  const first = lines.find(line => /\s/.test(line) && !/^(code|errno|syscall|path) /.test(line))
  return [code, first?.slice(0, 200)].filter(part => part !== undefined).join(': ') || 'npm said nothing more'
}

/**
 * Installs the packages of the lockfile unless they are there.
 *
 * @returns nothing, or the sentence that says why not and what would help
 */
export const setUpPackages = async ({ root, env }) => {
  if (packagesAreThere(root)) return undefined
  const waiting = () => say('Waiting for another set-up of this folder …')
  return inTurn(`packages of ${root}`, waiting, async () => {
    if (packagesAreThere(root)) return undefined
    say('Installing packages (npm ci) …')
    forget(root)
    const { command, first, shell } = npm(env)
    const result = await runChild(command, [...first, 'ci', '--ignore-scripts', '--include=dev'], {
      cwd: root,
      env,
      shell,
    })
    return result.code === 0
      ? undefined
      : `network2: the packages could not be installed (${complaint(result)}); with a network, or a registry that npm can reach, run the same command again`
  })
}

/** Changes when the way to the native backend does, so that what an older way left is tried again. */
const RECIPE = 1

const stateFile = root => join(root, 'node_modules', '.network2', 'native.json')

/**
 * How the native backend went: `{ status: 'ready', source, libtensorflow, addon, library }` or
 * `{ status: 'failed', reason, remedy }`; nothing if it was not tried, or if what was ready is gone.
 */
export const readNativeState = root => {
  const state = readJson(stateFile(root))
  if (state?.recipe !== RECIPE) return undefined
  const gone = path => statSync(path, { throwIfNoEntry: false }) === undefined
  return state.status === 'ready' && [state.addon, state.library].some(gone) ? undefined : state
}

/** Writes a file as a whole or not at all. */
export const writeWhole = (file, text) => {
  const temporary = `${file}.${process.pid}.tmp`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(temporary, text)
  renameSync(temporary, file)
}

/** Remembers how it went. A folder that cannot be written remembers nothing, and the next run tries again. */
export const writeNativeState = (root, state) => {
  try {
    writeWhole(stateFile(root), `${JSON.stringify({ recipe: RECIPE, ...state }, null, 2)}\n`)
  } catch {
    return
  }
}

/** Does this command line want the native backend, as far as one can tell before it is decoded? */
export const wantsNative = (args, env) => {
  if (env.NETWORK2_NATIVE === 'off') return false
  const named = args.flatMap((arg, i) =>
    arg === '--backend'
      ? [args[i + 1]]
      : arg.startsWith('--backend=')
        ? [arg.slice('--backend='.length)]
        : [],
  )
  return !args.includes('--help') && !named.some(name => name === 'wasm' || name === 'cpu')
}

/**
 * Makes sure that the native backend was tried, once.
 *
 * @param again look again, whatever is remembered
 * @param how what `installNative` should do otherwise than by default
 * @returns how it went, as `readNativeState` gives it
 */
export const setUpNative = async ({ root, env, again = false, how = {} }) => {
  const known = () => (again ? undefined : readNativeState(root))
  const before = known()
  if (before !== undefined) return before
  const { cacheFolder, installNative } = await import('./native.mjs')
  const cache = cacheFolder(env)
  const waiting = () => say('Waiting for another set-up of the native backend …')
  return inTurn(`native backend in ${cache}`, waiting, async () => {
    const meanwhile = known()
    if (meanwhile !== undefined) return meanwhile
    const state = await installNative({ root, env, cache, say, ...how })
    writeNativeState(root, state)
    return state
  })
}
