/**
 * What Node and a browser both run, with the same result to the byte: a training, compiled to WebAssembly, on sparse
 * random images; and what else the compiler exports.
 */
import { add, exp, sum, tensor1d, tensor2d, topk, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import { eager, jit, print, trace, wasm, withFallback } from '../../src/compiler/index.ts'
import { crossEntropy } from '../../src/core/costs/cross-entropy.ts'
import { fromParams, initialValues, toParams } from '../../src/core/params.ts'
import { fold, key, normalNumbers, permutation } from '../../src/core/rng.ts'
import { dispose, using, withTensors } from '../../src/core/scope.ts'
import { train } from '../../src/core/train.ts'

const N = 203
const [WIDTH, OUTPUTS] = [64, 10]

/** The bits of every weight and bias after three epochs, and what the monitor saw, as text. */
export const trained = (): string => {
  const pixels = normalNumbers(key(1), N * WIDTH).map(x => (x > 1 ? x / 4 : 0))
  const answers = Float32Array.from({ length: N * OUTPUTS }, (_, i) =>
    Math.floor(i / OUTPUTS) % OUTPUTS === i % OUTPUTS ? 1 : 0,
  )
  const set = { x: tensor2d(pixels, [N, WIDTH]), y: tensor2d(answers, [N, OUTPUTS]) }
  const initial = toParams(initialValues('default', key(2), [WIDTH, 30, OUTPUTS]))
  const settings = {
    cost: crossEntropy,
    epochs: 3,
    miniBatchSize: 10,
    eta: 0.5,
    lmbda: 1,
    order: (epoch: number) => permutation(fold(key(3), epoch), N),
  }
  const interpreter = wasm()
  const seen: unknown[] = []
  const training = train(
    interpreter,
    settings,
    { training: set, observed: { training: set } },
    { params: initial },
  )
  let next = training.next()
  while (!next.done) {
    if (next.value.kind === 'epoch') seen.push(next.value.metrics)
    next = training.next()
  }
  const bits = fromParams(next.value.params).flatMap(({ w, b }) =>
    [w, b].flatMap(({ buffer, byteOffset, length }) => [...new Uint32Array(buffer, byteOffset, length)]),
  )
  dispose([next.value, set, initial])
  interpreter.dispose()
  return JSON.stringify({ seen, bits })
}

/** The program of a function, its result, and that of a function that the compiler leaves to the eager engine. */
export const compiled = (): string => {
  const sumOfPowers = (x: Tensor1D): Scalar => sum<Scalar>(exp(x))
  const largest = (x: Tensor1D): Tensor1D => add(topk(x, 1).values, 1)
  const reasons: string[] = []
  const engine = withFallback(wasm(), eager, reason => reasons.push(reason))
  const numbers = withTensors(
    () => tensor1d([0.5, 3, -2]),
    x => ({
      program: print(trace(sumOfPowers, [['x', x]])),
      compiled: using(jit(engine)(sumOfPowers)(x), result => [...result.dataSync()]),
      engine: engine.name,
      eager: using(jit(engine)(largest)(x), result => [...result.dataSync()]),
    }),
  )
  const compilations = engine.compilations()
  engine.dispose()
  return JSON.stringify({ ...numbers, compilations, reasons })
}
