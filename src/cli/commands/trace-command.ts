/**
 * `trace`: the training step as the program that is compiled, with the equations of the book.
 */
import { ones, scalar, tensor1d, zeros, type Rank } from '@tensorflow/tfjs-core'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { loadBackend } from '../../runtime/backend.ts'
import { cSource } from '../../compiler/c/c-source.ts'
import { processorVectors } from '../../compiler/c/processor.ts'
import type { SourceForm } from '../../compiler/emit/buffer.ts'
import { canonicalize } from '../../compiler/passes/canonicalize.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import { gatherSources } from '../../compiler/passes/sparsify.ts'
import { print, type Node, type Program as Traced, type Ref } from '../../compiler/program.ts'
import type { StepLayout } from '../../compiler/rows.ts'
import { trace } from '../../compiler/trace.ts'
import { writeProgram } from '../../compiler/wasm/compile.ts'
import type { Network } from '../../core/network.ts'
import type { Optimizer } from '../../core/optimizer.ts'
import { optimizers } from '../../core/optimizers/index.ts'
import { initialValues, toParams, type Sizes } from '../../core/params.ts'
import { networkNamed } from '../../core/parts.ts'
import type { Regularizer } from '../../core/regularizer.ts'
import { regularizers } from '../../core/regularizers/index.ts'
import { key } from '../../core/rng.ts'
import { withTensors } from '../../core/scope.ts'
import { leaves } from '../../core/tree.ts'
import { trainStep } from '../../core/train.ts'
import { oneWordOf } from '../../options/decode.ts'
import { withDefault } from '../../options/option.ts'
import { outputOptions, trainingOptions } from '../../options/train-options.ts'
import { dropoutFits, momentumOf } from '../../runs/run-plan.ts'
import { defineCommand } from '../command.ts'

/** The network of the chapter. */
const BOOK: Sizes = [784, 30, 10]

export const traceCommand = defineCommand({
  describe: 'Prints the training step as the program that is compiled.',
  options: {
    // without data and without a saved network
    cost: { ...trainingOptions.cost, byDefault: 'xent' },
    sizes: { ...trainingOptions.sizes, byDefault: BOOK.join() },
    miniBatchSize: trainingOptions.miniBatchSize,
    activation: trainingOptions.activation,
    regularizer: trainingOptions.regularizer,
    optimizer: trainingOptions.optimizer,
    momentum: trainingOptions.momentum,
    dropout: trainingOptions.dropout,
    as: withDefault<Form>(oneWordOf(['program', 'c']), 'program', {
      help: 'program (the kernels, with the equations of the book) | c (what the C engine compiles, for images with dark pixels)',
    }),
    debug: outputOptions.debug,
  },
  examples: [
    ['--cost quadratic', 'its kernels, with the equations of the book'],
    ['--cost log-likelihood --momentum 0.9 --dropout 0.5', 'the same for other parts'],
    ['--as c', 'the same step in C'],
  ],
  run: (
    { cost = 'xent', sizes = BOOK, miniBatchSize, activation, regularizer, dropout, as, ...flags },
    env,
  ) =>
    pipe(
      TE.fromEither(dropoutFits(dropout, sizes)),
      TE.flatMap(() => loadBackend('cpu')),
      TE.map(() => {
        const names = { cost, activation, regularizer, ...momentumOf(flags) }
        const parts = {
          ...networkNamed(names),
          regularizer: regularizers[names.regularizer],
          optimizer: optimizers[names.optimizer],
        }
        const { program, layout } = programOf(parts, sizes, miniBatchSize, dropout > 0)
        const text = as === 'c' ? inC(program, layout) : print(program, equationIn(parts, program))
        for (const line of text.split('\n')) env.out(line)
      }),
    ),
})

type Form = 'program' | 'c'

type StepParts = Network & { readonly regularizer: Regularizer; readonly optimizer: Optimizer }

type Step = { readonly program: Traced; readonly layout: StepLayout }

/** The C of a step whose images are sparse. */
const inC = (program: Traced, layout: StepLayout): string => {
  const canonical = canonicalize(simplify(program))
  const [images, ...others] = gatherSources(canonical, layout)
  const forms = new Map<number, SourceForm>(others.map(index => [index, 'dense']))
  if (images !== undefined) forms.set(images, 'sparse')
  const machine = processorVectors()
  return cSource(writeProgram(canonical, forms, layout, machine).functions(0), machine)
}

