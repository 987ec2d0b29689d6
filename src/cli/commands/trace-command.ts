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
        for (const line of print(program, equationIn(cost, program)).split('\n')) env.out(line)
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
        ['', { rows, masks: [] }],
      ]),
  )

/** The equation of the book whose left-hand side a node computes, if any. */
const equationIn = (cost: CostName, { nodes }: Traced): ((node: Node) => string) => {
  const source = (node: Node, i: number): Node | undefined => {
    const ref = node.inputs[i]
    return ref?.kind === 'node' ? nodes[ref.index] : undefined
  }
  const isWeightGradient = ({ kernel, attributes }: Node): boolean =>
    kernel === 'BatchMatMul' && attributes.transposeA === true
  // each layer's error is the left factor of its weight gradient, and the output layer comes first
  const deltas = nodes.filter(isWeightGradient).map(node => source(node, 0))
  return node => {
    const { kernel } = node
    const [left, right] = [source(node, 0)?.kernel, source(node, 1)?.kernel]
    if (node === deltas[0]) return `BP1, ${costs[cost].equation}`
    if (deltas.includes(node)) return "BP2: δ = (w δ) ⊙ σ'(z)"
    if (isWeightGradient(node)) return 'BP4: ∂C/∂w = δ a'
    if (kernel === 'Sum') return 'BP3: ∂C/∂b = δ'
    if (kernel === 'GatherV2') return 'the mini-batch'
    if (kernel === 'Sigmoid') return '(25) a = σ(w a + b)'
    if (kernel === 'Multiply' && left === 'Sigmoid') return "σ'(z) = a (1 - a)"
    if (kernel === 'Sub' && left === 'Multiply') return '(93) w → (1 - ηλ/n) w - η/m Σ ∂C/∂w'
    if (kernel === 'Sub' && right === 'Multiply') return '(94) b → b - η/m Σ ∂C/∂b'
    return ''
  }
}
