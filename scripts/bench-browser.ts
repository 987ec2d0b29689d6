/**
 * The convolutional network of TensorFlow.js's `mnist` example in Chromium: `fit` in WebAssembly, and `model.fit` on the backends of
 * TensorFlow.js that can train it.
 */
import type { Examples } from '../src/data/dataset.ts'
import { chromiumPath } from '../test/support/chromium-path.ts'
import { openExamplePage } from './mnist-page.ts'
import { median } from './timing.ts'

export const browserTitle = 'fit: the mnist example of TensorFlow.js in Chromium'

const BATCH = 64
const EPOCHS = 4

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const WAYS = [
  ['fit, WebAssembly', 'fit', 640],
  ['model.fit, webgl', 'webgl', 640],
  // a step takes seconds
  ['model.fit, cpu', 'cpu', BATCH],
] as const

export const benchBrowser = async (
  { inputs, desired, size }: Examples,
  images: number | undefined,
): Promise<void> => {
  console.log(`\n${browserTitle}: mini-batches of ${BATCH}, Adam; milliseconds a step after the first epoch`)
  if (chromiumPath === undefined) {
    console.log('Chromium is not installed here')
    return
  }
  if (inputs.kind !== 'bytes' || desired.kind !== 'labels') return
  const page = await openExamplePage(chromiumPath)
  try {
    for (const [name, how, usual] of WAYS) {
      const n = Math.max(BATCH, Math.min(images ?? usual, usual, size))
      try {
        const { seconds, losses } = await page.train({
          ...{ how, epochs: EPOCHS, batchSize: BATCH, images: n, tested: 0 },
          data: {
            pixels: base64(inputs.bytes.subarray(0, n * 784)),
            labels: base64(desired.labels.subarray(0, n)),
          },
        })
        const [first, ...times] = seconds.map(time => (1000 * time) / Math.ceil(n / BATCH))
        console.log(
          [
            name.padEnd(22),
            `${Math.min(...times).toFixed(1)} min`.padStart(14),
            `${median(times).toFixed(1)} median`.padStart(16),
            `first epoch ${((first! * Math.ceil(n / BATCH)) / 1000).toFixed(1)} s`.padStart(22),
            `  loss ${losses.at(-1)!.toFixed(3)} on ${n} images`,
          ].join(''),
        )
      } catch (error) {
        console.log(`${name.padEnd(22)}refuses: ${(error as Error).message.split('\n')[0]!.slice(0, 110)}`)
      }
    }
    console.log('model.fit, wasm       has no gradient of a convolution')
  } finally {
    await page.close()
  }
}
