/**
 * The convolutional network of TensorFlow.js's `mnist` example, trained in a browser by `fit`, compiled to WebAssembly.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openExamplePage, type ExamplePage } from '../../scripts/mnist-page.ts'
import { CHROMIUM, chromium } from '../support/chromium.ts'
import { relativeError } from '../support/float64.ts'

describe.skipIf(chromium.isMissing)('the mnist example in a browser', chromium.why, () => {
  let page: ExamplePage

  beforeAll(async () => {
    page = await openExamplePage(CHROMIUM)
  })

  afterAll(() => page.close())

  it('classifies more than 90 % of drawn digits after three epochs', { timeout: 300_000 }, async () => {
    const { accuracies, losses } = await page.train({
      ...{ how: 'fit', epochs: 3, batchSize: 16 },
      ...{ images: 3000, tested: 500 },
    })
    expect(accuracies.at(-1)).toBeGreaterThan(0.9)
    expect(losses.at(-1)).toBeLessThan(losses[0]!)
  })

  it('gives the weights and losses of model.fit', { timeout: 300_000 }, async () => {
    const settings = { epochs: 2, batchSize: 4, images: 8, tested: 0 } as const
    const [ours, theirs] = [
      await page.train({ ...settings, how: 'fit' }),
      await page.train({ ...settings, how: 'cpu' }),
    ]
    expect(relativeError(ours.weights, theirs.weights, 1e-2)).toBeLessThan(1e-3)
    expect(relativeError([ours.losses], [theirs.losses], 1e-2)).toBeLessThan(1e-3)
  })

  it('trains also where the current backend is the wasm one', { timeout: 300_000 }, async () => {
    const settings = { how: 'fit', epochs: 2, batchSize: 4, images: 8, tested: 4 } as const
    const [onWasm, onCpu] = [
      await page.train({ ...settings, current: 'wasm' }),
      await page.train({ ...settings, current: 'cpu' }),
    ]
    expect(onWasm.current).toBe('wasm')
    expect(relativeError(onWasm.weights, onCpu.weights, 1e-2)).toBeLessThan(1e-3)
    expect(relativeError([onWasm.losses], [onCpu.losses], 1e-2)).toBeLessThan(1e-3)
  })
})
