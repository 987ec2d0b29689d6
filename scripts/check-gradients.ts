/**
 * `npm run check-gradients`: compares the gradients, derived by hand, with those of the cost.
 *
 * For each cost with its output layer, activation function, regularizer and depth, with and without dropout, over networks and
 * mini-batches drawn at random: the gradient of the mean cost with the penalty. By hand it is `backprop`, with the masks of
 * dropout, and the regularizer's `gradient`. The worst relative error of
 *
 * - this gradient in float32 against `tf.grads` of the cost: the limit is 1e-4;
 * - the float64 twin's gradient against central differences of its own cost: the limit is 1e-7 (1e-6 with rectified linear
 *   neurons, whose differences need a short step, which must not reach over a kink);
 * - this gradient against the twin's: the limit is 1e-4.
 *
 * The exit code is 1 when a limit is broken. `--backend native|wasm|cpu` chooses where TensorFlow.js computes.
 */
// for tf.grads: the Node bundle of tfjs-core registers no gradient
import '@tensorflow/tfjs'
import { add, div, grads, mul, type Tensor } from '@tensorflow/tfjs-core'
import type { ActivationName } from '../src/core/activations/index.ts'
import { costNames, costs, type CostName } from '../src/core/costs/index.ts'
import { totalCost } from '../src/core/metrics.ts'
import { backprop, type Batch, type Gradients } from '../src/core/network.ts'
import { mapLayers, type Params } from '../src/core/params.ts'
import { regularizers, type RegularizerName } from '../src/core/regularizers/index.ts'
import { key, normalNumbers } from '../src/core/rng.ts'
import { withTensors } from '../src/core/scope.ts'
import { leaves, unflatten } from '../src/core/tree.ts'
import { extent } from '../src/extent.ts'
import { aligned } from '../src/format.ts'
import { loadBackend, type BackendChoice } from '../src/runtime/backend.ts'
import {
  batchOf,
  hiddenNames,
  maskTensors,
  paramsOf,
  partsOf,
  summedCost,
  twinCosts,
} from '../test/support/cases.ts'
import {
  asDistribution,
  centralDifferences,
  distanceFromKink,
  examplesOf,
  leaves as twinLeaves,
  networkOf,
  regularizedGradient,
  relativeError,
  totalCost as twinTotalCost,
  type Example,
  type Network,
} from '../test/support/float64.ts'

const DEPTHS = [0, 1, 2, 3]
const BATCHES = [1, 2, 7]
/** Of each batch size. */
const NETWORKS = 3
const LMBDA = 0.5
const LIMIT = { float32: 1e-4, float64: 1e-7 }

/** How long a step the central differences take, and what is left of the limit to rounding. */
const DIFFERENCES: Readonly<Record<ActivationName, { readonly step: number; readonly limit: number }>> = {
  sigmoid: { step: 3e-3, limit: LIMIT.float64 },
  tanh: { step: 8e-4, limit: LIMIT.float64 },
  relu: { step: 1e-4, limit: 1e-6 },
}

/** The differences must not reach over a kink: of a rectified linear neuron, or of |w| at 0. */
const FROM_KINK = 0.01

type Errors = { readonly tfGrads: number; readonly twin: number; readonly differences: number }

type Row = {
  readonly cost: CostName
  readonly activation: ActivationName
  readonly regularizer: RegularizerName
  readonly depth: number
  readonly hasDropout: boolean
}

const rows: readonly Row[] = costNames.flatMap(cost =>
  hiddenNames.flatMap(activation =>
    (Object.keys(regularizers) as readonly RegularizerName[]).flatMap(regularizer =>
      DEPTHS.flatMap(depth =>
        (depth === 0 ? [false] : [false, true]).map(hasDropout => ({
          ...{ cost, activation, regularizer, depth, hasDropout },
        })),
      ),
    ),
  ),
)

/** An endless supply of numbers near N(0, 1), so coarse that float32 holds them exactly, and none near 0. */
const supply = (seed: number, scale: number): (() => number) => {
  const values = normalNumbers(key(seed), 4096)
  let i = 0
  return () => {
    const value = values[i++ % values.length]!
    return (scale * Math.sign(value) * Math.max(8, Math.round(Math.abs(value) * 256))) / 256
  }
}

type Drawn = { readonly net: Network; readonly examples: readonly Example[] }

/** A network and its examples; with rectified linear neurons the first that is far enough from every kink. */
const draw = ({ cost, activation, depth, hasDropout }: Row, m: number, seed: number): Drawn => {
  // tanh saturates sooner, and rectified linear neurons have no bound: smaller weights keep slopes and outputs moderate
  const next = supply(seed, activation === 'relu' || activation === 'tanh' ? 0.5 : 1)
  const sizes = Array.from({ length: depth + 2 }, (_, l) => 1 + ((seed * 7 + l * 5) % 8))
  for (;;) {
    const whole = networkOf(sizes, twinCosts[cost], next, activation)
    const net: Network = hasDropout
      ? { ...whole, masks: whole.biases.slice(0, -1).map(b => b.map(() => (next() > 0 ? 1 : 0))) }
      : whole
    const drawn = examplesOf(m, sizes, next, () => (next() > 0 ? 1 : 0.25))
    const examples = costs[cost].targets === 'distribution' ? drawn.map(asDistribution) : drawn
    if (activation !== 'relu' || distanceFromKink(net, examples) > FROM_KINK) return { net, examples }
  }
}

