/**
 * `npm run doctor`: what is installed, what is missing and what to do about it. It changes nothing.
 */
import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { cacheFolder } from '#scripts/cache-folder'
import { defineCommand } from '../command.ts'
import { tryBackend, type Backend, type BackendName, type Unavailable } from '../../runtime/backend.ts'
import { defaultDataFolder } from '../../io/data-folder.ts'
import { nativeInstallation } from '../../runtime/native-installation.ts'
import { counted } from '../../format.ts'

/** A folder that may have MNIST, with the names of its files; the names are undefined if it cannot be read. */
export type Folder = { readonly path: string; readonly names: readonly string[] | undefined }

/** What the command reports, as data. */
export type Findings = {
  readonly node: string
  readonly platform: string
  readonly backends: Readonly<Record<BackendName, E.Either<Unavailable, Backend>>>
  /** How the native backend was installed; undefined if it was not. */
  readonly source: string | undefined
  readonly nativeOff: boolean
  readonly cache: string
  /** MNIST_DIR, if it is set. */
  readonly mnistDir: Folder | undefined
  readonly mnist: Folder
  readonly data: Folder
}

const SOURCES: Readonly<Record<string, string>> = {
  built: 'downloaded and compiled in this folder',
  cache: 'installed from the cache',
  given: 'installed by other means',
}

const versionsOf = ({ versions }: Backend): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')

const threadsOf = ({ threads }: Backend): string =>
  threads === undefined ? 'one thread for each core' : counted(threads, 'thread')

type Line = readonly [label: string, text: string]

const LABEL_WIDTH = 12

const show = ([label, text]: Line): string => `${label.padEnd(LABEL_WIDTH)}${text}`

/** The line below a problem. */
const remedyLine = (remedy: string): Line => ['', `-> ${remedy}`]

const backendLines =
  ({ backends, source }: Findings) =>
  (name: BackendName): readonly Line[] =>
    pipe(
      backends[name],
      E.match(
        ({ reason, remedy, installed }): readonly Line[] => [
          [name, installed ? reason : `optional, for large networks: ${reason}`],
          remedyLine(remedy),
        ],
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

/** How many of MNIST's four files a folder has, gzipped or not. */
const mnistFiles = (names: readonly string[] = []): number =>
  new Set(names.filter(name => MNIST.test(name)).map(name => name.replace(/\.gz$/, ''))).size

/** Folders below `data` that commands fill, besides MNIST's. */
const OTHER_CACHES = ['digits', 'published']

const isComplete = (folder: Folder | undefined): boolean => mnistFiles(folder?.names) === MNIST_FILES

const folderLine = (label: string, { path, names }: Folder, isUsed: boolean): Line => [
  label,
  names === undefined
    ? `${path} cannot be read`
    : `${path} has ${mnistFiles(names)} of MNIST's ${MNIST_FILES} files${isUsed ? '; train reads these' : ''}`,
]

const dataLines = ({ mnistDir, mnist, data }: Findings): readonly Line[] => {
  const [inVariable, inData] = [isComplete(mnistDir), isComplete(mnist)]
  const others = (data.names ?? []).filter(name => OTHER_CACHES.includes(name))
  return [
    ...(mnistDir === undefined
      ? [['MNIST_DIR', 'not set'] satisfies Line]
      : [folderLine('MNIST_DIR', mnistDir, inVariable)]),
    mnist.names === undefined
      ? ['data', `no MNIST in ${mnist.path}`]
      : folderLine('data', mnist, inData && mnistDir === undefined),
    ...(others.length === 0 ? [] : [['', `also cached: ${others.join(', ')}`] satisfies Line]),
    ...(inVariable || inData
      ? []
      : [
          remedyLine(
            'train downloads MNIST, or generates synthetic digits offline; if you have MNIST, set MNIST_DIR to its folder',
          ),
        ]),
  ]
}

/** The backend that `--backend auto` chooses. */
const automatic = ({ backends: { native, wasm }, nativeOff }: Findings): string => {
  const first = E.isRight(wasm) ? 'wasm' : 'cpu'
  if (nativeOff) return `${first} (NETWORK2_NATIVE=off)`
  return E.isRight(native) ? `${first}; native for large networks` : first
}

/** The findings as lines of text. */
export const describe = (findings: Findings): readonly string[] => {
  const { node, platform, cache } = findings
  const lines: readonly Line[] = [
    ['Node', `${node}, ${platform}`],
    ['backend', automatic(findings)],
    ...(['native', 'wasm', 'cpu'] as const).flatMap(backendLines(findings)),
    ['cache', cache],
    ...dataLines(findings),
  ]
  return lines.map(show)
}

const look = async (path: string): Promise<Folder> => ({
  path,
  names: await readdir(path).catch(() => undefined),
})

/** An empty variable counts as not set. */
const given = (variable: string | undefined): string | undefined => (variable === '' ? undefined : variable)

const gather = async (env: NodeJS.ProcessEnv): Promise<Findings> => {
  // One after the other, because each becomes the current backend while it is tested.
  const cpu = await tryBackend('cpu')
  const wasm = await tryBackend('wasm')
  const native = await tryBackend('native')
  const mnistDir = given(env.MNIST_DIR)
  const installation = nativeInstallation()
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    backends: { native, wasm, cpu },
    source: installation?.status === 'ready' ? installation.source : undefined,
    nativeOff: env.NETWORK2_NATIVE === 'off',
    cache: cacheFolder(env),
    mnistDir: mnistDir === undefined ? undefined : await look(resolve(mnistDir)),
    mnist: await look(resolve(defaultDataFolder(env), 'mnist')),
    data: await look(resolve(defaultDataFolder(env))),
  }
}

export const doctorCommand = defineCommand({
  describe: 'Reports what is installed on this machine, and how to get what is missing.',
  options: {},
  examples: [],
  run: (_flags, env) =>
    pipe(
      TE.fromTask(() => gather(env.variables)),
      TE.map(findings => describe(findings).forEach(env.out)),
    ),
})
