import { readFileSync, statSync } from 'node:fs'

/** The commands that take --backend and --engine as flags and as variables. */
const WITH_BACKEND = ['train', 'evaluate', 'compare']

/** The commands that also take --config. */
const WITH_CONFIG = ['train', 'compare']

/** The value of a flag on a command line, as yargs finds it: the last one counts. */
const flagIn = (args, name) => {
  const end = args.indexOf('--')
  const flags = end < 0 ? args : args.slice(0, end)
  const values = flags.flatMap((arg, i) => {
    if (arg.startsWith(`--${name}=`)) return [arg.slice(name.length + 3)]
    return arg === `--${name}` ? [flags[i + 1] ?? ''] : []
  })
  return values.at(-1)
}

/** A setting of a file; undefined if the file cannot be read, which the command reports. */
const settingIn = (file, name) => {
  if (file === undefined) return undefined
  try {
    // What is read from a pipe here would be missing for the command.
    return statSync(file).isFile()
      ? JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''))[name]
      : undefined
  } catch {
    return undefined
  }
}

/** What `train --help` says about precedence: flag > variable > file; the settings of a resumed run > variable. */
const settings = (command, args, env) => {
  const variable = name => env[`NETWORK2_${name.toUpperCase()}`]
  const withConfig = WITH_CONFIG.includes(command)
  const resumed = command === 'train' && (flagIn(args, 'resume') ?? variable('resume')) !== undefined
  const given = withConfig ? flagIn(args, 'config') : undefined
  const file = given ?? (withConfig && !resumed ? variable('config') : undefined)
  return name => flagIn(args, name) ?? (resumed ? undefined : variable(name)) ?? settingIn(file, name)
}

const asksForNative = setting => {
  const backend = setting('backend') ?? 'auto'
  return backend === 'native' || (backend === 'auto' && setting('engine') === 'xla')
}

/** The arms of `compare` are texts with flags, such as "xent --backend native". */
const armsAskForNative = args =>
  args.some(arg => /\s/.test(arg) && asksForNative(name => flagIn(arg.split(/\s+/), name)))

/**
 * Whether a command should install the native backend before it runs: only if it is asked for by --backend native or
 * --engine xla, given as a flag, as a NETWORK2_* variable or in a --config file; and for the bench, which measures it.
 */
export const wantsNative = (command, args, env) => {
  if (env.NETWORK2_NATIVE === 'off' || args.includes('--help')) return false
  if (command === 'bench') return true
  if (command === 'check-gradients') return flagIn(args, 'backend') === 'native'
  if (!WITH_BACKEND.includes(command)) return false
  return asksForNative(settings(command, args, env)) || (command === 'compare' && armsAskForNative(args))
}
