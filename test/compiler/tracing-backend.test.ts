/**
 * A function is traced on the cpu backend, whatever the current one is: what TensorFlow.js's WebAssembly backend cannot compute can
 * be compiled there all the same. The caller notices nothing.
 */
// registers the gradients, and the cpu backend
import '@tensorflow/tfjs'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eager } from '../../src/compiler/eager.ts'
import { jit } from '../../src/compiler/jit.ts'
import { print } from '../../src/compiler/program.ts'
import { scan } from '../../src/compiler/stacked-scan.ts'
import { trace, TraceError } from '../../src/compiler/trace.ts'
import { wasm } from '../../src/compiler/wasm/wasm.ts'
import { key, normalNumbers } from '../../src/core/rng.ts'
import { dispose, using, withTensors } from '../../src/core/scope.ts'
import { leaves, type Tree } from '../../src/core/tree.ts'
import { useBackend } from '../support/engines.ts'
import { relativeError } from '../support/float64.ts'

const engine = wasm()

beforeEach(() => useBackend('wasm'))
afterEach(async () => {
  engine.dispose()
  await tf.setBackend('cpu')
})

type Weights = { readonly filter: tf.Tensor4D; readonly table: tf.Tensor2D; readonly w: tf.Tensor2D }
type Batch = { readonly images: tf.Tensor4D; readonly words: tf.Tensor2D }

const normal = (seed: number, ...shape: number[]): tf.Tensor =>
  tf.tensor(normalNumbers(key(seed), tf.util.sizeFromShape(shape)), shape)

/** A step of gradient descent on a convolution with pooling, and an embedding. It says its loss. */
const step = ({ filter, table, w }: Weights, rate: tf.Scalar, { images, words }: Batch) => {
  const loss = (f: tf.Tensor4D, t: tf.Tensor2D, v: tf.Tensor2D): tf.Scalar => {
    const pooled = tf.maxPool(tf.relu(tf.conv2d(images, f, 1, 'same')), 2, 2, 'valid')
    const seen = tf.concat([tf.reshape(pooled, [2, -1]), tf.reshape(tf.gather(t, words), [2, -1])], 1)
    return tf.mean(tf.square(tf.sub(tf.matMul(seen, v), 1)))
  }
  const { value, grads } = tf.valueAndGrads((...given) =>
    loss(...(given as unknown as Parameters<typeof loss>)),
  )([filter, table, w])
  const [a, b, c] = [filter, table, w].map((of, i) => tf.sub(of, tf.mul(rate, grads[i]!)))
  return [{ filter: a, table: b, w: c } as Weights, value] as const
}

const given = () => ({
  s0: { filter: normal(1, 3, 3, 1, 2), table: normal(2, 5, 3), w: normal(3, 14, 1) } as Weights,
  rate: tf.scalar(0.01),
  xs: {
    images: normal(4, 6, 2, 4, 4, 1) as never,
    words: tf.tensor3d(Int32Array.from({ length: 24 }, (_, i) => (i * 7) % 5), [6, 2, 2], 'int32'), // prettier-ignore
  },
})

const numbers = (tree: Tree): number[][] => leaves(tree).map(leaf => [...leaf.dataSync()])

