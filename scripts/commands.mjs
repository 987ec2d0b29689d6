/**
 * In a clone, installs what is missing and builds what has changed; then runs the command in the same process, which
 * therefore receives signals and sets the exit code itself.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Stopped } from './child.mjs'
import { builtFile, load } from './load.mjs'
import { isClone, manifest, root, shellCommand } from './package.mjs'
import { say } from './say.mjs'
import { wantsNative } from './wants-native.mjs'

/** Runs a program that reads its command line from `process.argv`. */
const program = async (path, args) => {
  process.argv = [process.execPath, builtFile(path), ...args]
  await load(path)
}

const vitest = args => program('node_modules/vitest/vitest.mjs', ['run', '--root', root, ...args])

/** What installs packages, which an installed package rarely needs: loaded on demand. */
const installer = () => import('./setup.mjs')

const fail = (exitCode, message) => {
  say(`network2: ${message}`)
  process.exitCode = exitCode
}

const NATIVE = shellCommand('setup', 'native')

const setUp = async args => {
  const [what, ...more] = args
  if (what === undefined) return say(`The packages are installed. For the native backend: ${NATIVE}`)
  if (what !== 'native' || more.length > 0)
    return fail(2, `setup ${args.join(' ')}: expected no argument, or native; run: ${NATIVE}`)
  if (process.env.NETWORK2_NATIVE === 'off')
    return fail(2, `NETWORK2_NATIVE=off forbids the native backend; unset it, then run: ${NATIVE}`)
  const native = await (await installer()).setUpNative({ root, env: process.env, again: true })
  if (native.status === 'failed')
    return fail(3, `the native backend could not be installed: ${native.reason}; ${native.remedy}`)
  say(`The native backend is installed (TensorFlow ${native.libtensorflow}, ${native.source}).`)
}

/** Adds to the JavaScript in dist/ what a package has besides: the page, declarations, and the licences of what was bundled. */
const completePackage = async () => {
  const [{ bundledLicences }, { buildPage }, { writeWhole }] = await Promise.all([
    import('./build.mjs'),
    import('./page.mjs'),
    installer(),
  ])
  await buildPage(root)
  writeWhole(join(root, 'dist', 'LICENSES.txt'), bundledLicences(root))
  await program('node_modules/typescript/bin/tsc', ['--project', join(root, 'tsconfig.build.json')])
}

const commands = {
  setup: setUp,
  ...(isClone && {
    build: completePackage,
    test: vitest,
    'test:long': args => {
      process.env.NETWORK2_LONG = '1'
      return vitest(args)
    },
  }),
}

/** The commands for the development of the project. */
const { helpOf, misuse, tools } = isClone ? await import('./tools.mjs') : { tools: {} }

/** A value of a table by a name that anybody may have typed. */
const entry = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined)

const asksForHelp = args => args.includes('--help') || args.includes('-h')

const SETUP_HELP = `Installs the packages; with native, TensorFlow’s library too (200 MB).\n\nUsage: ${shellCommand('setup', '[native]')}`

/** What can be answered before anything is installed; undefined if nothing. */
const answer = (command, args) => {
  if (
    command === '--version' ||
    (args.includes('--version') && !['test', 'test:long', '--get-yargs-completions'].includes(command))
  )
    return `network2 ${manifest().version}`
  const tool = entry(tools, command)
  if (tool !== undefined && asksForHelp(args)) return helpOf(command, tool)
  return command === 'setup' && asksForHelp(args) ? SETUP_HELP : undefined
}

/** Without a listener, an output that fails or is closed ends the process with a stack trace. */
const watchOutput = () => {
  process.stdout.on('error', error => {
    if (error.code === 'EPIPE') process.exit(141)
    fail(7, `standard output cannot be written: ${error.message}`)
  })
}

const main = async ([command, ...args]) => {
  // where this cannot be written, nobody can be told
  process.stderr.on('error', () => undefined)
  const text = answer(command, args)
  const tool = entry(tools, command)
  // src/cli/main.ts has its own listener
  if (text !== undefined || tool !== undefined) watchOutput()
  if (text !== undefined) return void process.stdout.write(`${text}\n`)
  const wrong = tool === undefined ? undefined : misuse(tool, args)
  if (wrong !== undefined) return fail(2, `${wrong}\n  the usage is: ${shellCommand(command, tool.usage)}`)
  if (isClone) {
    const missing = await (await installer()).setUpPackages({ root, env: process.env })
    if (missing !== undefined) return fail(3, missing)
    // a package has no files of older sources
    if (command === 'build') rmSync(join(root, 'dist'), { recursive: true, force: true })
    const { buildSources } = await import('./build.mjs')
    const stale = await buildSources(root)
    if (stale !== undefined) return fail(7, stale)
    if (command === 'page')
      await (await import('./page.mjs')).buildPage(root, { mnistDir: process.env.MNIST_DIR })
  }
  // Source maps are read with each module: too slow for every start.
  if (args.includes('--debug')) process.setSourceMapsEnabled(true)
  if (wantsNative(command, args, process.env)) {
    const native = await (await installer()).setUpNative({ root, env: process.env })
    // The bench measures what is installed. The other commands end with this reason themselves.
    if (native.status === 'failed' && command === 'bench')
      say(`network2: bench runs without the native backend: ${native.reason}; ${native.remedy}`)
  }
  const known = entry(commands, command)
  if (tool !== undefined) await program(tool.file, args)
  else if (known !== undefined) await known(args)
  else await (await load('src/cli/main.ts')).run([command, ...args].filter(Boolean))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Stopped)) throw error
  process.exitCode = error.exitCode
}
