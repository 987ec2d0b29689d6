/**
 * The command line. The only place where the program touches the process: its arguments, streams, signals and
 * exit code.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import yargs from 'yargs'
import { shellCommand } from '#scripts/package'
import { exitCode, exitCodes, interrupted, usageError, type AppError, type StopReason } from '../errors.ts'
import { CompileError } from '../core/scan.ts'
import { visible } from '../format.ts'
import { maskPasswords } from '../study/queue-address.ts'
import { unwritable } from '../io/failure.ts'
import { systemEnv } from '../io/env.ts'
import type { CliEnv } from './cli-env.ts'
import { runCommand, type Command } from './command.ts'
import { commands } from './commands/index.ts'
import { checkNpmFlags } from './npm-flags.ts'
import { COMPLETION_FLAG, completions, printCompletionScript } from './completion.ts'
import { colourFor } from './colours.ts'
import { progressBar } from './progress-bar.ts'
import { checkKnown, flagOf, unknownFlag, type Argv, type OptionTable } from '../options/option.ts'
import { checkVariables, hasOtherVariables, mergeSources } from './config-sources.ts'

const YARGS_TYPES = { value: 'string', switch: 'boolean', list: 'array' } as const

/** Splits the command line. The values are decoded by the options themselves. */
const parserOf = (
  name: string,
  { describe, positionals, options, examples }: Command,
  args: readonly string[],
) =>
  yargs([...args])
    .scriptName(shellCommand(name))
    .usage(
      `${describe}\n\nUsage: ${shellCommand(name, `[flags]${positionals === undefined ? '' : ` ${positionals.usage}`}`)}`,
    )
    .options(
      Object.fromEntries(
        Object.entries(options).map(([key, { kind, help, alias, group, byDefault }]) => [
          flagOf(key),
          {
            type: YARGS_TYPES[kind],
            requiresArg: false,
            describe: help,
            ...(alias === undefined ? {} : { alias: [...alias] }),
            ...(group === undefined ? {} : { group }),
            ...(byDefault === undefined ? {} : { defaultDescription: byDefault }),
          },
        ]),
      ),
    )
    .example(examples.map(([args, what]) => [shellCommand(name, args), what] as [string, string]))
    .epilogue(`Exit codes: ${exitCodes.map(([code, meaning]) => `${code} ${meaning}`).join('; ')}.`)
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .help(false)
    .option('help', { type: 'boolean', alias: 'h', group: 'Output:', describe: 'show this help' })
    .version(false)
    .wrap(Math.min(100, process.stdout.columns || 100))
    .exitProcess(false)
    .fail(false)

/** An example of a command with flags. */
const exampleOf = (name: string, { examples }: Command): string | undefined => {
  const [args] = examples.find(([args]) => args !== '') ?? []
  return args === undefined ? undefined : shellCommand(name, args)
}

/** The name in `--name=value` and in `--no-name`. */
const flagName = (arg: string): string => arg.slice(2).replace(/^no-/, '').split('=')[0]!

const say = (stream: NodeJS.WriteStream, line: string): void => {
  if (stream.writable) stream.write(`${line}\n`)
}

/** A line for standard error: names must not control the terminal or fill it, and passwords must not be seen. */
const printable = (line: string): string => {
  const masked = visible(maskPasswords(line))
  return masked.length <= LONGEST_LINE
    ? masked
    : `${masked.slice(0, LONGEST_LINE)}… (${masked.length - LONGEST_LINE} more characters)`
}

const LONGEST_LINE = 4000

/** A notice begins with the name of the program. */
const withYellowName = (line: string): string =>
  line.replace(/^network2:/, name => colourFor(process.stderr)('yellow', name))

const report = ({ message, remedy }: AppError): void => {
  const name = colourFor(process.stderr)('red', 'network2:')
  for (const line of message.split('\n')) say(process.stderr, `${name} ${printable(line)}`)
  for (const line of remedy.split('\n')) say(process.stderr, `  ${printable(line)}`)
}

/** The environment of this process, and the error of an output that could not be written. */
const processEnv = (): { readonly env: CliEnv; readonly lost: () => AppError | undefined } => {
  let stop: StopReason | undefined
  const stopping = new AbortController()
  const stopBy = (by: StopReason): void => {
    stop = by
    stopping.abort()
  }
  let lost: AppError | undefined
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stop !== undefined && stop !== 'closed pipe') process.exit(exitCode(interrupted(signal, '', '')))
      stopBy(signal)
    })
  // a limit on the size of files should be an error of the write, not the end of the process
  process.on('SIGXFSZ', () => undefined)
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') {
        if (stop === undefined) stopBy('closed pipe')
      } else if (stream === process.stdout) lost ??= unwritable('standard output')(error)
    })
  const hasTerminal = process.stderr.isTTY && process.env.TERM !== 'dumb'
  const env: CliEnv = {
    ...systemEnv,
    out: line => say(process.stdout, visible(line)),
    highlight: line => say(process.stdout, colourFor(process.stdout)('green', visible(line))),
    log: line => say(process.stderr, withYellowName(printable(line))),
    bar: hasTerminal ? progressBar(process.stderr) : undefined,
    // a terminal that does not know its width says 0
    columns: (process.stdout.isTTY && process.stdout.columns) || undefined,
    stopReason: () => stop,
    abortSignal: stopping.signal,
  }
  // also if it leaves at once: a bar hides the cursor
  process.on('exit', () => env.bar?.clear())
  return { env, lost: () => lost }
}

