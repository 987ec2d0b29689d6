/**
 * The model of the `mnist` example of TensorFlow.js, written from its description: two convolutions of 5 x 5 with 8 and 16 filters, each
 * with pooling, and 10 softmax neurons. It runs in a browser, on a page that scripts/bench-browser.ts and the tests open.
 */
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { syntheticDigits } from '../src/api/examples.ts'
import { oneHot, inputValues, type Examples } from '../src/data/dataset.ts'
import { fit } from '../src/layers/fit-layers.ts'

/** How to train: by our WebAssembly, or by `model.fit` on a backend of TensorFlow.js. */
export type How = 'fit' | 'cpu' | 'webgl'

export type ExampleSettings = {
  readonly how: How
  /** The current backend of TensorFlow.js while `fit` trains: cpu where it is left out. */
  readonly current?: 'cpu' | 'wasm'
  readonly epochs: number
  readonly batchSize: number
  /** The images that are trained with, and those that only measure the accuracy. */
  readonly images: number
  readonly tested: number
  /** Bytes of pixels and labels of all these images as base64; digits are drawn where it is left out. */
  readonly data?: { readonly pixels: string; readonly labels: string }
}

export type ExampleResult = {
  /** The backend of TensorFlow.js that was current at the end. */
  readonly current: string
  readonly seconds: readonly number[]
  readonly losses: readonly number[]
  /** The share of the tested images that were classified correctly after each epoch. */
  readonly accuracies: readonly number[]
  readonly weights: readonly (readonly number[])[]
}

const { layers } = tf

const exampleModel = (): tf.LayersModel => {
  const kernelInitializer = (seed: number) => tf.initializers.varianceScaling({ seed })
  const conv = (filters: number, options = {}) =>
    layers.conv2d({
      ...{ filters, kernelSize: 5, activation: 'relu' },
      kernelInitializer: kernelInitializer(filters),
      ...options,
    })
  const pool = () => layers.maxPooling2d({ poolSize: 2, strides: 2 })
  const model = tf.sequential({
    layers: [
      ...[conv(8, { inputShape: [28, 28, 1] }), pool(), conv(16), pool(), layers.flatten()],
      layers.dense({ units: 10, activation: 'softmax', kernelInitializer: kernelInitializer(1) }),
    ],
  })
  model.compile({ optimizer: tf.train.adam(0.002), loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
  return model
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), char => char.charCodeAt(0))

type Numbers = { readonly pixels: Float32Array; readonly targets: Uint8Array }

const numbersOf = ({ inputs, desired }: Examples): Numbers => ({
  pixels: inputValues(inputs),
  targets: oneHot(desired.kind === 'labels' ? desired.labels : new Uint8Array(), 10),
})

/** The numbers of the images that are trained with, and of those that are tested. */
const dataOf = ({ images, tested, data }: ExampleSettings): readonly [Numbers, Numbers] => {
  if (data === undefined) {
    const drawn = syntheticDigits({ training: images, validation: 0, test: tested })
    return [numbersOf(drawn.training), numbersOf(drawn.test)]
  }
  const all = {
    pixels: Float32Array.from(bytesOf(data.pixels), byte => byte / 255),
    targets: oneHot(bytesOf(data.labels), 10),
  }
  const part = (from: number, to: number): Numbers => ({
    pixels: all.pixels.subarray(784 * from, 784 * to),
    targets: all.targets.subarray(10 * from, 10 * to),
  })
  return [part(0, images), part(images, images + tested)]
}

const tensorsOf = ({ pixels, targets }: Numbers): [tf.Tensor4D, tf.Tensor2D] => {
  const n = pixels.length / 784
  return [tf.tensor4d(pixels, [n, 28, 28, 1]), tf.tensor2d(Float32Array.from(targets), [n, 10])]
}

const train = async (settings: ExampleSettings): Promise<ExampleResult> => {
  const { how, current = 'cpu', epochs, batchSize } = settings
  const backend = how === 'fit' ? current : how
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend} here`)
  await tf.ready()
  const [training, tests] = dataOf(settings)
  const model = exampleModel()
  const [x, y] = tensorsOf(training)
  const seconds: number[] = []
  let began = performance.now()
  const onEpochEnd = (): void => {
    seconds.push((performance.now() - began) / 1000)
    began = performance.now()
  }
  const options = {
    epochs,
    batchSize,
    shuffle: false,
    ...(tests.pixels.length > 0 ? { validationData: tensorsOf(tests) } : {}),
  }
  const { history } =
    how === 'fit'
      ? await fit(model, x, y, { ...options, onEpochEnd })
      : await model.fit(x, y, { ...options, callbacks: { onEpochEnd: onEpochEnd } })
  const values = (name: string): number[] => ((history[name] ?? []) as readonly number[]).map(Number)
  return {
    current: tf.getBackend(),
    seconds,
    losses: values('loss'),
    accuracies: values('val_acc'),
    weights: model.getWeights().map(weight => [...weight.dataSync()]),
  }
}

// the page is told where the WebAssembly of TensorFlow.js is
Object.assign(globalThis, { train, setWasmPaths })
