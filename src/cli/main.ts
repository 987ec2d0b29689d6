/**
 * The command line. The only place where the program touches the process: its arguments, streams, signals and
 * exit code.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import yargs, { type Options } from 'yargs'
import { exitCode, exitCodes, type AppError, type StopReason } from '../errors.ts'
import { maskPasswords } from '../study/queue-address.ts'
import { unwritable } from '../io/failure.ts'
import { systemEnv } from '../io/env.ts'
import type { CliEnv, CommandEffect } from './cli-env.ts'
import { progressBar } from './progress-bar.ts'
import { checkKnown, type Argv } from '../options/decode.ts'
import { mergeSources } from './config-sources.ts'

type Command = {
  readonly describe: string
  /** What stands on the command line without a flag, such as `DIR…`. */
  readonly words?: string
  readonly options: Readonly<Record<string, Options>>
  readonly examples: readonly (readonly [line: string, what: string])[]
  readonly run: (argv: Argv) => CommandEffect<void>
}

/** Commands are loaded when they are asked for: the help should not wait for TensorFlow. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  train: async () => {
    const [{ trainCommand }, { trainOptions }] = await Promise.all([
      import('./commands/train-command.ts'),
      import('../options/train-options.ts'),
    ])
    return {
      describe: 'Trains the network of chapter 3 and tells of each epoch.',
      options: trainOptions,
      examples: [
        ['npm run train -- --cost xent', 'the cross-entropy cost, on MNIST'],
        ['npm run train -- --cost quadratic --init large', "the book's comparison, the other arm"],
        [
          'npm run train -- --sizes 784,100,10 --lmbda 5 --save net.json',
          'more neurons, weight decay; kept in a file',
        ],
      ],
      run: trainCommand,
    }
  },
  runs: async () => {
    const { runsCommand, runsOptions } = await import('./commands/runs-command.ts')
    return {
      describe: 'Lists the runs that there are, and how to go on with each.',
      options: runsOptions,
      examples: [['npm run runs', 'those in the folder runs']],
      run: runsCommand,
    }
  },
  evaluate: async () => {
    const { evaluateCommand, evaluateOptions } = await import('./commands/evaluate-command.ts')
    return {
      describe: 'Tells how well a saved network does.',
      options: evaluateOptions,
      examples: [['npm run evaluate -- --model net.json', 'on the test set']],
      run: evaluateCommand,
    }
  },
  trace: async () => {
    const { traceCommand, traceOptions } = await import('./commands/trace-command.ts')
    return {
      describe: 'Shows the step of training as the program that is compiled.',
      options: traceOptions,
      examples: [['npm run trace -- --cost quadratic', 'its kernels, with the equations of the book']],
      run: traceCommand,
    }
  },
  reproduce: async () => {
    const { reproduceCommand, reproduceOptions } = await import('./commands/reproduce-command.ts')
    return {
      describe: "Runs the book's comparison of the two costs over several seeds, beside the book's figures.",
      options: reproduceOptions,
      examples: [
        ['npm run reproduce -- --quick', 'a glance'],
        ['npm run reproduce -- --figure regularized', "the author's own run, replayed from his seed"],
      ],
      run: reproduceCommand,
    }
  },
  slowdown: async () => {
    const { slowdownCommand, slowdownOptions } = await import('./commands/slowdown-command.ts')
    return {
      describe: 'Shows the learning slowdown of chapter 3 on a single neuron, with both costs.',
      options: slowdownOptions,
      examples: [['npm run slowdown -- --eta 0.3', 'both costs at another rate']],
      run: slowdownCommand,
    }
  },
  compare: async () => {
    const { compareCommand, compareOptions } = await import('./commands/compare-command.ts')
    return {
      describe: 'Searches the hyper-parameters of two arms alike, compares the winners, and gives a verdict.',
      options: compareOptions,
      examples: [
        ['npm run compare', 'the costs of the book'],
        ['npm run compare -- --arms "xent" "xent --lmbda 5"', 'any two configurations'],
      ],
      run: compareCommand,
    }
  },
  study: async () => {
    const { studyCommand, studyOptions } = await import('./commands/study-command.ts')
    return {
      describe: 'Shows what a comparison has found out so far.',
      words: 'show DIR',
      options: studyOptions,
      examples: [['npm run study -- show runs/compare', 'its trials, and its verdict']],
      run: studyCommand,
    }
  },
  worker: async () => {
    const { workerCommand, workerOptions } = await import('./commands/worker-command.ts')
    return {
      describe: 'Does the trials of a queue, of whichever comparisons, until it is stopped.',
      options: workerOptions,
      examples: [['npm run worker -- --queue redis://host', 'on as many machines as there are']],
      run: workerCommand,
    }
  },
  merge: async () => {
    const { mergeCommand, mergeOptions } = await import('./commands/merge-command.ts')
    return {
      describe: 'Brings what the shards of a comparison found out into one journal.',
      words: 'DIR…',
      options: mergeOptions,
      examples: [['npm run merge -- runs/compare', 'when all shards have done their share']],
      run: mergeCommand,
    }
  },
  report: async () => {
    const { reportCommand, reportOptions } = await import('./commands/report-command.ts')
    return {
      describe: 'Makes the report of a run anew, or one page about several runs.',
      words: 'DIR…',
      options: reportOptions,
      examples: [
        ['npm run report -- runs/latest', 'its report.html'],
        ['npm run report -- runs/a runs/b --out both.html', 'their curves on one page'],
      ],
      run: reportCommand,
    }
  },
  predict: async () => {
    const { predictCommand, predictOptions } = await import('./commands/predict-command.ts')
    return {
      describe: 'Tells which digit is in a picture.',
      words: 'IMAGE…',
      options: predictOptions,
      examples: [['npm run predict -- --model net.json seven.png', 'a drawing or a photo of a digit']],
      run: predictCommand,
    }
  },
  doctor: async () => {
    const { doctor } = await import('./commands/doctor-command.ts')
    return {
      describe: 'Tells what was found on this machine, and how to mend what is missing.',
      options: {},
      examples: [],
      run: () => env => pipe(doctor(env.variables), TE.map(env.out)),
    }
  },
}

/** Splits the command line and does nothing else: values are decoded by the command. */
const parserOf = (name: string, { describe, words, options, examples }: Command, args: readonly string[]) =>
  yargs([...args])
    .scriptName(`npm run ${name} --`)
    .usage(`${describe}\n\nUsage: npm run ${name} -- [flags]${words === undefined ? '' : ` ${words}`}`)
    .options(
      Object.fromEntries(
        Object.entries(options).map(([flag, option]) => [
          flag,
          { type: 'string', requiresArg: false, ...option },
        ]),
      ),
    )
    .example(examples.map(([line, what]) => [line, what] as [string, string]))
    .epilogue(`Exit codes: ${exitCodes.map(([code, meaning]) => `${code} ${meaning}`).join('; ')}.`)
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .help(false)
    .option('help', { type: 'boolean', group: 'Output:', describe: 'show this' })
    .version(false)
    .wrap(Math.min(100, process.stdout.columns || 100))
    .exitProcess(false)
    .fail(false)

