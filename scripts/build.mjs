/**
 * Translates the TypeScript of the project to JavaScript in dist/, for Node 20 does not read TypeScript. Every command
 * starts with this; it does something only after a source has changed.
 *
 * `src/x.ts` becomes `dist/x.js`; `scripts/x.ts` and `test/support/x.ts` become `dist/scripts/x.js` and so on.
 */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { makeFolder } from './publish.mjs'
import { writeWhole } from './setup.mjs'
import { inTurn } from './turn.mjs'

const FOLDERS = ['src', 'scripts', 'test/support']

const filesIn = (folder, ending) => {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found === undefined) return []
  return readdirSync(folder, { recursive: true })
    .filter(name => name.endsWith(ending))
    .map(name => join(folder, name))
}

/** The path of the JavaScript of a TypeScript file, both from the root; another file stays where it is. */
const builtPath = path =>
  path.endsWith('.ts') ? join('dist', path.replace(/^src[\\/]/, '').replace(/ts$/, 'js')) : path

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

/** Makes each import name the JavaScript file, and leaves packages alone. */
const imports = root => ({
  name: 'imports',
  setup: build =>
    build.onResolve({ filter: /^[.]/ }, ({ path, importer, resolveDir, kind }) => {
      if (kind === 'entry-point') return undefined
      const target = builtPath(relative(root, resolve(resolveDir, path)))
      const from = dirname(builtPath(relative(root, importer)))
      const link = relative(from, target).replaceAll('\\', '/')
      return { path: link.startsWith('.') ? link : `./${link}`, external: true }
    }),
})

const translate = async (root, sources) => {
  const { build, stop } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: sources.map(file => ({
      in: file,
      out: join(root, builtPath(relative(root, file))).replace(/[.]js$/, ''),
    })),
    outdir: root,
    write: false,
    bundle: true,
    packages: 'external',
    plugins: [imports(root)],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    logLevel: 'silent',
  })
  await stop()
  return outputFiles
}

/** Writes what has changed and removes what has no source any more: processes that run keep what they have. */
const writeAll = (root, outputs) => {
  const paths = new Set(outputs.map(({ path }) => path))
  for (const file of ['.js', '.js.map'].flatMap(ending => filesIn(join(root, 'dist'), ending)))
    if (!paths.has(file)) rmSync(file)
  for (const { path, text } of outputs)
    if (readText(path) !== text) {
      makeFolder(dirname(path))
      writeWhole(path, text)
    }
}

/** The reason of a failure: for an error of syntax, its place. */
const reason = ({ message, errors: [first] = [] }) =>
  first?.location ? `${first.location.file}:${first.location.line}: ${first.text}` : message

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

/** The path of the JavaScript of a module, from the root of the project. */
export const modulePath = (root, path) => join(root, builtPath(path))
