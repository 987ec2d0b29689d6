/**
 * Builds the page of src/web/page: one HTML file that works from any server and from the disk, without a network.
 *
 * Its script is classic and inline, and the worker is made from text in it: from file:// browsers refuse module scripts and
 * workers by their path. A content security policy allows this script and this style sheet by their hashes, and nothing of
 * any other origin.
 */
import { createHash } from 'node:crypto'
import { Buffer } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { writeWhole } from './setup.mjs'

/** Modules of Node that a bundled module imports, but that nothing in the page uses. */
const withoutNode = {
  name: 'without-node',
  setup: build => {
    build.onResolve({ filter: /^node:|^#scripts\// }, ({ path }) => ({
      path,
      namespace: 'node',
      sideEffects: false,
    }))
    build.onLoad({ filter: /./, namespace: 'node' }, () => ({ contents: 'module.exports = {}' }))
  },
}

/**
 * Parts of TensorFlow.js that the page does without, but that its modules load for their effects: how models are stored,
 * hashes of strings, and its own optimizers.
 */
const withoutStores = {
  name: 'without-stores',
  setup: build => {
    build.onResolve({ filter: /\/(io\/[a-z_]+|register_optimizers|hash_util)$/ }, ({ path, importer }) =>
      importer.includes('tfjs-core') ? { path, namespace: 'unused' } : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'unused' }, () => ({
      contents: `class Nothing { static registerManager() {} }
module.exports = {
  registerOptimizers() {},
  ModelStoreManagerRegistry: Nothing,
  BrowserLocalStorage: Nothing,
  BrowserLocalStorageManager: Nothing,
  BrowserIndexedDB: Nothing,
  BrowserIndexedDBManager: Nothing,
}`,
    }))
  },
}

/** Of jStat, the special functions alone: its own file of them defines nothing else. */
const withSpecialFunctions = {
  name: 'with-special-functions',
  setup: build => {
    build.onLoad({ filter: /[\\/]jstat[\\/]dist[\\/]jstat[.]js$/ }, ({ path }) => {
      const special = readFileSync(join(dirname(path), '..', 'src', 'special.js'), 'utf8')
      return { contents: `const jStat = { fn: {} };\n${special}\nexport default jStat` }
    })
  },
}

const bundle = async (root, entry) => {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, 'src', 'web', 'page', entry)],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    mainFields: ['module', 'main'],
    alias: { 'fp-ts/lib': 'fp-ts/es6' },
    plugins: [withoutNode, withoutStores, withSpecialFunctions],
    legalComments: 'none',
    logLevel: 'silent',
  })
  const [[, { inputs }]] = Object.entries(metafile.outputs)
  const used = Object.entries(inputs).filter(
    ([path, { bytesInOutput }]) => path.startsWith('node:') && bytesInOutput > 0,
  )
  if (used.length > 0)
    throw new Error(`the page uses ${used.map(([path]) => path).join(', ')}, which browsers do not have`)
  return outputFiles[0].text
}

/** The text of an inline script: the end of its element must not stand in it. */
const inline = script => script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')

const hashOf = text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The style sheet without comments, and without spaces at the ends of lines. */
const styleOf = async root => {
  const { transform } = await import('esbuild')
  const { code } = await transform(readFileSync(join(root, 'src', 'web', 'page', 'page.css'), 'utf8'), {
    loader: 'css',
    minify: true,
  })
  return code.trim()
}

/** The HTML file, as text; it links to the documentation, if that has an address. */
const pageHtml = async (root, documentation) => {
  const [bundled, style] = await Promise.all([bundle(root, 'page-entry.ts'), styleOf(root)])
  const script = inline(bundled)
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)} 'wasm-unsafe-eval' blob:`,
    'worker-src blob:',
    `style-src ${hashOf(style)}`,
    'img-src blob: data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>network2</title>
<link rel="icon" href="data:,">${documentation ? `\n<link rel="help" href="${documentation}">` : ''}
<style>${style}</style>
</head>
<body>
<div id="root"></div>
<noscript>This page trains networks in the browser, which needs JavaScript. 本页面需要 JavaScript。</noscript>
<script>${script}</script>
</body>
</html>
`
}

/** The images of MNIST that the page has: the first ones of the training set and of the test set. */
const MNIST = [
  ['train-images', 'train-images-idx3-ubyte', 10_000],
  ['train-labels', 'train-labels-idx1-ubyte', 10_000],
  ['t10k-images', 't10k-images-idx3-ubyte', 2_000],
  ['t10k-labels', 't10k-labels-idx1-ubyte', 2_000],
]

/** The first items of an IDX file. */
const firstItems = (bytes, count) => {
  const start = 4 + 4 * bytes[3]
  const size = (bytes.length - start) / bytes.readUInt32BE(4)
  const part = Buffer.from(bytes.subarray(0, start + count * size))
  part.writeUInt32BE(count, 4)
  return part
}

/** The files of MNIST for the page, gzipped, by the names that it asks for. */
const mnistParts = mnistDir =>
  MNIST.map(([name, file, count]) => {
    const path = join(mnistDir, file)
    const bytes = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`))
    return [`mnist-${name}`, gzipSync(firstItems(bytes, count), { level: 9 })]
  })

/**
 * Builds the page into a folder. With a folder that has MNIST's four files, it has the first 10,000 images too: beside the
 * page, and within the file of an edition for computers without a network.
 */
export const buildPage = async (
  root,
  { folder = join(root, 'dist', 'page'), mnistDir, documentation } = {},
) => {
  const html = await pageHtml(root, documentation)
  writeWhole(join(folder, 'index.html'), html)
  const parts = mnistDir ? mnistParts(mnistDir) : []
  for (const [name, bytes] of parts) writeWhole(join(folder, `${name}.gz`), bytes)
  if (parts.length > 0) {
    const data = parts.map(
      ([name, bytes]) =>
        `<script type="application/octet-stream" id="${name}">${bytes.toString('base64')}</script>`,
    )
    writeWhole(
      join(folder, 'network2-offline.html'),
      html.replace('<noscript>', `${data.join('\n')}\n<noscript>`),
    )
  }
  return {
    file: join(folder, 'index.html'),
    bytes: new TextEncoder().encode(html).length,
    gzipped: gzipSync(html, { level: 9 }).length,
  }
}