const say = (stream: NodeJS.WriteStream, line: string): void => {
  if (stream.writable) stream.write(`${line}\n`)
}

/** Control characters in what a person or a file named must not reach the terminal. */
const printable = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, at => `\\x${at.charCodeAt(0).toString(16).padStart(2, '0')}`)

const report = ({ message, remedy }: AppError): void => {
  // whatever was typed may hold a password
  for (const line of message.split('\n')) say(process.stderr, `network2: ${maskPasswords(printable(line))}`)
  for (const line of remedy.split('\n')) say(process.stderr, `  ${maskPasswords(printable(line))}`)
}

/** The world as it is, how it asks the program to stop, and what it did not take of the output. */
const world = (): { readonly env: CliEnv; readonly lost: () => AppError | undefined } => {
  let stop: StopReason | undefined
  const stopping = new AbortController()
  const stopBy = (by: StopReason): void => {
    stop = by
    stopping.abort()
  }
  let lost: AppError | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stop === 'SIGINT' || stop === 'SIGTERM') process.exit(signal === 'SIGINT' ? 130 : 143)
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
    out: line => say(process.stdout, printable(line)),
    log: line => say(process.stderr, printable(line)),
    bar: hasTerminal ? progressBar(process.stderr) : undefined,
    columns: hasTerminal ? process.stderr.columns : undefined,
    stopReason: () => stop,
    abortSignal: stopping.signal,
  }
  return { env, lost: () => lost }
}

const main = async (args: readonly string[]): Promise<number> => {
  const [name = '', ...rest] = args
  const load = Object.entries(commands).find(([command]) => command === name)?.[1]
  if (load === undefined) {
    say(process.stderr, `network2: ${printable(name) || '(nothing)'}: there is no such command`)
    say(process.stderr, `  the commands are ${Object.keys(commands).join(', ')}`)
    return 2
  }
  const command = await load()
  const parser = parserOf(name, command, rest)
  const argv = (await parser.parseAsync()) as Argv
  if (argv.help === true) {
    // every flag is text to yargs, which is no news to the reader
    say(
      process.stdout,
      (await parser.getHelp()).replaceAll('[string] ', '').replaceAll(/ *\[(string|boolean|array)\]/g, ''),
    )
    return 0
  }
  const { env, lost } = world()
  const result = await pipe(
    TE.fromEither<AppError, Argv>(checkKnown(command.options, command.words !== undefined)(argv)),
    TE.flatMap(mergeSources(command.options, env.variables)),
    TE.flatMap(settings => command.run(settings)(env)),
  )()
  const failure = E.isLeft(result) ? result.left : lost()
  if (failure === undefined) return 0
  const code = exitCode(failure)
  if (code !== 0) report(failure)
  return code
}

/** Runs a command line, such as `['train', '--cost', 'xent']`, and sets the exit code. */
export const run = async (args: readonly string[]): Promise<void> => {
  try {
    process.exitCode = await main(args)
  } catch (error) {
    process.exitCode = 1
    const debug = args.includes('--debug')
    say(process.stderr, `network2: a bug of ours: ${error instanceof Error ? error.message : String(error)}`)
    if (debug && error instanceof Error) say(process.stderr, error.stack ?? '')
    else say(process.stderr, '  please report it, with what --debug prints')
  }
}
