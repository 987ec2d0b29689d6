/**
 * Every npm script comes through here: `node scripts/run.mjs COMMAND ARGS…` sets up what is missing, then runs
 * the command in this same process, so that signals and exit codes need no go-between.
 */
import { join } from 'node:path'
import { Stopped } from './child.mjs'
import { load, root } from './load.mjs'
import { say, setUpNative, setUpPackages, wantsNative } from './setup.mjs'

/** Runs a program that reads its command line from `process.argv`. */
const program = async (path, args) => {
  process.argv = [process.execPath, join(root, path), ...args]
  await load(path)
}

const vitest = args => program('node_modules/vitest/vitest.mjs', ['run', '--root', root, ...args])

const commands = {
  setup: async () => undefined,
  test: vitest,
  'test:long': args => {
    process.env.NETWORK2_LONG = '1'
    return vitest(args)
  },
  bench: args => program('scripts/bench.ts', args),
  'digits-sheet': args => program('scripts/digits-sheet.ts', args),
  'queue-throughput': args => program('scripts/queue-throughput.ts', args),
  'simulate-queue': args => program('scripts/simulate-queue.ts', args),
  'report-picture': args => program('scripts/report-picture.ts', args),
  'check-gradients': args => program('scripts/check-gradients.ts', args),
}

/** Doctor tells what it finds, and should not change it first; the others compute little or nothing. */
const light = [
  'doctor',
  'trace',
  'runs',
  'slowdown',
  'predict',
  'report',
  'study',
  'merge',
  'queue-throughput',
  'simulate-queue',
]

const needsNative = (command, args) => !light.includes(command) && wantsNative(args, process.env)

const main = async ([command, ...args]) => {
  const missing = await setUpPackages({ root, env: process.env })
  if (missing !== undefined) {
    say(missing)
    process.exitCode = 3
    return
  }
  const setUp = command === 'setup'
  if (needsNative(command, args)) {
    const native = await setUpNative({ root, env: process.env, again: setUp })
    if (native.status === 'failed')
      say(`network2: training is slower without the native backend: ${native.reason}; ${native.remedy}`)
    else if (setUp) say(`TensorFlow ${native.libtensorflow} is ready (${native.source}).`)
  }
  const known = Object.hasOwn(commands, command) ? commands[command] : undefined
  if (known === undefined) await (await load('src/cli/main.ts')).run([command, ...args].filter(Boolean))
  else await known(args)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Stopped)) throw error
  process.exitCode = error.exitCode
}
