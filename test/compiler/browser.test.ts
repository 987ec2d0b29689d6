/**
 * The core in a real browser: the maths, the trace and the WebAssembly interpreter, bundled as they are.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { trained } from '../support/browser.ts'
import { chromium, CHROMIUM } from '../support/chromium.ts'

/** A browser that is a guest: no window, no sandbox of its own, no talk with anybody. */
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--virtual-time-budget=60000'],
]

const inBrowser = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'network2-test-'))
  try {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('../support/page.ts', import.meta.url))],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      write: false,
      logLevel: 'error',
    })
    const page = join(folder, 'page.html')
    const script = outputFiles[0]!.text.replaceAll('</script', '<\\/script')
    writeFileSync(page, `<!doctype html><meta charset="utf-8"><body><script>${script}</script>`)
    const args = [...FLAGS, `--user-data-dir=${join(folder, 'profile')}`, '--dump-dom', `file://${page}`]
    return spawnSync(CHROMIUM, args, { encoding: 'utf8', maxBuffer: 1e9 }).stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

it.skipIf(chromium.isMissing)(
  'trains to the same bytes as Node',
  { timeout: 120_000, ...chromium.why },
  async () => {
    const dom = await inBrowser()
    expect(/result (\{.*\}) end/.exec(dom)?.[1]).toBe(trained())
  },
)