/** ∇C of the mini-batch, derived by hand. */
const byHand = (net: Network, params: Params, batch: Batch, regularizer: RegularizerName): Gradients => {
  const m = batch.x.shape[0]
  return mapLayers(backprop(partsOf(net))(params, batch, maskTensors(net)), ({ w, b }, l) => ({
    w: add(div(w, m), mul(LMBDA / m, regularizers[regularizer].gradient(params[l]!.w))),
    b: div(b, m),
  }))
}

/** The same by TensorFlow.js's own automatic differentiation. */
const byTfGrads = (
  net: Network,
  params: Params,
  batch: Batch,
  regularizer: RegularizerName,
): readonly Tensor[] => {
  const cost = (...flat: Tensor[]): Tensor => {
    const at = unflatten(params, flat)
    return totalCost(regularizers[regularizer], at, summedCost(net, at, batch), batch.x.shape[0], LMBDA)
  }
  return grads(cost)([...leaves(params)])
}

const numbers = (tensors: readonly Tensor[]): number[][] => tensors.map(tensor => [...tensor.dataSync()])

const errorsOf = ({ activation, regularizer }: Row, { net, examples }: Drawn): Errors => {
  const exact = twinLeaves(
    regularizedGradient(net, examples, { lmbda: LMBDA, n: examples.length, regularizer }),
  )
  const differences = centralDifferences(net, examples, DIFFERENCES[activation].step, (net, examples) =>
    twinTotalCost(net, examples, LMBDA, regularizer),
  )
  return withTensors(
    () => {
      const params = paramsOf(net)
      const batch = batchOf(examples)
      return {
        hand: leaves(byHand(net, params, batch, regularizer)),
        tf: byTfGrads(net, params, batch, regularizer),
      }
    },
    ({ hand, tf }) => ({
      tfGrads: relativeError(numbers(hand), numbers(tf), 1e-6),
      twin: relativeError(numbers(hand), exact, 1e-6),
      differences: relativeError(exact, twinLeaves(differences), 1e-6),
    }),
  )
}

const worst = (errors: readonly Errors[]): Errors => {
  const most = (of: keyof Errors): number => extent(errors.map(each => each[of]))[1]
  return { tfGrads: most('tfGrads'), twin: most('twin'), differences: most('differences') }
}

const holds = ({ activation }: Row, { tfGrads, twin, differences }: Errors): boolean =>
  tfGrads <= LIMIT.float32 && twin <= LIMIT.float32 && differences <= DIFFERENCES[activation].limit

const flag = process.argv.indexOf('--backend')
const backend = await loadBackend((flag < 0 ? 'auto' : process.argv[flag + 1]) as BackendChoice)()
if (backend._tag === 'Left') {
  console.error(`network2: ${backend.left.message}\n  ${backend.left.remedy}`)
  process.exit(2)
}

// the table follows after half a minute or more
console.log(
  `Worst relative errors over ${NETWORKS * BATCHES.length} networks each, backend ${backend.right.name}\n`,
)
const checked = rows.map((row, i) => ({
  row,
  errors: worst(
    BATCHES.flatMap((m, b) =>
      Array.from({ length: NETWORKS }, (_, k) =>
        errorsOf(row, draw(row, m, 1 + (i * BATCHES.length + b) * NETWORKS + k)),
      ),
    ),
  ),
}))

const lines = checked.map(({ row, errors }) => [
  ...[row.cost, costs[row.cost].output.name, row.activation, row.regularizer],
  ...[String(row.depth), row.hasDropout ? 'yes' : 'no'],
  ...[errors.tfGrads, errors.twin, errors.differences].map(e => e.toExponential(1)),
  holds(row, errors) ? '' : 'BROKEN',
])
for (const line of aligned(
  [
    ['', '', '', '', 'hidden', '', 'tf.grads', 'float64 twin', 'twin: central', ''],
    [
      'cost',
      'output',
      'activation',
      'penalty',
      'layers',
      'dropout',
      '(float32)',
      '(float32)',
      'differences',
      '',
    ],
    ...lines,
  ],
  column => column >= 4 && column < 9,
))
  console.log(line)

const broken = checked.filter(({ row, errors }) => !holds(row, errors)).length
console.log(
  broken === 0
    ? `\nAll within ${LIMIT.float32} in float32 and ${LIMIT.float64} in float64 (${DIFFERENCES.relu.limit} with relu).`
    : `\n${broken} rows break the limit of ${LIMIT.float32} in float32 or ${LIMIT.float64} in float64.`,
)
process.exitCode = broken === 0 ? 0 : 1
