/**
 * Translates the TypeScript of the project to JavaScript in dist/, for Node 20 does not read TypeScript. Every command
 * starts with this; it does something only after a source has changed.
 *
 * The application is bundled: a process that loads ten files starts in half the time of one that loads two hundred.
 * What is imported on demand stays in files of its own.
 */
import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { writeWhole } from './setup.mjs'
import { inTurn } from './turn.mjs'

const FOLDERS = ['src', 'scripts', 'test/support']

/** The modules that programs import and those that processes start with; `src/x.ts` becomes `dist/x.js`. */
const ENTRIES = [
  'index',
  'node',
  'compiler/index',
  // a chunk of its own: with the model's, a page that draws digits would have io-ts too
  'data/digits',
  'layers/index',
  'cli/main',
  'study/train-trial',
  'study/pool',
  'study/pool-child',
  'runs/expand-thread',
  'runtime/backend',
]

const filesIn = (folder, ending) => {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found === undefined) return []
  return readdirSync(folder, { recursive: true })
    .filter(name => name.endsWith(ending))
    .map(name => join(folder, name))
}

/** What the JavaScript was made from: a text that changes when a source changes, comes or goes. */
const stateOf = (root, sources) =>
  sources
    .map(file => [relative(root, file), statSync(file)])
    .map(([path, { mtimeMs, size }]) => `${path} ${mtimeMs} ${size}\n`)
    .join('')

const readText = file => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Packages of many files, which go into the bundle, with what they import. The others are loaded from node_modules. */
const BUNDLED = [
  '@observablehq/plot',
  'fast-string-width',
  'fp-ts',
  'io-ts',
  'leven',
  'linkedom',
  'pure-rand',
  'yargs',
]

const isBundled = path => BUNDLED.some(name => path === name || path.startsWith(`${name}/`))

/** Large CommonJS packages: `import` would parse them a second time, in search of the names that they export. */
const COMMON_JS = /^@tensorflow\/tfjs-(core|backend-cpu|backend-wasm)$/

/**
 * A source map with one place, the first. The sources of other packages are not in this one, so no map could lead to
 * them, and theirs would be more than half of all maps.
 */
const ONE_PLACE = Buffer.from('{"version":3,"sources":[""],"mappings":"AAAA"}').toString('base64')
const MODULE_OF_A_PACKAGE = /[/\\]node_modules[/\\].*[.]m?js$/

/** package.json says what this is: in Node the file below, elsewhere the package itself. */
const CORE = { package: '@tensorflow/tfjs-core', name: '#tfjs-core', file: 'tfjs-core' }

const packages = root => ({
  name: 'packages',
  setup: build => {
    const require = createRequire(join(root, 'package.json'))
    build.onResolve({ filter: COMMON_JS }, ({ path, kind }) =>
      path === CORE.package && kind !== 'entry-point'
        ? { path: CORE.name, external: true }
        : { path, namespace: 'common-js' },
    )
    build.onLoad({ filter: /./, namespace: 'common-js' }, ({ path }) => {
      const names = Object.keys(require(path)).filter(
        name => /^[a-z_$][\w$]*$/i.test(name) && name !== 'default',
      )
      return {
        contents: `import { createRequire } from 'node:module'
          const commonJsModule = createRequire(import.meta.url)('${path}')
          export default commonJsModule
          export const { ${names.join(', ')} } = commonJsModule`,
      }
    })
    build.onLoad({ filter: MODULE_OF_A_PACKAGE }, ({ path }) => ({
      contents: `${readText(path)}\n//# sourceMappingURL=data:application/json;base64,${ONE_PLACE}`,
    }))
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) =>
      kind === 'entry-point' || isBundled(path) || importer.includes('node_modules')
        ? undefined
        : { path, external: true },
    )
    // The programs of this folder that are JavaScript already stay where they are.
    build.onResolve({ filter: /^[.].*[.]mjs$/ }, ({ path, resolveDir }) =>
      resolveDir.includes('node_modules')
        ? undefined
        : {
            path: relative(join(root, 'dist', relative(root, resolveDir)), join(resolveDir, path)).replaceAll(
              '\\',
              '/',
            ),
            external: true,
          },
    )
  },
})

