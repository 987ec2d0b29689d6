/**
 * What is here and what is missing, with the remedy: `npm run doctor`. It looks and changes nothing.
 */
import { readFile, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { loadBackend, type Backend, type BackendName } from '../../runtime/backend.ts'
import type { AppError } from '../../errors.ts'

/** A folder in which MNIST is looked for, with the names in it; undefined names if it cannot be read. */
export type Folder = { readonly path: string; readonly names: readonly string[] | undefined }

/** All that the text says, as values. */
export type Findings = {
  readonly node: string
  readonly platform: string
  /** The backend that `--backend auto` takes. */
  readonly chosen: E.Either<AppError, Backend>
  readonly backends: Readonly<Record<BackendName, E.Either<AppError, Backend>>>
  /** How the native backend came here; undefined if no set-up has put it here. */
  readonly source: string | undefined
  readonly nativeOff: boolean
  readonly cache: string
  /** MNIST_DIR, if it is set. */
  readonly mnistDir: Folder | undefined
  readonly mnist: Folder
  readonly data: Folder
}

const SOURCES: Readonly<Record<string, string>> = {
  built: 'downloaded and built by the set-up in this folder',
  cache: 'from the cache of an earlier set-up',
  given: 'was there before the set-up',
}

const versionsOf = ({ versions }: Backend): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')

const threadsOf = ({ threads }: Backend): string =>
  threads === undefined ? 'a thread for each core' : `${threads} ${threads === 1 ? 'thread' : 'threads'}`

type Line = readonly [label: string, text: string]

const LABEL_WIDTH = 12

const show = ([label, text]: Line): string => `${label.padEnd(LABEL_WIDTH)}${text}`

/** A remedy stands under what it mends. */
const remedyLine = (remedy: string): Line => ['', `-> ${remedy}`]

const backendLines =
  ({ backends, source }: Findings) =>
  (name: BackendName): readonly Line[] =>
    pipe(
      backends[name],
      E.match(
        ({ message, remedy }): readonly Line[] => [[name, message], remedyLine(remedy)],
        backend => [
          [name, `${versionsOf(backend)}; ${threadsOf(backend)}`],
          ...(name === 'native' && source !== undefined
            ? [['', SOURCES[source] ?? source] satisfies Line]
            : []),
        ],
      ),
    )

const MNIST = /^(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?$/

const MNIST_FILES = 4

/** How many of MNIST's four files a folder has, each gzipped or not. */
const mnistFiles = (names: readonly string[] = []): number =>
  new Set(names.filter(name => MNIST.test(name)).map(name => name.replace(/\.gz$/, ''))).size

const folderLine = (label: string, { path, names }: Folder): Line => [
  label,
  names === undefined
    ? `${path} cannot be read`
    : `${path} has ${mnistFiles(names)} of MNIST's ${MNIST_FILES} files`,
]

const dataLines = ({ mnistDir, mnist, data }: Findings): readonly Line[] => {
  const complete = [mnistDir, mnist].some(folder => mnistFiles(folder?.names) === MNIST_FILES)
  const others = (data.names ?? []).filter(name => name !== 'README.md' && name !== 'mnist')
  return [
    ...(mnistDir === undefined
      ? [['MNIST_DIR', 'not set'] satisfies Line]
      : [folderLine('MNIST_DIR', mnistDir)]),
    mnist.names === undefined ? ['data', `no MNIST in ${mnist.path}`] : folderLine('data', mnist),
    ...(others.length === 0 ? [] : [['', `also cached: ${others.join(', ')}`] satisfies Line]),
    ...(complete
      ? []
      : [
          remedyLine(
            'training downloads MNIST, or draws its own digits; for a copy of yours, set MNIST_DIR to its folder',
          ),
        ]),
  ]
}

/** The findings as a person reads them. */
export const describe = (findings: Findings): readonly string[] => {
  const { node, platform, chosen, nativeOff, cache } = findings
  const lines: readonly Line[] = [
    ['Node', `${node}, ${platform}`],
    [
      'backend',
      pipe(
        chosen,
        E.match(
          ({ message }) => `none: ${message}`,
          ({ name }) => `${name}${nativeOff ? ' (NETWORK2_NATIVE=off)' : ''}`,
        ),
      ),
    ],
    ...(['native', 'wasm', 'cpu'] as const).flatMap(backendLines(findings)),
    ['cache', cache],
    ...dataLines(findings),
  ]
  return lines.map(show)
}

const root = fileURLToPath(new URL('../../..', import.meta.url))

const look = async (path: string): Promise<Folder> => ({
  path,
  names: await readdir(path).catch(() => undefined),
})

const sourceOf = async (): Promise<string | undefined> => {
  try {
    const text = await readFile(join(root, 'node_modules', '.network2', 'native.json'), 'utf8')
    const { source } = JSON.parse(text) as Record<string, unknown>
    return typeof source === 'string' ? source : undefined
  } catch {
    return undefined
  }
}

/** An empty variable is one that was not set. */
const given = (variable: string | undefined): string | undefined => (variable === '' ? undefined : variable)

const gather = async (env: NodeJS.ProcessEnv): Promise<Findings> => {
  // One after the other: each becomes the current backend, and the last should be the one that is used.
  const cpu = await loadBackend('cpu')()
  const wasm = await loadBackend('wasm')()
  const native = await loadBackend('native')()
  const mnistDir = given(env.MNIST_DIR)
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    chosen: await loadBackend('auto')(),
    backends: { native, wasm, cpu },
    source: await sourceOf(),
    nativeOff: env.NETWORK2_NATIVE === 'off',
    cache: resolve(given(env.NETWORK2_CACHE) ?? envPaths('network2', { suffix: '' }).cache),
    mnistDir: mnistDir === undefined ? undefined : await look(resolve(mnistDir)),
    mnist: await look(join(root, 'data', 'mnist')),
    data: await look(join(root, 'data')),
  }
}

/** What `npm run doctor` prints. */
export const doctor = (env: NodeJS.ProcessEnv): TE.TaskEither<AppError, string> =>
  pipe(
    TE.fromTask(() => gather(env)),
    TE.map(findings => describe(findings).join('\n')),
  )