/** Enough rows for a mini-batch to be gathered from; how many there are in all makes no difference. */
const programOf = (parts: StepParts, sizes: Sizes, m: number, hasDropout: boolean): Step =>
  withTensors(
    () => {
      const params = toParams(initialValues('default', key(0), sizes))
      const { optimizer, regularizer } = parts
      const scale = optimizer.scale({ eta: 0.5, lmbda: 0, mu: 0.9, m, n: m }, regularizer)
      return {
        state: { params, optimizer: optimizer.init(params) },
        constants: {
          x: zeros<Rank.R2>([m, sizes[0]]),
          y: zeros<Rank.R2>([m, sizes.at(-1)!]),
          ...Object.fromEntries(Object.entries(scale).map(([name, value]) => [name, scalar(value)])),
        },
        inputs: {
          rows: tensor1d(Int32Array.from({ length: m }, (_, i) => i)),
          masks: hasDropout ? sizes.slice(1, -1).map(neurons => ones<Rank.R1>([neurons])) : [],
        },
      }
    },
    ({ state, constants, inputs }) => ({
      program: trace(trainStep(parts), [
        ['', state],
        ['', constants],
        ['', inputs],
      ]),
      layout: { carried: leaves(state).length, rows: leaves(inputs).length },
    }),
  )

/** The equation of the book whose left-hand side a node computes, if any. */
const equationIn = (
  { hidden, cost, regularizer, optimizer }: StepParts,
  program: Traced,
): ((node: Node) => string) => {
  const { nodes, inputs, outputs } = program
  const equations = new Map<Node, string>()
  const label = (node: Node | undefined, equation: string): void => {
    if (node !== undefined) equations.set(node, equation)
  }
  const nodeOf = (ref: Ref | undefined): Node | undefined =>
    ref?.kind === 'node' ? nodes[ref.index] : undefined
  const source = (node: Node | undefined, i: number): Node | undefined => nodeOf(node?.inputs[i])
  const isInput = (ref: Ref | undefined, name: RegExp): boolean =>
    ref?.kind === 'input' && name.test(inputs[ref.index]!.name)
  /** What a mask is multiplied with; the node itself, if there is none. */
  const unmasked = (node: Node | undefined, equation: string): Node | undefined => {
    if (!isInput(node?.inputs[1], /^masks/)) return node
    label(node, equation)
    return source(node, 0)
  }

  // each layer's error is the left factor of its weight gradient, and the activation below it the right one; the output
  // layer comes first
  const gradients = nodes.filter(
    ({ kernel, attributes }) => kernel === 'BatchMatMul' && attributes.transposeA === true,
  )
  const [delta, ...deltasBelow] = gradients.map(node => source(node, 0))
  for (const node of gradients) label(node, 'BP4: ∂C/∂w = δ a')
  for (const node of nodes) {
    if (node.kernel === 'Sum') label(node, 'BP3: ∂C/∂b = δ')
    if (node.kernel === 'GatherV2') label(node, 'the mini-batch')
    // of the weights alone: not a product, and not a step
    if (node.inputs.length === 1 && isInput(node.inputs[0], /^params.*w$/))
      label(node, `the slope of the penalty: ${regularizer.slope}`)
  }

  label(delta, `BP1, ${cost.equation}`)
  const difference = source(delta, 0)?.kernel === 'Sub' ? source(delta, 0) : delta
  if (difference !== delta && 'slope' in cost.output) label(source(delta, 1), String(cost.output.slope))
  const a = source(difference, 0)
  // linear outputs are the weighted inputs
  if (a?.inputs.length === 1) label(a, cost.output.equation)

  for (const final of deltasBelow) {
    const below = unmasked(final, 'dropout: δ ⊙ r')
    // the slope is computed from a, which a mask has made 0 where it is 0
    const where = below === final ? '' : ', where r = 1'
    label(below, `BP2: δ = (w δ) ⊙ σ'(z)${where}`)
    label(source(below, 1), hidden.slope + where)
  }
  for (const node of gradients.slice(0, -1))
    label(unmasked(source(node, 1), 'dropout: a ⊙ r'), hidden.equation)

  const ofState = optimizer.equations(regularizer)
  outputs.forEach((ref, i) => label(nodeOf(ref), ofState[inputs[i]!.name.replace(/\[\d+\]/g, '')] ?? ''))
  return node => equations.get(node) ?? ''
}
