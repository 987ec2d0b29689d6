/**
 * The page of scripts/mnist-example.ts in a browser.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { chromium as browsers } from 'playwright-core'
import type { ExampleResult, ExampleSettings } from './mnist-example.ts'
import { root } from './package.mjs'

/** WebGL without a graphics card. */
const ARGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']

/** The WebAssembly of TensorFlow.js as an address: a page of the disk may not read its neighbours. */
const tensorflowWasm = (): string => {
  const file = createRequire(import.meta.url).resolve(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  )
  return `data:application/wasm;base64,${readFileSync(file).toString('base64')}`
}

export type ExamplePage = {
  /** Trains in the page. It rejects with the browser's words where it cannot. */
  readonly train: (settings: ExampleSettings) => Promise<ExampleResult>
  readonly close: () => Promise<void>
}

/** Opens the page in a browser without a window. */
export const openExamplePage = async (executablePath: string): Promise<ExamplePage> => {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'scripts', 'mnist-example.ts')],
    bundle: true,
    platform: 'browser',
    mainFields: ['module', 'main'],
    format: 'iife',
    write: false,
    logLevel: 'silent',
  })
  const folder = mkdtempSync(join(tmpdir(), 'network2-example-'))
  const file = join(folder, 'page.html')
  const script = outputFiles[0]!.text.replaceAll('</script', '<\\/script')
  writeFileSync(file, `<!doctype html><meta charset="utf-8"><title>example</title><script>${script}</script>`)
  const browser = await browsers.launch({ executablePath, args: ARGS })
  const page = await browser.newPage()
  await page.goto(pathToFileURL(file).href)
  await page.evaluate(
    address =>
      (globalThis as unknown as { setWasmPaths: (paths: object) => void }).setWasmPaths({
        'tfjs-backend-wasm.wasm': address,
        'tfjs-backend-wasm-simd.wasm': address,
        'tfjs-backend-wasm-threaded-simd.wasm': address,
      }),
    tensorflowWasm(),
  )
  return {
    train: settings =>
      page.evaluate(
        given => (globalThis as unknown as { train: (s: unknown) => Promise<ExampleResult> }).train(given),
        settings,
      ),
    close: async () => {
      await browser.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}