describe('with the WebAssembly backend of TensorFlow.js', () => {
  it('the cpu backend does not advertise the native one in a trace', () => {
    // as if no operation had run on it; a warning fails a test
    Object.assign(tf.findBackend('cpu') as object, { firstUse: true })
    const program = withTensors(
      () => tf.tensor1d([1, 2]),
      x => print(trace((given: tf.Tensor1D) => tf.square(given), [['x', x]])),
    )
    expect(program).toContain('Square')
  })

  it('a convolutional network and an embedding train, which cannot train there eagerly', async () => {
    const found = withTensors(given, ({ s0, rate, xs }) => using(scan(engine)(step)(s0, rate, xs), numbers))
    for (const kernel of ['Conv2DBackpropFilter', 'UnsortedSegmentSum'])
      expect(tf.getKernel(kernel, 'wasm')).toBeUndefined()
    expect(tf.getBackend()).toBe('wasm')
    const eagerly = () =>
      withTensors(given, ({ s0, rate, xs }) => using(scan(eager)(step)(s0, rate, xs), numbers))
    await tf.setBackend('cpu')
    const wanted = eagerly()
    expect(relativeError(found, wanted, 1e-2)).toBeLessThan(1e-5)
  })

  it('a captured tensor is a constant, and its numbers stay where they are', () => {
    const x = tf.tensor1d([1, 2, 3])
    // a result of the backend's own kernels
    const captured = tf.square(x)
    const whole = tf.tensor1d([1, 0, 1], 'int32')
    const before = tf.memory()
    const home = (tensor: tf.Tensor) => tf.engine().state.tensorInfo.get(tensor.dataId)?.backend
    const f = (given: tf.Tensor1D) =>
      tf.add(tf.mul(given, tf.reshape(captured, [3])), tf.cast(whole, 'float32'))
    expect(print(trace(f, [['x', x]]))).toContain('c0 = 1 4 9 : float32[3]')
    expect(tf.memory()).toEqual(before)
    expect([captured, whole, x].map(home)).toEqual([tf.backend(), tf.backend(), tf.backend()])
    using(jit(engine)(f)(x), result => expect([...result.dataSync()]).toEqual([2, 8, 28]))
    expect([...captured.dataSync()]).toEqual([1, 4, 9])
    dispose([x, captured, whole])
  })

  it('an error leaves the backend as it was, also one in a trace inside a trace', () => {
    const x = tf.tensor1d([1, 2, 3])
    const before = tf.memory().numTensors
    const captured = tf.scalar(2)
    const broken = (given: tf.Tensor1D): tf.Tensor => {
      tf.mul(given, captured)
      throw new Error('in the middle')
    }
    const nested = (given: tf.Tensor1D): tf.Tensor => {
      expect(tf.getBackend()).toBe('cpu')
      expect(() => trace(broken, [['y', given]])).toThrow('in the middle')
      expect(tf.getBackend()).toBe('cpu')
      return tf.mul(given, captured)
    }
    expect(() => trace(broken, [['x', x]])).toThrow('in the middle')
    expect(tf.getBackend()).toBe('wasm')
    expect(print(trace(nested, [['x', x]]))).toContain('%0 = Multiply(x, c0)')
    expect(tf.getBackend()).toBe('wasm')
    expect(() => trace((given: tf.Tensor1D) => tf.scalar(given.dataSync()[0]!), [['x', x]])).toThrow(
      'a tensor is read',
    )
    expect(() => trace((_x: tf.Tensor1D) => tf.scalar(captured.dataSync()[0]!), [['x', x]])).toThrow(
      'a tensor is read',
    )
    expect(tf.getBackend()).toBe('wasm')
    dispose(captured)
    expect(tf.memory().numTensors).toBe(before)
    dispose(x)
  })

  it('a kernel that only the current backend has is refused by name', () => {
    tf.registerKernel({
      kernelName: 'OnlyHere',
      backendName: 'wasm',
      kernelFunc: ({ inputs }) => inputs.x!,
    })
    const x = tf.tensor1d([1])
    const f = (given: tf.Tensor1D) => tf.engine().runKernel<tf.Tensor>('OnlyHere', { x: given })
    expect(() => trace(f, [['x', x]])).toThrow(TraceError)
    expect(() => trace(f, [['x', x]])).toThrow('the kernel OnlyHere is not supported by the compiler')
    tf.unregisterKernel('OnlyHere', 'wasm')
    dispose(x)
  })
})

describe('products are not computed while a function is traced', () => {
  const shapesOf = (f: (a: never, b: never) => Tree, a: number[], b: number[]): string[] =>
    withTensors(
      () => ({ a: tf.zeros(a), b: tf.zeros(b) }),
      given => trace(f as never, [['a', given.a], ['b', given.b]] as never).nodes.map(({ kernel, outputs }) => `${kernel} ${outputs[0]!.shape.join()}`), // prettier-ignore
    )

  it('but have the shapes of TensorFlow.js', () => {
    const { matMul, conv2d } = tf
    for (const [transposeA, a] of [
      [false, [2, 3, 4]],
      [true, [2, 4, 3]],
    ] as const)
      // prettier-ignore
      for (const [transposeB, b] of [[false, [2, 4, 5]], [true, [2, 5, 4]]] as const) // prettier-ignore
        expect(shapesOf((x: tf.Tensor, y: tf.Tensor) => matMul(x, y, transposeA, transposeB), [...a], [...b])).toEqual([
          'BatchMatMul 2,3,5',
        ])
    for (const [strides, pad, dilations] of [
      [1, 'same', 1],
      [2, 'valid', 1],
      [1, 'valid', 2],
      [2, 1, 1],
    ] as const) {
      // prettier-ignore
      const convolved = (x: tf.Tensor4D, w: tf.Tensor4D) => conv2d(x, w, strides, pad, 'NHWC', dilations)
      const eager = withTensors(
        () => ({ a: tf.zeros([2, 7, 8, 3]), b: tf.zeros([2, 3, 3, 4]) }),
        ({ a, b }) => withTensors(() => convolved(a as tf.Tensor4D, b as tf.Tensor4D), y => y.shape.join()), // prettier-ignore
      )
      expect(shapesOf(convolved, [2, 7, 8, 3], [2, 3, 3, 4])).toEqual([`Conv2D ${eager}`])
    }
  })

  it('and are refused where the matrices do not fit', () => {
    expect(() => shapesOf((x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y), [2, 3], [2, 3])).toThrow(/inner/i)
  })
})