/** Whether a NETWORK2_… variable is misspelt; the other commands are loaded only if some variable is not for this one. */
const checkAllVariables = (
  options: OptionTable,
  variables: NodeJS.ProcessEnv,
): TE.TaskEither<AppError, void> =>
  hasOtherVariables(options, variables)
    ? pipe(
        TE.fromTask(() => Promise.all(Object.values(commands).map(load => load()))),
        TE.flatMapEither(all =>
          checkVariables(
            all.map(({ options }) => options),
            variables,
          ),
        ),
      )
    : TE.right(undefined)

/** Resolves when everything that was written before has been written, or has failed. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise(resolve => {
    // the event of an error follows later
    const resolveLater = (): void => void setImmediate(resolve)
    if (stream.writable) stream.write('', resolveLater)
    else resolveLater()
  })

/** A command by a name that anybody may have typed. */
const commandNamed = async (name: string): Promise<Command | undefined> =>
  Object.hasOwn(commands, name) ? commands[name]!() : undefined

const commandNames = Object.keys(commands)

/** The commands, each with what it does. */
const printOverview = async (env: CliEnv): Promise<void> => {
  env.out('The commands; each has --help:\n')
  for (const name of commandNames)
    env.out(`  ${shellCommand(name).padEnd(24)}${(await commandNamed(name))!.describe}`)
  for (const line of ['', 'Other topics of help:', '']) env.out(line)
  for (const [name, { describe }] of Object.entries((await import('./topics.ts')).topics))
    env.out(`  ${shellCommand('help', name).padEnd(32)}${describe}`)
}

/** What is answered by no command of its own: undefined if the name is another one. */
const answers: Readonly<
  Record<string, (words: readonly string[], env: CliEnv) => Promise<AppError | undefined>>
> = {
  help: async ([topic, ...more], env) => {
    if (topic === undefined) {
      await printOverview(env)
      return undefined
    }
    if (more.length === 0 && commandNames.includes(topic)) return main([topic, '--help'], env)
    const { topicLines, topics } = await import('./topics.ts')
    const found = more.length === 0 && Object.hasOwn(topics, topic) ? topics[topic] : undefined
    if (found === undefined)
      return usageError(
        `help ${[topic, ...more].join(' ')}: unknown topic`,
        `the topics are ${[...commandNames, ...Object.keys(topics)].join(', ')}`,
      )
    topicLines(found).forEach(env.out)
    return undefined
  },
  completion: () => {
    printCompletionScript(yargs())
    return Promise.resolve(undefined)
  },
  [COMPLETION_FLAG]: async (line, env) => {
    const parserNamed = async (name: string) => {
      const command = await commandNamed(name)
      return command === undefined ? undefined : parserOf(name, command, [])
    }
    const words = await completions(line, [...commandNames, 'help', 'setup'], parserNamed)
    words.forEach(env.out)
    return undefined
  },
}

const main = async (args: readonly string[], env: CliEnv): Promise<AppError | undefined> => {
  const [name = '', ...rest] = ['--help', '-h'].includes(args[0] ?? '') ? ['help'] : args
  const answer = Object.hasOwn(answers, name) ? answers[name] : undefined
  if (answer !== undefined) return answer(rest, env)
  const command = await commandNamed(name)
  if (command === undefined)
    return usageError(
      `${name || '(nothing)'}: unknown command`,
      `the commands are ${commandNames.join(', ')}; ${shellCommand('help')} says what each does`,
    )
  const { options } = command
  const inherited = rest.find(arg => arg.startsWith('--') && flagName(arg) in Object.prototype)
  // yargs takes these names for its own
  if (inherited !== undefined) return unknownFlag(options, flagName(inherited))
  const parser = parserOf(name, command, rest)
  const argv = (await parser.parseAsync()) as Argv
  if (argv.help === true) {
    // every flag is text to yargs, which tells the reader nothing
    say(
      process.stdout,
      (await parser.getHelp()).replaceAll('[string] ', '').replaceAll(/ *\[(string|boolean|array)\]/g, ''),
    )
    return undefined
  }
  const result = await pipe(
    TE.fromEither(checkNpmFlags(name, options, env.variables, (argv._ as readonly unknown[]).map(String))),
    TE.flatMapEither(() =>
      checkKnown(options, command.positionals !== undefined, argv, exampleOf(name, command)),
    ),
    TE.tap(() => checkAllVariables(options, env.variables)),
    TE.flatMap(known => mergeSources(options, env.variables, known)),
    TE.flatMap(settings => runCommand(command, settings, env)),
  )()
  return E.isLeft(result) ? result.left : undefined
}

/** Sets the exit code, and prints the error. */
const conclude = (failure: AppError | undefined): void => {
  process.exitCode = failure === undefined ? 0 : exitCode(failure)
  if (failure === undefined) return
  // nobody is left to read it
  if (failure._tag !== 'Interrupted' || failure.signal !== 'closed pipe') report(failure)
}

/** Runs a command line, such as `['train', '--cost', 'xent']`, and sets the exit code. */
export const run = async (args: readonly string[]): Promise<void> => {
  const { env, lost } = processEnv()
  try {
    const failure = await main(args, env)
    await flushed(process.stdout)
    conclude(failure ?? lost())
  } catch (error) {
    if (error instanceof CompileError) {
      // without --engine auto nothing falls back
      conclude(usageError(`the engine cannot compile this: ${error.message}`, 'use --engine auto'))
      return
    }
    process.exitCode = 1
    const debug = args.includes('--debug') || process.env.NETWORK2_DEBUG === '1'
    const what = error instanceof Error ? error.message : String(error)
    say(process.stderr, printable(`network2: internal error: ${what}`))
    if (debug && error instanceof Error)
      for (const line of (error.stack ?? '').split('\n')) say(process.stderr, printable(line))
    else say(process.stderr, '  please report it, with the output of --debug')
  }
}
