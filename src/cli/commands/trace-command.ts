/**
 * `npm run trace`: the step of training as the program that is compiled, with the book's equations beside it.
 */
import { scalar, tensor1d, zeros, type Rank } from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import type { Options } from 'yargs'
import { loadBackend } from '../../runtime/backend.ts'
import { costOf, type CostName } from '../../core/cost.ts'
import type { AppError } from '../../errors.ts'
import { print, type Node, type Program as Traced } from '../../compiler/program.ts'
import { trace } from '../../compiler/trace.ts'
import { initialValues, toParams, type Sizes } from '../../core/params.ts'
import { key } from '../../core/rng.ts'
import { withTensors } from '../../core/scope.ts'
import { trainStep } from '../../core/train.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import * as F from '../../options/decode.ts'
import { costFlag, sizesFlag, trainOptions } from '../../options/train-options.ts'

export const traceOptions = {
  cost: trainOptions.cost,
  sizes: trainOptions.sizes,
  'mini-batch-size': trainOptions['mini-batch-size'],
} satisfies Record<string, Options>

/** The network of the chapter. */
const BOOK: Sizes = [784, 30, 10]

/** Enough rows for a mini-batch to be gathered from; how many there are in all makes no difference. */
const programOf = (cost: CostName, sizes: Sizes, m: number): Traced =>
  withTensors(
    () => ({
      params: toParams(initialValues('default', key(0), sizes)),
      set: {
        x: zeros<Rank.R2>([m, sizes[0]]),
        y: zeros<Rank.R2>([m, sizes.at(-1)!]),
        rate: scalar(0.05),
        decay: scalar(1),
      },
      rows: tensor1d(Int32Array.from({ length: m }, (_, i) => i)),
    }),
    ({ params, set, rows }) =>
      trace(trainStep(costOf(cost)), [
        ['params', params],
        ['', set],
        ['rows', rows],
      ]),
  )

/** The equation of the book that a node computes, or begins to, as far as its form tells. */
const equationIn = (cost: CostName, program: Traced): ((node: Node) => string) => {
  const made = (node: Node, i: number): string => {
    const ref = node.inputs[i]
    return ref?.kind === 'node'
      ? program.nodes[ref.index]!.kernel
      : ref?.kind === 'input'
        ? program.inputs[ref.index]!.name
        : ''
  }
  return node => {
    const { kernel, attributes } = node
    const [left, right] = [made(node, 0), made(node, 1)]
    if (kernel === 'GatherV2') return 'the mini-batch'
    if (kernel === 'Sigmoid') return '(25) a = σ(w a + b)'
    if (kernel === 'Sub' && left === 'Sigmoid')
      return cost === 'xent' ? 'BP1, (66): δ = a - y' : 'BP1, (65): δ = (a - y) ⊙ …'
    if (kernel === 'Sub' && right === 'Sigmoid') return "σ'(z) = a (1 - a): 1 - a"
    if (kernel === 'BatchMatMul' && attributes.transposeA === true) return 'BP4: ∂C/∂w = δ a'
    if (kernel === 'BatchMatMul' && attributes.transposeB !== true) return "BP2: δ = (w δ) ⊙ σ'(z)"
    if (kernel === 'Sum') return 'BP3: ∂C/∂b = δ'
    if (kernel === 'Sub' && left === 'Multiply') return '(93) w → (1 - ηλ/n) w - η/m Σ ∂C/∂w'
    if (kernel === 'Sub' && right === 'Multiply') return '(94) b → b - η/m Σ ∂C/∂b'
    return ''
  }
}

export const traceCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(
    RTE.fromEither<AppError, Flags, CliEnv>(traceFlags(argv)),
    RTE.tap(() => RTE.fromTaskEither(loadBackend('cpu'))),
    RTE.flatMapReaderIO(({ cost = 'xent', sizes = BOOK, m }) => (env: CliEnv) => () => {
      const program = programOf(cost, sizes, m)
      env.out(print(program, equationIn(cost, program)))
    }),
  )

type Flags = { readonly cost: CostName | undefined; readonly sizes: Sizes | undefined; readonly m: number }

const traceFlags = (argv: F.Argv): E.Either<AppError, Flags> =>
  pipe(
    F.decodeAll({
      cost: costFlag(argv),
      sizes: sizesFlag(argv),
      m: F.withDefault('mini-batch-size', F.count, 10)(argv),
    }),
    E.mapLeft(F.oneError),
  )