/** The sources of the entries that there are, by their place in dist/. */
const entriesIn = (root, sources) => {
  const entries = ENTRIES.map(path => [path, join(root, 'src', `${path}.ts`)])
  return Object.fromEntries([
    ...entries.filter(([, file]) => sources.includes(file)),
    ...(sources.includes(join(root, 'src', 'index.ts')) ? [[CORE.file, CORE.package]] : []),
  ])
}

const translate = async (root, sources) => {
  const { build, stop } = await import('esbuild')
  const common = {
    outdir: join(root, 'dist'),
    write: false,
    bundle: true,
    plugins: [packages(root)],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // ES modules, of which a bundle takes only what it uses
    mainFields: ['module', 'main'],
    // what yargs measures its help with takes a quarter of a second for the longest one
    alias: { 'fp-ts/lib': 'fp-ts/es6', 'string-width': 'fast-string-width' },
    sourcemap: true,
    // src/ is there, in the package too
    sourcesContent: false,
    logLevel: 'silent',
  }
  const programs = sources.filter(file => !file.startsWith(join(root, 'src')))
  try {
    const [application, others] = await Promise.all([
      build({
        ...common,
        entryPoints: entriesIn(root, sources),
        outbase: join(root, 'src'),
        splitting: true,
        chunkNames: 'chunks/[name]-[hash]',
      }),
      build({ ...common, entryPoints: programs, outbase: root }),
    ])
    return [...application.outputFiles, ...others.outputFiles]
  } finally {
    await stop()
  }
}

/** How long a process may run that still needs the files of the sources it started with. */
const LONGEST_RUN = 7 * 24 * 60 * 60 * 1000

/** Writes what has changed, and removes old files that have no source any more. */
const writeAll = (root, outputs) => {
  const paths = new Set(outputs.map(({ path }) => path))
  const site = join(root, 'dist', 'docs')
  for (const file of ['.js', '.js.map'].flatMap(ending => filesIn(join(root, 'dist'), ending)))
    if (!paths.has(file) && !file.startsWith(site) && Date.now() - statSync(file).mtimeMs > LONGEST_RUN)
      rmSync(file)
  for (const { path, text } of outputs) if (readText(path) !== text) writeWhole(path, text)
}

/** The reason of a failure: for an error of syntax, its place. */
const reason = ({ message, errors: [first] = [] }) =>
  first?.location ? `${first.location.file}:${first.location.line}: ${first.text}` : message

/** The packages whose code is in the bundle. */
const bundledPackages = (root, names = BUNDLED, known = new Set()) => {
  for (const name of names) {
    if (known.has(name)) continue
    known.add(name)
    const { dependencies = {} } = JSON.parse(readText(join(root, 'node_modules', name, 'package.json')))
    bundledPackages(root, Object.keys(dependencies), known)
  }
  return known
}

/** The licences of the packages whose code is in the bundle, as one text. */
export const bundledLicences = root =>
  [...bundledPackages(root)]
    .map(name => {
      const folder = join(root, 'node_modules', name)
      const file = readdirSync(folder).find(file => /^licen[cs]e/i.test(file))
      if (file === undefined) throw new Error(`${folder} has no licence`)
      return `${name}\n\n${readText(join(folder, file)).trim()}\n`
    })
    .join('\n---\n\n')

/**
 * Translates the sources unless dist/ has the present ones.
 *
 * @returns undefined, or why they could not be translated and what to do
 */
export const buildSources = async root => {
  const sources = FOLDERS.flatMap(folder => filesIn(join(root, folder), '.ts'))
  const state = stateOf(root, sources)
  const stateFile = join(root, 'dist', 'sources.txt')
  const isBuilt = () => readText(stateFile) === state
  if (isBuilt()) return undefined
  return inTurn(
    `build of ${root}`,
    () => undefined,
    async () => {
      if (isBuilt()) return undefined
      try {
        writeAll(root, await translate(root, sources))
        writeWhole(stateFile, state)
        return undefined
      } catch (error) {
        return `the sources could not be translated to ${join(root, 'dist')}: ${reason(error)}; correct this, then run the same command again`
      }
    },
  )
}
