/**
 * The gradient of a function of a tree of parameters.
 */
import { engine, getGradient, zerosLike, type Scalar } from '@tensorflow/tfjs-core'
import { dispose, dropTape, keptAside, scoped, takenUp } from '../core/scope.ts'
import { leaves, map, paths, signature, unflatten, type Tree } from '../core/tree.ts'

/** A value, and its gradient by the parameters: a tree like theirs, with the same shapes. */
export type ValueAndGrad<P extends Tree> = {
  /** The number that the function returned. */
  readonly value: Scalar
  /** The gradient: a tree like the parameters, with the same shapes. */
  readonly grads: P
}

/** The same, with what else the function returned. */
export type ValueGradAndAux<P extends Tree, A extends Tree> = ValueAndGrad<P> & {
  /** The tree of other results. */
  readonly aux: A
}

type Compute = <P extends Tree, A extends Tree>(
  f: (params: P) => readonly [Scalar, A],
  params: P,
) => ValueGradAndAux<P, A>

const compute: Compute = scoped((f, params) => {
  if ((getGradient('Identity') as unknown) === undefined)
    throw new TypeError(
      'valueAndGrad: the gradients of TensorFlow.js are not loaded: import @tensorflow/tfjs, which has them, or, where a bundler loads ' +
        '@tensorflow/tfjs-core alone, @tensorflow/tfjs-core/dist/register_all_gradients',
    )
  const names = paths(params, 'params')
  leaves(params).forEach(({ dtype }, i) => {
    if (dtype !== 'float32')
      throw new TypeError(`valueAndGrad: ${names[i]!} is ${dtype}; gradients are taken by float32 tensors`)
  })
  // handles of their own: the same tensor may be among the other arguments, by which no gradient is taken
  const given = map(params, leaf => leaf.clone())
  let aux: Tree = []
  try {
    const { value, grads } = engine().gradients(
      () => {
        const [loss, rest] = f(given)
        if ((loss as unknown) === undefined || signature(loss) !== 'float32[]')
          throw new TypeError(
            `valueAndGrad: the function returns ${signature(loss)}, not a number (float32[])`,
          )
        aux = map(rest, leaf => keptAside(leaf.clone()))
        return loss
      },
      [...leaves(given)],
      undefined,
      true,
    )
    return {
      value,
      // a parameter on which the value does not depend has none
      grads: unflatten(
        params,
        leaves(given).map((leaf, i) => grads[i] ?? zerosLike(leaf)),
      ),
      aux: map(aux, takenUp),
    } as never
  } catch (error) {
    dispose(aux)
    dropTape()
    throw error
  }
})

/**
 * A function that returns the value of `f` and its gradient by its first argument, as `jax.value_and_grad`. It can be called eagerly
 * and in compiled functions. The gradients are TensorFlow.js's own, which `@tensorflow/tfjs` loads.
 *
 * @param f a function of the parameters, which are a tree of float32 tensors, and of any other arguments; it returns a number. With
 *          `hasAux` it returns a pair: the number, and a tree of other results, such as a metric, through which no gradient is taken
 * @returns a function that borrows its arguments; the caller owns its result, whose gradient is 0 for a parameter on which the number
 *          does not depend. It throws a TypeError for parameters that are not float32 and for results that are no number
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs'
 * import { keys, normal, optim, valueAndGrad, wasm } from 'network2/compiler'
 *
 * const draw = (seed: number, ...shape: number[]): tf.Tensor2D =>
 *   normal(tf.reshape<tf.Rank.R1>(keys(seed, 1), [2]), shape)
 * const params = { w1: draw(1, 2, 8), b1: tf.zeros<tf.Rank.R1>([8]), w2: draw(2, 8, 1) }
 * type Batch = { x: tf.Tensor2D; y: tf.Tensor2D }
 * const loss = valueAndGrad(({ w1, b1, w2 }: typeof params, { x, y }: Batch): tf.Scalar =>
 *   tf.losses.meanSquaredError(y, tf.matMul(tf.tanh(tf.add(tf.matMul(x, w1), b1)), w2)),
 * )
 * const { init, update } = optim.adam(0.05)
 * const state = { params, state: init(params) }
 * const xor = { x: tf.tensor2d([[0, 0], [0, 1], [1, 0], [1, 1]]), y: tf.tensor2d([[0], [1], [1], [0]]) }
 * const train = wasm().scan((now: typeof state, data: Batch, _step: tf.Scalar) =>
 *   update(loss(now.params, data).grads, now.state, now.params),
 * )
 * const end = train(state, xor, tf.zeros<tf.Rank.R1>([500]), [0, 500])
 * console.log(loss(end.params, xor).value.dataSync()[0]! < 0.001) // true
 * ```
 */
export function valueAndGrad<P extends Tree, R extends readonly unknown[]>(
  f: (params: P, ...rest: R) => Scalar,
): (params: P, ...rest: R) => ValueAndGrad<P>
/**
 * The same, of a function that also returns other results.
 *
 * @param f returns a pair: the number, and a tree of other results
 */
export function valueAndGrad<P extends Tree, R extends readonly unknown[], A extends Tree>(
  f: (params: P, ...rest: R) => readonly [Scalar, A],
  options: { readonly hasAux: true },
): (params: P, ...rest: R) => ValueGradAndAux<P, A>
export function valueAndGrad<P extends Tree, R extends readonly unknown[], A extends Tree>(
  f: (params: P, ...rest: R) => Scalar | readonly [Scalar, A],
  { hasAux = false }: { readonly hasAux?: boolean } = {},
): (params: P, ...rest: R) => ValueAndGrad<P> & { readonly aux?: A } {
  const pair = (params: P, rest: R): readonly [Scalar, Tree] => {
    const found = f(params, ...rest)
    return hasAux ? (found as readonly [Scalar, A]) : [found as Scalar, []]
  }
  return (params, ...rest) => {
    const { aux, ...found } = compute(now => pair(now, rest), params)
    return hasAux ? { ...found, aux: aux as A } : found
  }
}
