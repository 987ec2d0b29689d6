/**
 * A long training in a process of its own: `soak.ts BACKEND ENGINE EPOCHS EXAMPLES` prints, as JSON, the tensors and
 * the resident memory (bytes) after each epoch, and the number of compilations.
 */
import { memory, tensor2d } from '@tensorflow/tfjs-core'
import { loadBackend, type BackendName } from '../../src/runtime/backend.ts'
import { crossEntropy } from '../../src/core/costs/cross-entropy.ts'
import { engines } from '../../src/runtime/engine.ts'
import { initialValues, toParams } from '../../src/core/params.ts'
import { fold, key, normalNumbers, permutation } from '../../src/core/rng.ts'
import { train } from '../../src/core/train.ts'

const [backend, engine, epochs, examples] = process.argv.slice(2)
const n = Number(examples)
await loadBackend(backend as BackendName)()
const interpreter = engines(backend as BackendName).find(([name]) => name === engine)![1]()

const pixels = normalNumbers(key(1), n * 784).map(x => (x > 1 ? x / 4 : 0))
const x = tensor2d(pixels, [n, 784])
const y = tensor2d(
  Float32Array.from({ length: n * 10 }, (_, i) => ((i / 10) % 10 === i % 10 ? 1 : 0)),
  [n, 10],
)
const set = { x, y }
const initial = toParams(initialValues('default', key(2), [784, 30, 10]))
const settings = {
  cost: crossEntropy,
  epochs: Number(epochs),
  miniBatchSize: 10,
  eta: 0.1,
  lmbda: 1,
  order: (epoch: number) => permutation(fold(key(3), epoch), n),
}

const tensors: number[] = []
const rss: number[] = []
const training = train(
  interpreter,
  settings,
  { training: set, observed: { training: set, evaluation: set } },
  { params: initial },
)
for (let next = training.next(); !next.done; next = training.next()) {
  if (next.value.kind !== 'epoch') continue
  tensors.push(memory().numTensors)
  globalThis.gc?.()
  rss.push(process.memoryUsage().rss)
}
console.log(JSON.stringify({ tensors, rss, compilations: interpreter.compilations() }))
