/**
 * `npm run slowdown`: the learning slowdown of chapter 3, as curves in the terminal or as data.
 */
import { plot } from 'asciichart'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { dirname } from 'node:path'
import type { Options } from 'yargs'
import type { AppError } from '../../errors.ts'
import { comparison, observation, rates, type Neuron, type SlowdownResult } from '../../book/slowdown.ts'
import { unwritable } from '../../io/failure.ts'
import { extent } from '../../study/statistics.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import * as F from '../../options/decode.ts'
import { commonOptions } from '../../options/train-options.ts'
import { percentOf } from '../../format.ts'

export const slowdownOptions = {
  eta: {
    describe: 'learning rate of both costs',
    defaultDescription: `${rates.quadratic}, then a note on ${rates.xent}`,
  },
  epochs: { describe: 'steps that the neuron takes', defaultDescription: '300' },
  out: { describe: 'the FILE.html of its page; none for no page', defaultDescription: 'runs/slowdown.html' },
  json: commonOptions.json,
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type Flags = {
  readonly eta: number | undefined
  readonly epochs: number
  readonly out: string
  readonly json: boolean
}

/** Every epoch of every curve is kept. */
const MOST_EPOCHS = 1_000_000

const epochs: F.Decoder<number> = text =>
  pipe(
    F.count(text),
    E.filterOrElse(
      value => value <= MOST_EPOCHS,
      () => `a whole number of 1 to ${MOST_EPOCHS}`,
    ),
  )

const slowdownFlags = (argv: F.Argv): E.Either<AppError, Flags> =>
  pipe(
    F.decodeAll({
      eta: F.optional('eta', F.positive)(argv),
      epochs: F.withDefault('epochs', epochs, 300)(argv),
      out: F.withDefault('out', F.text, 'runs/slowdown.html')(argv),
      json: F.toggle('json')(argv),
    }),
    E.mapLeft(F.oneError),
  )

export const slowdownCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(RTE.fromEither<AppError, Flags, CliEnv>(slowdownFlags(argv)), RTE.flatMap(show))

const show =
  ({ eta, epochs, out, json }: Flags): CommandEffect<void> =>
  env => {
    const compared = comparison(eta ?? rates.quadratic, epochs)
    // who names a rate has not asked about the book's
    const observed = eta === undefined ? observation(epochs) : undefined
    if (!json) env.out(report(compared, observed, env.columns ?? 80))
    else {
      const results = [...compared, ...(observed ?? [])]
      for (const result of results) env.out(JSON.stringify({ event: 'curve', ...result }))
      env.out(JSON.stringify({ event: 'done', curves: results.length }))
    }
    return out === 'none' ? TE.right(undefined) : writePage(env, out, compared, observed)
  }

/** The curves as a page, which shows more of them than a terminal can. */
const writePage = (
  { files, log: tell }: CliEnv,
  out: string,
  compared: Compared,
  observed: Observed | undefined,
): TE.TaskEither<AppError, void> =>
  TE.tryCatch(async () => {
    const { slowdownReport } = await import('../../report/pages/slowdown-page.ts')
    const [{ eta, epochs }] = compared
    const prose = [...why(compared), ...(observed === undefined ? [] : note(observed))]
    const page = slowdownReport({
      title: 'The learning slowdown',
      state: 'finished',
      sentence: `One neuron must learn to answer x = 1 with y = 0: ${counted(epochs)} at eta ${eta}.`,
      verdict: prose.map(text => text.replaceAll(/[{}]/g, '')),
      starts: [compared.slice(0, 2), compared.slice(2)].map(results => ({
        weight: results[0]!.start.w,
        bias: results[0]!.start.b,
        learnings: results.map(({ cost, eta, curve }) => ({
          cost: NAMES[cost],
          eta,
          output: curve.a,
          costs: curve.cost,
          gradient: curve.gradient,
        })),
      })),
      command: `npm run slowdown -- --eta ${eta} --epochs ${epochs}`,
      config: { eta, epochs },
      env: { numbers: 'float64' },
    })
    await files.makeFolder(dirname(out))
    await files.save(out, page)
    tell(`The same as a page: ${out}`)
  }, unwritable(out))

type Compared = ReturnType<typeof comparison>
type Observed = ReturnType<typeof observation>

/** The curves, and what is to be seen in them, for a terminal of so many columns. */
export const report = (compared: Compared, observed: Observed | undefined, columns: number): string => {
  const width = Math.max(30, Math.min(columns, 100))
  const [{ eta, epochs }] = compared
  const prose = (text: string): string => wrapped(text, width)
  return [
    prose(`One neuron must learn to answer {x = 1} with {y = 0}: ${counted(epochs)} at eta ${eta}.`),
    ...compared.map(result => `${prose(title(result))}\n${charts(result, width)}`),
    prose(
      `Each chart begins with epoch 0 on its left and ends with epoch ${epochs} on its right; each has a scale of its own.`,
    ),
    ...why(compared).map(prose),
    ...(observed === undefined ? [] : note(observed).map(prose)),
  ].join('\n\n')
}

const from = ({ w, b }: Neuron): string => `from {w ${w}, b ${b}}`

const NAMES = { quadratic: 'quadratic cost', xent: 'cross-entropy cost' } as const

const two = (value: number): string => value.toPrecision(2)

const counted = (epochs: number): string => `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`

const title = ({ cost, start, curve: { a } }: SlowdownResult): string =>
  `${NAMES[cost]}, ${from(start)}: the output goes from ${two(a[0]!)} to ${two(a.at(-1)!)}`

/** As many as fit side by side. */
const charts = ({ curve }: SlowdownResult, width: number): string => {
  const across = Math.max(1, Math.min(3, Math.floor(width / 24)))
  const each = Math.min(48, Math.floor((width + GAP) / across) - GAP)
  const all = [
    chart('output a', curve.a, 1, each),
    chart('cost C', curve.cost, extent(curve.cost)[1], each),
    chart('gradient ∂C/∂w', curve.gradient, extent(curve.gradient)[1], each),
  ]
  return [all.slice(0, across), all.slice(across, 2 * across), all.slice(2 * across)]
    .filter(row => row.length > 0)
    .map(row => beside(row, each + GAP))
    .join('\n')
}

/** Columns between two charts. */
const GAP = 2

/** Lines of a chart, from 0 to its top. */
const HEIGHT = 6

const chart = (name: string, values: readonly number[], top: number, width: number): readonly string[] => {
  const label = (value: number): string => Math.max(0, value).toFixed(2)
  // one column is the axis, and a line of n characters joins n + 1 points
  const points = Math.min(values.length, width - label(top).length)
  const sampled = Array.from(
    { length: points },
    (_, i) => values[Math.round((i / (points - 1)) * (values.length - 1))]!,
  )
  const lines = plot(sampled, {
    min: 0,
    max: top,
    height: HEIGHT,
    offset: 2,
    symbols: ['┤', '┤', '╶', '╴', '─', '╰', '╭', '╮', '╯', '│'],
    format: (value, row) => (row % (HEIGHT / 2) === 0 ? label(value) : '').padStart(label(top).length),
  })
  return [name, ...lines.split('\n')]
}

/** Blocks of lines, side by side. */
const beside = (blocks: readonly (readonly string[])[], width: number): string =>
  Array.from({ length: extent(blocks.map(({ length }) => length))[1] }, (_, i) =>
    blocks
      .map(lines => (lines[i] ?? '').padEnd(width))
      .join('')
      .trimEnd(),
  ).join('\n')

/** What the curves show, and which equations say so. Every number is taken from the curves. */
const why = ([, , quadratic, xent]: Compared): readonly string[] => {
  const a = quadratic.curve.a[0]!
  const prime = a * (1 - a)
  const early = Math.min(100, quadratic.epochs)
  const half = Math.floor(quadratic.epochs / 2)
  const fallen = ({ curve: { cost } }: SlowdownResult): string => percentOf(cost[0]! - cost[early]!, cost[0]!)
  return [
    `Why. With the quadratic cost the gradient is {∂C/∂w = ∂C/∂b = a σ'(z)}, equations (55) and (56). With the cross-entropy it is {a - y}, here a, equations (61) and (62): σ'(z) has cancelled.`,
    `Started ${from(quadratic.start)}, the output begins at ${two(a)}, where σ is flat: {σ'(z) = a (1 - a)} is ${two(prime)}. So the quadratic gradient is ${two(quadratic.curve.gradient[0]!)}, and the other one ${two(xent.curve.gradient[0]!)}, ${two(1 / prime)} times as large. In the first ${counted(early)} the quadratic cost falls by ${fallen(quadratic)}, the cross-entropy by ${fallen(xent)}; after ${counted(half)} the outputs are ${two(quadratic.curve.a[half]!)} and ${two(xent.curve.a[half]!)}.`,
  ]
}

/** About the rate that the book's text names for the cross-entropy. */
const note = ([wrong, saturated, wrongWithout, saturatedWithout]: Observed): readonly string[] => {
  const { eta, epochs, curve } = saturated
  const most = 2 * eta * epochs
  const way = ({ curve: { a } }: SlowdownResult): string => `from ${two(a[0]!)} to ${two(a.at(-1)!)}`
  return [
    `A note on the rate. For the cross-entropy the text of the book names eta ${eta}. By (61) and (62), w and b each fall by eta a in an epoch, so {z = w + b} falls by less than ${2 * eta}, and by less than ${two(most)} in ${counted(epochs)}. Started ${from(saturated.start)}, at z ${curve.z[0]!}, it ends at z ${two(curve.z.at(-1)!)}: the output goes ${way(saturated)}; started ${from(wrong.start)}, it goes ${way(wrong)}.`,
    `Curves like those of the book come out when the step is {-eta ∂C/∂a = -eta / (1 - a)}, without σ'(z): then the output goes ${way(wrongWithout)}, and ${way(saturatedWithout)}. This is an observation: the script of the book's page was not seen. What the chapter says does not rest on it: above, both costs learn at the same rate.`,
  ]
}

/** Breaks a text into lines, but never a formula in braces. */
const wrapped = (text: string, width: number): string =>
  text
    .split(/ (?![^{]*\})/)
    .map(word => word.replaceAll(/[{}]/g, ''))
    .reduce<readonly string[]>((lines, word) => {
      const last = lines.at(-1)
      return last !== undefined && `${last} ${word}`.length <= width
        ? [...lines.slice(0, -1), `${last} ${word}`]
        : [...lines, word]
    }, [])
    .join('\n')
