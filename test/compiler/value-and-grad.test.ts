/**
 * `valueAndGrad`, eagerly and in compiled functions, on functions whose gradients are known.
 */
import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jit } from '../../src/compiler/jit.ts'
import { optim } from '../../src/compiler/optim.ts'
import { valueAndGrad } from '../../src/compiler/value-and-grad.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { leaves, type Tree } from '../../src/core/tree.ts'
import { interpreterOf, pairs } from '../support/engines.ts'
import { relativeError } from '../support/float64.ts'

type Params = { readonly w: tf.Tensor1D; readonly more: readonly [tf.Scalar, tf.Tensor1D] }

const params = (): Params => ({ w: tf.tensor1d([1, 2, -3]), more: [tf.scalar(0.5), tf.tensor1d([4])] })

/** Σ (b w)² x; the last parameter is not used. */
const cost = ({ w, more: [b] }: Params, x: tf.Tensor1D): tf.Scalar =>
  tf.sum(tf.mul(tf.square(tf.mul(b, w)), x))

const all = (tree: Tree): number[][] => leaves(tree).map(leaf => [...leaf.dataSync()])

const free = (...trees: readonly Tree[]): void => tf.dispose(trees.flatMap(leaves))

for (const pair of pairs)
  describe.skipIf(pair.needs.isMissing)(
    `valueAndGrad on ${pair.backend} ${pair.engine}`,
    pair.needs.why,
    () => {
      let engine: Interpreter
      beforeAll(async () => {
        engine = await interpreterOf(pair)
      })
      afterAll(async () => {
        engine.dispose()
        await tf.setBackend('cpu')
      })

      it('of a tree: the value, a gradient like the tree, and 0 where nothing depends on it', () => {
        const [given, x] = [params(), tf.tensor1d([1, 2, 3])]
        const f = jit(engine)((input: { given: Params; x: tf.Tensor1D }) =>
          valueAndGrad(cost)(input.given, input.x),
        )
        const { value, grads } = f({ given, x })
        expect(all(value)).toEqual([[9]])
        expect(all(grads)).toEqual([[0.5, 2, -4.5], [36], [0]])
        free(given, x, value, grads)
      })

      it('with other results, of which one is a parameter', () => {
        const [given, x] = [params(), tf.tensor1d([1, 2, 3])]
        const withAux = valueAndGrad(
          (now: Params, by: tf.Tensor1D) => [
            cost(now, by),
            { twice: tf.mul<tf.Tensor1D>(2, now.w), same: now.w },
          ],
          { hasAux: true },
        )
        const found = jit(engine)((input: { given: Params; x: tf.Tensor1D }) =>
          withAux(input.given, input.x),
        )({
          given,
          x,
        })
        expect(all(found.aux)).toEqual([
          [2, 4, -6],
          [1, 2, -3],
        ])
        expect(all(found.value)).toEqual([[9]])
        expect(all(found.grads)[0]).toEqual([0.5, 2, -4.5])
        free(given, x, found)
      })

      it('a tensor that is also another argument counts once', () => {
        const w = tf.tensor1d([1, 2, -3])
        const f = valueAndGrad((now: tf.Tensor1D, target: tf.Tensor1D): tf.Scalar =>
          tf.sum(tf.mul(now, target)),
        )
        const found = jit(engine)((input: tf.Tensor1D) => f(input, input))(w)
        expect(all(found.grads)).toEqual([[1, 2, -3]])
        free(w, found)
      })

      it('of a gradient: the product of the second derivative with a vector', () => {
        // Σ w⁴ / 4 has the gradient w³ and the second derivatives 3 w²
        const inner = valueAndGrad((w: tf.Tensor1D): tf.Scalar =>
          tf.mul(0.25, tf.sum(tf.square(tf.square(w)))),
        )
        const outer = valueAndGrad((w: tf.Tensor1D, v: tf.Tensor1D): tf.Scalar =>
          tf.sum(tf.mul(inner(w).grads, v)),
        )
        const [w, v] = [tf.tensor1d([1, 2, -3]), tf.tensor1d([1, 10, 100])]
        const found = jit(engine)((input: { w: tf.Tensor1D; v: tf.Tensor1D }) => outer(input.w, input.v))({
          w,
          v,
        })
        expect(relativeError(all(found.grads), [[3, 120, 2700]], 1)).toBeLessThan(1e-6)
        free(w, v, found)
      })

      it('in a scan with adam: a network learns XOR', () => {
        const x = tf.tensor2d([[0, 0], [0, 1], [1, 0], [1, 1]]) // prettier-ignore
        const y = tf.tensor2d([[0], [1], [1], [0]])
        const net = {
          w1: tf.tensor2d([0.9, -0.7, 0.4, 0.3, -0.5, 0.8, -0.6, 0.2], [2, 4]),
          b1: tf.tensor1d([0.1, -0.2, 0.3, 0]),
          w2: tf.tensor2d([0.5, -0.4, 0.7, 0.6], [4, 1]),
        }
        const loss = valueAndGrad(
          ({ w1, b1, w2 }: typeof net, data: { x: tf.Tensor2D; y: tf.Tensor2D }): tf.Scalar =>
            tf.losses.meanSquaredError(data.y, tf.matMul(tf.tanh(tf.add(tf.matMul(data.x, w1), b1)), w2)),
        )
        const { init, update } = optim.adam(0.05)
        const state = { params: net, state: init(net) }
        const steps = tf.zeros<tf.Rank.R1>([300])
        const end = engine.scan(
          (now: typeof state, data: { x: tf.Tensor2D; y: tf.Tensor2D }, _step: tf.Scalar) =>
            update(loss(now.params, data).grads, now.state, now.params),
        )(state, { x, y }, steps, [0, 300])
        const last = loss(end.params, { x, y })
        expect(last.value.dataSync()[0]).toBeLessThan(1e-3)
        free(x, y, state, steps, end, last)
      })
    },
  )

describe('valueAndGrad refuses', () => {
  it('without the gradients of TensorFlow.js, and says where they are', () => {
    const gradient = tf.getGradient('Identity')
    tf.unregisterGradient('Identity')
    const w = tf.scalar(2)
    try {
      expect(() => valueAndGrad((now: tf.Scalar): tf.Scalar => tf.square(now))(w)).toThrow(
        'the gradients of TensorFlow.js are not loaded: import @tensorflow/tfjs',
      )
    } finally {
      tf.registerGradient(gradient)
      free(w)
    }
  })

  it('parameters that are no float32 tensors, by their path', () => {
    const w = { a: [tf.scalar(1), tf.scalar(1, 'int32')] }
    expect(() => valueAndGrad((): tf.Scalar => tf.scalar(0))(w)).toThrow(
      'valueAndGrad: params.a[1] is int32; gradients are taken by float32 tensors',
    )
    free(w)
  })

  it('a function that returns no number, and leaves no tensor', () => {
    const w = tf.tensor1d([1, 2])
    expect(() =>
      valueAndGrad(now => [tf.square(now as tf.Tensor) as never, { now }], { hasAux: true })(w),
    ).toThrow('valueAndGrad: the function returns float32[2], not a number (float32[])')
    free(w)
  })

  it('an operation without a gradient, and leaves no tensor', () => {
    const w = tf.tensor1d([1, 2])
    const f = valueAndGrad(
      (now: tf.Tensor1D): readonly [tf.Scalar, Tree] => [
        tf.sum<tf.Scalar>(tf.mod(tf.erf(now), tf.cumprod(now))),
        { now },
      ],
      {
        hasAux: true,
      },
    )
    expect(() => f(w)).toThrow(/gradient/i)
    free(w)
  })
})
