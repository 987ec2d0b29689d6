/**
 * Installs what a command needs: the packages and, where it is asked for, the native backend.
 * Uses only Node, because nothing else may be installed yet.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import { runChild } from './child.mjs'
import { nativeRecord } from './package.mjs'
import { say } from './say.mjs'
import { inTurn } from './turn.mjs'

const readJson = file => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

const recordOf = root => join(root, 'node_modules', '.package-lock.json')

/**
 * Whether the packages of the lockfile are installed, by the record that npm writes into node_modules at the end of an
 * installation. An optional package may be missing: it is for another platform.
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

/** npm retries a download twice by default, and waits up to a minute before each. */
const INSTALL = [
  ...['ci', '--ignore-scripts', '--include=dev', '--prefer-offline', '--no-audit', '--no-fund'],
  ...['--fetch-retries=1', '--fetch-retry-mintimeout=1000'],
]

/** Removes npm's record: some versions of npm leave it in place while they replace the packages. */
const forget = root => {
  try {
    rmSync(recordOf(root), { force: true })
  } catch {
    // npm reports the same failure when it installs.
    return
  }
}

/** The npm that started this command, otherwise the one on the path. */
const npm = env =>
  /^npm-cli\.[cm]?js$/.test(basename(env.npm_execpath ?? ''))
    ? { command: process.execPath, first: [env.npm_execpath] }
    : { command: 'npm', first: [], shell: process.platform === 'win32' }

const NETWORK = 'check the network and npm’s registry'

const UNWRITABLE =
  'npm writes to node_modules and to its cache in your home folder: make both writable, or give npm another cache with npm_config_cache=FOLDER'

/** What to do, by the code of npm's error. */
const REMEDIES = {
  ENOSPC: 'the disk is full: free about 1 GB',
  EDQUOT: 'your disk quota is used up: free about 1 GB',
  EACCES: UNWRITABLE,
  EPERM: UNWRITABLE,
  EROFS: UNWRITABLE,
}

/** npm's error in one line, its code and the first line with more than one word; and what to do. */
const npmError = ({ err, missing, signal }) => {
  if (missing) return { reason: 'npm was not found', remedy: 'install npm, which comes with Node' }
  if (signal !== undefined) return { reason: `npm was stopped by ${signal}`, remedy: 'check the memory' }
  const lines = err.split('\n').flatMap(line => /^npm (?:error|ERR!)\s+(.+)/.exec(line)?.[1] ?? [])
  const code = lines.flatMap(line => /^code (\w+)/.exec(line)?.[1] ?? [])[0]
  const first = lines.find(line => /\s/.test(line) && !/^(code|errno|syscall|path) /.test(line))
  const reason = [code, first?.slice(0, 200)].filter(part => part !== undefined).join(': ')
  return { reason: reason || 'npm gave no reason', remedy: REMEDIES[code] ?? NETWORK }
}

/** Seconds between two lines about the progress of an installation. */
const INTERVAL = 10

/** Prints how many packages are installed, until the function that it returns is called. */
const reportProgress = root => {
  const paths = Object.keys(readJson(join(root, 'package-lock.json'))?.packages ?? {}).filter(Boolean)
  const began = Date.now()
  const report = () => {
    const there = paths.filter(path => existsSync(join(root, path, 'package.json'))).length
    const seconds = Math.round((Date.now() - began) / 1000)
    say(`  ${there} of ${paths.length} packages after ${seconds} s …`)
  }
  const timer = setInterval(report, 1000 * INTERVAL)
  return () => clearInterval(timer)
}

/**
 * Installs the packages of the lockfile unless they are installed.
 *
 * @returns undefined, or why they could not be installed and what to do
 */
export const setUpPackages = async ({ root, env }) => {
  if (packagesAreThere(root)) return undefined
  const waiting = () => say('Waiting: another process is installing the packages …')
  return inTurn(`packages of ${root}`, waiting, async () => {
    if (packagesAreThere(root)) return undefined
    say('Installing packages (npm ci) …')
    forget(root)
    const { command, first, shell } = npm(env)
    const end = reportProgress(root)
    const result = await runChild(command, [...first, ...INSTALL], { cwd: root, env, shell }).finally(end)
    if (result.code === 0) return undefined
    const { reason, remedy } = npmError(result)
    return `the packages could not be installed (${reason}); ${remedy}, then run the same command again`
  })
}

/** The version of the installation of the native backend: a state that another version has left is ignored. */
const RECIPE = 2

/**
 * The result of the last installation of the native backend: `{ status: 'ready', source, libtensorflow, addon, library }`
 * or `{ status: 'failed', reason, remedy }`; undefined before the first, and if its files are gone.
 */
export const readNativeState = root => {
  const file = nativeRecord(root)
  const state = file === undefined ? undefined : readJson(file)
  if (state?.recipe !== RECIPE) return undefined
  const gone = path => statSync(path, { throwIfNoEntry: false }) === undefined
  return state.status === 'ready' && [state.addon, state.library].some(gone) ? undefined : state
}

/** Writes a file completely or not at all. */
export const writeWhole = (file, text) => {
  const temporary = `${file}.${process.pid}.tmp`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(temporary, text)
  renameSync(temporary, file)
}

/** Saves the result of an installation, if the folder can be written. */
export const writeNativeState = (root, state) => {
  try {
    writeWhole(nativeRecord(root), `${JSON.stringify({ recipe: RECIPE, ...state }, null, 2)}\n`)
  } catch {
    return
  }
}

/**
 * Installs the native backend unless it is installed. A failed installation is tried again each time.
 *
 * @param again check the installation even if the last one was successful
 * @param how options of `installNative` that differ from its defaults
 * @returns the result, as `readNativeState` gives it
 */
export const setUpNative = async ({ root, env, again = false, how = {} }) => {
  const installed = () => {
    const state = again ? undefined : readNativeState(root)
    return state?.status === 'ready' ? state : undefined
  }
  const before = installed()
  if (before !== undefined) return before
  const { cacheFolder } = await import('./cache-folder.mjs')
  const { installNative } = await import('./native.mjs')
  const cache = cacheFolder(env)
  const waiting = () => say('Waiting: another process is installing the native backend …')
  return inTurn(`native backend in ${cache}`, waiting, async () => {
    const meanwhile = installed()
    if (meanwhile !== undefined) return meanwhile
    const state = await installNative({ root, env, cache, say, ...how })
    writeNativeState(root, state)
    return state
  })
}
