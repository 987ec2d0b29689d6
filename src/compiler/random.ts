/**
 * Random numbers inside a compiled function: each is a function of a key, which is an argument like any other. The same key gives
 * the same bits eagerly and on every engine; a step that is given another key draws other numbers.
 */
import {
  add,
  backend,
  getBackend,
  getKernel,
  div,
  engine,
  greaterEqual,
  less,
  log,
  mul,
  neg,
  registerKernel,
  sqrt,
  sub,
  tensor2d,
  where,
  zerosLike,
  util,
  type KernelFunc,
  type Rank,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import { keyWords, threefry2x32, uniformNumbers } from './threefry.ts'

/** The name of the kernel, for TensorFlow.js and in programs. */
export const UNIFORM = 'Network2Uniform'

const uniformKernel: KernelFunc = ({ inputs, attrs }) => {
  const [k0 = 0, k1 = 0] = backend().readSync(inputs.key!.dataId) as Int32Array
  const shape = attrs!.shape as number[]
  const numbers = uniformNumbers([k0, k1], util.sizeFromShape(shape))
  return { dataId: backend().write(numbers, shape, 'float32'), shape, dtype: 'float32' }
}

/** Gives the current backend the kernel, unless it has it. */
export const registerUniform = (): void => {
  const backendName = getBackend()
  if ((getKernel(UNIFORM, backendName) as unknown) == null)
    registerKernel({ kernelName: UNIFORM, backendName, kernelFunc: uniformKernel })
}

/**
 * Keys of random numbers, one a row: for the steps of a scan, as one of its per-step inputs.
 *
 * @param seed an integer; those up to 2^53 give different keys
 * @param n how many keys
 * @returns int32, [n, 2]; the caller owns it
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { keys } from 'network2/compiler'
 *
 * console.log(keys(1, 3).shape) // [ 3, 2 ]
 * ```
 */
export const keys = (seed: number, n: number): Tensor2D => {
  const words = keyWords(seed)
  const drawn = Array.from({ length: n }, (_, i) => threefry2x32(words, [i, 1]))
  return tensor2d(Int32Array.from(drawn.flat()), [n, 2], 'int32')
}

/**
 * Numbers from the uniform distribution over [0, 1), by Threefry-2x32.
 *
 * @param key int32, [2]; see {@link keys}
 * @param shape the shape of the result: the size of each axis
 * @returns float32, of this shape
 * @throws RangeError for a key of another kind
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { reshape, type Rank } from '@tensorflow/tfjs-core'
 * import { jit, keys, uniform, wasm } from 'network2/compiler'
 *
 * const key = reshape<Rank.R1>(keys(7, 1), [2])
 * const drawn = uniform(key, [1000])
 * const compiled = jit(wasm())((k: typeof key) => uniform(k, [1000]))(key)
 * console.log(String(drawn.dataSync()) === String(compiled.dataSync())) // true
 * ```
 */
export const uniform = <R extends Rank>(key: Tensor1D, shape: readonly number[]): Tensor<R> => {
  if (key.dtype !== 'int32' || String(key.shape) !== '2')
    throw new RangeError(`a key is int32[2], not ${key.dtype}[${String(key.shape)}]`)
  registerUniform()
  return engine().runKernel(UNIFORM, { key }, { shape: [...shape] })
}

/** M. Giles, "Approximating the erfinv function" (2010): for w < 5 and above, the coefficient of the highest power first. */
const CENTRAL = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
  2.46640727e-1, 1.50140941,
] as const
const TAIL = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
  1.00167406, 2.83297682,
] as const

const polynomial = (x: Tensor, [first, ...rest]: readonly number[]): Tensor =>
  rest.reduce<Tensor>((sum, coefficient) => add(mul(sum, x), coefficient), add(zerosLike(x), first!))

/**
 * Numbers from the normal distribution N(0, 1): √2 erf⁻¹ of uniform ones between -1 and 1.
 *
 * @param key int32, [2]; see {@link keys}
 * @param shape the shape of the result: the size of each axis
 * @returns float32, of this shape. Engines agree to the last bits of their logarithms
 * @throws RangeError for a key of another kind
 */
export const normal = <R extends Rank>(key: Tensor1D, shape: readonly number[]): Tensor<R> => {
  // from the middle of each of the 2^23 steps, so that neither end is drawn
  const x = add(mul(2, uniform(key, shape)), 2 ** -23 - 1)
  const w = neg(log(mul(sub(1, x), add(1, x))))
  const central = polynomial(sub(w, 2.5), CENTRAL)
  const tail = polynomial(sub(sqrt(w), 3), TAIL)
  return mul(mul(Math.SQRT2, x), where(less(w, 5), central, tail))
}

/**
 * Dropout: each number becomes 0 with the probability `rate`; the others are divided by 1 - rate, so that the mean stays.
 *
 * @param key int32, [2]; see {@link keys}. With the same key the same numbers are dropped
 * @param rate the probability, from 0 to below 1: about the share of the numbers that become 0
 * @param x float32, of any shape
 * @returns of the shape of x
 * @throws RangeError for another rate, or a key of another kind
 */
export const dropout = <T extends Tensor>(key: Tensor1D, rate: number, x: T): T => {
  if (!(rate >= 0 && rate < 1))
    throw new RangeError(`the rate of dropout is ${rate}; it must be from 0 to below 1`)
  return where<T>(greaterEqual(uniform(key, x.shape), rate), div(x, 1 - rate), zerosLike(x))
}
