/**
 * `trace`: the training step as the program that is compiled, with the equations of the book.
 */
import { scalar, tensor1d, zeros, type Rank } from '@tensorflow/tfjs-core'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { loadBackend } from '../../runtime/backend.ts'
import { costs, type CostName } from '../../core/costs/index.ts'
import { print, type Node, type Program as Traced } from '../../compiler/program.ts'
import { trace } from '../../compiler/trace.ts'
import { initialValues, toParams, type Sizes } from '../../core/params.ts'
import { key } from '../../core/rng.ts'
import { withTensors } from '../../core/scope.ts'
import { trainStep } from '../../core/train.ts'
import { outputOptions, trainingOptions } from '../../options/train-options.ts'
import { defineCommand } from '../command.ts'

export const traceCommand = defineCommand({
  describe: 'Prints the training step as the program that is compiled.',
  options: {
    cost: trainingOptions.cost,
    sizes: trainingOptions.sizes,
    miniBatchSize: trainingOptions.miniBatchSize,
    debug: outputOptions.debug,
  },
  examples: [['npm run trace -- --cost quadratic', 'its kernels, with the equations of the book']],
  run: ({ cost = 'xent', sizes = BOOK, miniBatchSize }, env) =>
    pipe(
      loadBackend('cpu'),
      TE.map(() => {
        const program = programOf(cost, sizes, miniBatchSize)
        env.out(print(program, equationIn(cost, program)))
      }),
    ),
})

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
      trace(trainStep({ cost: costs[cost] }), [
        ['', { params, optimizer: [] }],
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
    if (kernel === 'Sub' && left === 'Sigmoid') return `BP1, ${costs[cost].equation}`
    if (kernel === 'Sub' && right === 'Sigmoid') return "σ'(z) = a (1 - a): 1 - a"
    if (kernel === 'BatchMatMul' && attributes.transposeA === true) return 'BP4: ∂C/∂w = δ a'
    if (kernel === 'BatchMatMul' && attributes.transposeB !== true) return "BP2: δ = (w δ) ⊙ σ'(z)"
    if (kernel === 'Sum') return 'BP3: ∂C/∂b = δ'
    if (kernel === 'Sub' && left === 'Multiply') return '(93) w → (1 - ηλ/n) w - η/m Σ ∂C/∂w'
    if (kernel === 'Sub' && right === 'Multiply') return '(94) b → b - η/m Σ ∂C/∂b'
    return ''
  }
}
