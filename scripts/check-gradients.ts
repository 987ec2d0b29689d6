/**
 * `npm run check-gradients`: compares the gradients, derived by hand, with those of the cost.
 *
 * For each cost, activation function, depth and mini-batch size, over networks drawn at random, the worst relative error of
 *
 * - `backprop` in float32 against `tf.grads` of the summed cost: the limit is 1e-4;
 * - the float64 twin's backprop against central differences of its own cost: the limit is 1e-7 (1e-6 with rectified linear
 *   neurons, whose differences need a short step, which must not reach over a kink);
 * - `backprop` against the twin: the limit is 1e-4.
 *
 * The exit code is 1 when a limit is broken. `--backend native|wasm|cpu` chooses where TensorFlow.js computes.
 */
// for tf.grads: the Node bundle of tfjs-core registers no gradient
import '@tensorflow/tfjs'
import { grads, sum, type Tensor } from '@tensorflow/tfjs-core'
import type { ActivationName } from '../src/core/activations/index.ts'
import { loadBackend, type BackendChoice } from '../src/runtime/backend.ts'
import { costNames, costs, type CostName } from '../src/core/costs/index.ts'
import { backprop, output, type Batch } from '../src/core/network.ts'
import type { Params } from '../src/core/params.ts'

import { key, normal } from '../src/core/rng.ts'
import { withTensors } from '../src/core/scope.ts'
import { leaves, unflatten } from '../src/core/tree.ts'
import { extent } from '../src/extent.ts'
import { batchOf, hiddenNames, paramsOf, partsOf, twinCosts } from '../test/support/cases.ts'
import {
  asDistribution,
  centralDifferences,
  distanceFromKink,
  examplesOf,
  leaves as twinLeaves,
  networkOf,
  relativeError,
  summedGradient,
  type Example,
  type Network,
} from '../test/support/float64.ts'

const DEPTHS = [0, 1, 2, 3]
const BATCHES = [1, 2, 7]
const NETWORKS = 5
const LIMIT = { float32: 1e-4, float64: 1e-7 }

/** How long a step the central differences take, and what is left of the limit to rounding. */
const DIFFERENCES: Readonly<Record<ActivationName, { readonly step: number; readonly limit: number }>> = {
  sigmoid: { step: 3e-3, limit: LIMIT.float64 },
  tanh: { step: 8e-4, limit: LIMIT.float64 },
  relu: { step: 1e-4, limit: 1e-6 },
}

/** The differences must not reach over a kink of a rectified linear neuron. */
const FROM_KINK = 0.01

type Errors = { readonly tfGrads: number; readonly differences: number; readonly twin: number }

/** An endless supply of numbers near N(0, 1), so coarse that float32 holds them exactly. */
const supply = (seed: number, scale: number): (() => number) => {
  const values = normal(key(seed), 4096)
  let i = 0
  return () => (scale * Math.round(values[i++ % values.length]! * 256)) / 256
}

/** The gradient by TensorFlow.js's own automatic differentiation. */
const byTfGrads = (net: Network, params: Params, { x, y }: Batch): readonly Tensor[] => {
  const summed = (...flat: Tensor[]): Tensor => {
    const { z, a } = output(partsOf(net))(unflatten(params, flat), x)
    return sum(partsOf(net).cost.fn(z, a, y))
  }
  return grads(summed)([...leaves(params)])
}

const numbers = (tensors: readonly Tensor[]): number[][] => tensors.map(tensor => [...tensor.dataSync()])

type Drawn = { readonly net: Network; readonly examples: readonly Example[] }

/** A network and its examples; with rectified linear neurons the first that is far enough from every kink. */
const draw = (name: CostName, hidden: ActivationName, depth: number, m: number, seed: number): Drawn => {
  // tanh saturates sooner, and rectified linear neurons have no bound: smaller weights keep slopes and outputs moderate
  const next = supply(seed, hidden === 'sigmoid' ? 1 : 0.5)
  const sizes = Array.from({ length: depth + 2 }, (_, l) => 1 + ((seed * 7 + l * 5) % 8))
  for (;;) {
    const net = networkOf(sizes, twinCosts[name], next, hidden)
    const drawn = examplesOf(m, sizes, next, () => (next() > 0 ? 1 : 0.25))
    const examples = costs[name].targets === 'distribution' ? drawn.map(asDistribution) : drawn
    if (hidden !== 'relu' || distanceFromKink(net, examples) > FROM_KINK) return { net, examples }
  }
}

const errorsOf = ({ net, examples }: Drawn): Errors => {
  const { step } = DIFFERENCES[net.hidden ?? 'sigmoid']
  const exact = twinLeaves(summedGradient(net, examples))
  return withTensors(
    () => {
      const params = paramsOf(net)
      const batch = batchOf(examples)
      return { byHand: leaves(backprop(partsOf(net))(params, batch)), byTf: byTfGrads(net, params, batch) }
    },
    ({ byHand, byTf }) => ({
      tfGrads: relativeError(numbers(byHand), numbers(byTf), 1e-6),
      differences: relativeError(exact, twinLeaves(centralDifferences(net, examples, step)), 1e-6),
      twin: relativeError(numbers(byHand), exact, 1e-6),
    }),
  )
}

const worst = (errors: readonly Errors[]): Errors => ({
  tfGrads: extent(errors.map(({ tfGrads }) => tfGrads))[1],
  differences: extent(errors.map(({ differences }) => differences))[1],
  twin: extent(errors.map(({ twin }) => twin))[1],
})

const holds = ({ tfGrads, differences, twin }: Errors, hidden: ActivationName): boolean =>
  tfGrads <= LIMIT.float32 && differences <= DIFFERENCES[hidden].limit && twin <= LIMIT.float32

const flag = process.argv.indexOf('--backend')
const backend = await loadBackend((flag < 0 ? 'auto' : process.argv[flag + 1]) as BackendChoice)()
if (backend._tag === 'Left') {
  console.error(`network2: ${backend.left.message}\n  ${backend.left.remedy}`)
  process.exit(2)
}

const row = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(17) : cell.padStart(i < 4 ? 11 : 16))).join('')

console.log(`Worst relative errors over ${NETWORKS} networks each, backend ${backend.right.name}\n`)
console.log(row(['cost', 'activation', 'hidden', 'batch', 'tf.grads', 'float64 twin', 'twin: central']))
console.log(row(['', '', 'layers', 'size', '(float32)', '(float32)', 'differences']))
let seed = 1
let broken = 0
for (const cost of costNames)
  for (const hidden of hiddenNames)
    for (const depth of DEPTHS)
      for (const m of BATCHES) {
        const errors = worst(
          Array.from({ length: NETWORKS }, () => errorsOf(draw(cost, hidden, depth, m, seed++))),
        )
        if (!holds(errors, hidden)) broken++
        console.log(
          row([
            cost,
            hidden,
            String(depth),
            String(m),
            ...[errors.tfGrads, errors.twin, errors.differences].map(e => e.toExponential(1)),
          ]) + (holds(errors, hidden) ? '' : '   BROKEN'),
        )
      }
console.log(
  broken === 0
    ? `\nAll within ${LIMIT.float32} in float32 and ${LIMIT.float64} in float64 (${DIFFERENCES.relu.limit} with relu).`
    : `\n${broken} rows break the limit of ${LIMIT.float32} in float32 or ${LIMIT.float64} in float64.`,
)
process.exitCode = broken === 0 ? 0 : 1
