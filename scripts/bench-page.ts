/**
 * The page: its size, the time until its first epoch is seen, images a second at full speed, and how smooth it stays
 * meanwhile.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { chromiumPath } from '../test/support/chromium-path.ts'
import { buildPage } from './page.mjs'
import { root } from './package.mjs'
import { median } from './timing.ts'

export const pageTitle = 'the page: size, first epoch, speed, frames'

/** Runs in the page: the times of its frames, and its long tasks, until the training is over. */
const WATCH = `new Promise(resolve => {
  const tasks = [], frames = []
  new PerformanceObserver(list => tasks.push(...list.getEntries().map(entry => entry.duration))).observe({ type: 'longtask' })
  const start = performance.now()
  let last = start
  const frame = now => {
    frames.push(now - last)
    last = now
    if (document.querySelector('.progress').textContent.includes('finished'))
      resolve({ tasks, frames: frames.slice(1), seconds: (now - start) / 1000 })
    else requestAnimationFrame(frame)
  }
  document.getElementById('run').click()
  requestAnimationFrame(frame)
})`

/** Runs in the page: presses "One epoch" as soon as it can be used, and tells when its epoch is seen, since the navigation. */
const FIRST_EPOCH = `new Promise(resolve => {
  const [, oneEpoch] = document.querySelectorAll('#run ~ button')
  let isPressed = false
  const frame = () => {
    if (document.querySelector('.progress').textContent.includes('epoch 1 of')) return resolve(performance.now())
    if (!isPressed && document.querySelector('#run:enabled') !== null) {
      oneEpoch.click()
      isPressed = true
    }
    requestAnimationFrame(frame)
  }
  frame()
})`

type Watched = {
  readonly tasks: readonly number[]
  readonly frames: readonly number[]
  readonly seconds: number
}

export const benchPage = async (): Promise<void> => {
  if (chromiumPath === undefined) {
    console.log(`\n${pageTitle}: Chromium is not installed here`)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'network2-bench-'))
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  try {
    const { file, bytes, gzipped } = await buildPage(root, { folder })
    const address = pathToFileURL(file).href
    const page = await browser.newPage({ locale: 'en-GB' })
    await page.goto(address)
    await page.locator('#run').waitFor()
    const first = await page.evaluate<number>(FIRST_EPOCH)
    await page.goto('about:blank')
    const [epochs, images] = [100, 10_000]
    await page.goto(`${address}#data=digits&train-size=${images}&epochs=${epochs}&cost=quadratic`)
    await page.locator('#run:enabled').waitFor()
    await page.evaluate(`document.getElementById('network').scrollIntoView()`)
    // its first pictures are drawn
    await page.locator('#worst canvas').first().waitFor({ state: 'attached' })
    const { tasks, frames, seconds } = await page.evaluate<Watched>(WATCH)
    console.log(`\n${pageTitle}`)
    console.log(`  ${(bytes / 1000).toFixed(0)} KB, ${(gzipped / 1000).toFixed(0)} KB gzipped`)
    console.log(`  first epoch seen after ${(first / 1000).toFixed(2)} s`)
    console.log(
      `  ${Math.round((2 * epochs * images) / seconds).toLocaleString('en')} images a second, of both networks, with their monitors`,
    )
    console.log(
      `  frames while training: median ${median(frames).toFixed(1)} ms, longest ${Math.max(...frames).toFixed(1)} ms; ` +
        `${tasks.length} tasks over 50 ms on the main thread${tasks.length === 0 ? '' : `, the longest ${Math.max(...tasks).toFixed(0)} ms`}`,
    )
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
