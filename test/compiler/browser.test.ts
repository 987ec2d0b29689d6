/**
 * The compiler and the maths in a real browser, bundled as they are.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'
import { expect, it } from 'vitest'
import { compiled, trained } from '../support/browser.ts'
import { chromium, CHROMIUM } from '../support/chromium.ts'

/** No window, no sandbox, no network requests of the browser's own. */
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--virtual-time-budget=60000'],
]

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A script for a browser, in which a package of Node is an error. */
const bundled = (path: string) =>
  build({
    entryPoints: [fileURLToPath(new URL(path, import.meta.url))],
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'browser',
    format: 'iife',
    write: false,
    metafile: true,
    logLevel: 'silent',
  } as const satisfies BuildOptions)

const inBrowser = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'network2-test-'))
  try {
    const { outputFiles } = await bundled('../support/page.ts')
    const page = join(folder, 'page.html')
    const script = outputFiles[0]!.text.replaceAll('</script', '<\\/script')
    writeFileSync(page, `<!doctype html><meta charset="utf-8"><body><script>${script}</script>`)
    const args = [...FLAGS, `--user-data-dir=${join(folder, 'profile')}`, '--dump-dom', `file://${page}`]
    return spawnSync(CHROMIUM, args, { encoding: 'utf8', maxBuffer: 1e9 }).stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

it('the public interface of the compiler bundles for a browser, without the XLA engine', async () => {
  const { metafile } = await bundled('../../src/compiler/index.ts')
  const own = Object.keys(metafile.inputs).filter(path => path.startsWith('src/'))
  expect(own).toContain('src/compiler/wasm/wasm.ts')
  expect(own.filter(path => !/^src\/(core|compiler\/(?!xla\/))/.test(path))).toEqual([])
})

it.skipIf(chromium.isMissing)(
  'a browser trains and compiles to the same bytes as Node',
  { timeout: 120_000, ...chromium.why },
  async () => {
    const dom = await inBrowser()
    expect(/result (\[.*\]) end/.exec(dom)?.[1]).toBe(`[${trained()},${compiled()}]`)
  },
)
