/**
 * The compiler and the maths in a real browser, bundled as they are.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'
import { chromium as browsers } from 'playwright-core'
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

/** The headers by which a page may share memory with its workers. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

/** What a page shows that is served with these headers. */
const served = async (script: string, headers: Readonly<Record<string, string>>): Promise<unknown> => {
  const page = '<!doctype html><meta charset="utf-8"><body><script src="/script.js"></script>'
  const server = createServer(({ url }, response) => {
    const isScript = url === '/script.js'
    response.writeHead(200, { ...headers, 'content-type': isScript ? 'text/javascript' : 'text/html' })
    response.end(isScript ? script : page)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const browser = await browsers.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  try {
    const tab = await browser.newPage()
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const text = await tab.getByText(/result .* end/).textContent()
    return JSON.parse(/result (.*) end/.exec(text!)![1]!)
  } finally {
    await browser.close()
    server.close()
  }
}

/** What the engine of the page itself says, and that of its worker. */
const NOT_ISOLATED = 'one thread runs the steps, not 2: the page is not cross-origin isolated'
const MAY_NOT_WAIT =
  'one thread runs the steps, not 2: the thread of a page may not wait: use the engine in a Web Worker'

it.skipIf(chromium.isMissing).each([
  ['run in a worker of a page that is cross-origin isolated', ISOLATED, [MAY_NOT_WAIT], []],
  ['are one in another page, which says so', {}, [NOT_ISOLATED], [NOT_ISOLATED]],
] as const)(
  'threads of the WebAssembly engine %s',
  { timeout: 120_000, ...chromium.why },
  async (_title, headers, page, worker) => {
    const { outputFiles } = await bundled('../support/threaded-page.ts')
    expect(await served(outputFiles[0]!.text, headers)).toEqual({
      page: { product: [100], notices: page },
      worker: { first: [100], last: [100], notices: worker },
    })
  },
)
