/**
 * Installs TensorFlow's native library and the addon through which tfjs-node calls it.
 *
 * tfjs-node's own installer fails: its downloads no longer exist, and they had no checksums. Here the library comes from
 * a Python package and the addon is compiled from the sources in the npm package. Both are kept in the user's cache, so
 * that another checkout needs neither Python nor a compiler.
 */
import headers from 'node-api-headers'
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild, Stopped } from './child.mjs'
import { Obstacle, obstacleOf } from './obstacle.mjs'
import { installCommand, shellCommand, tfjsNode } from './package.mjs'
import { copyTo, linkTo, withTemporary } from './publish.mjs'
import { fetchLibrary, libraryIsWhole } from './wheel.mjs'

/** Loads the addon in a separate process. Returns TensorFlow's version, or why it does not load. */
const probe = async (addon, env) => {
  const script = fileURLToPath(new URL('probe.mjs', import.meta.url))
  const { code, signal, out, err } = await runChild(process.execPath, [script, addon], { env })
  if (code === 0) return { version: out }
  if (signal === 'SIGILL' || err.includes('was compiled to use'))
    return { trouble: 'it needs instructions that this processor does not have' }
  const why = /^\w*Error: (.+)/m.exec(err)?.[1]
  return { trouble: why?.slice(0, 200) ?? `the process ended with ${signal ?? `code ${code}`}` }
}

/** What is downloaded, for which platform, and how it is tested. */
export const recipe = {
  version: '2.15.1',
  platform: 'linux-x64',
  requirement: 'tensorflow-cpu==2.15.1',
  pipFlags: ['--python-version', '311', '--platform', 'manylinux_2_17_x86_64'],
  sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  megabytes: 207,
  probe,
}

/** The name of this platform. The library needs GNU's C library, so musl counts as another platform. */
const platformHere = () => {
  const musl =
    process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined
  return `${process.platform}-${process.arch}${musl ? '-musl' : ''}`
}

const COMPILERS = ['c++', 'g++', 'clang++']

const findCompiler = async env => {
  for (const command of COMPILERS) {
    const { code } = await runChild(command, ['--version'], { env })
    if (code === 0) return command
  }
  throw new Obstacle(
    `no C++ compiler was found (${COMPILERS.join(', ')})`,
    `install one, such as the package g++, then run: ${shellCommand('setup', 'native')}`,
  )
}

const build = async ({ compiler, sources, library, output, env }) => {
  // The linker searches for file names without a version.
  const named = `${output}.lib`
  mkdirSync(named)
  symlinkSync(join(library, 'lib', 'libtensorflow_cc.so.2'), join(named, 'libtensorflow.so'))
  symlinkSync(join(library, 'lib', 'libtensorflow_framework.so.2'), join(named, 'libtensorflow_framework.so'))
  const args = [
    ...['-std=c++17', '-shared', '-fPIC', '-O2', '-DNAPI_VERSION=8'],
    ...['-I', headers.include_dir, '-I', join(library, 'include')],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map(name => join(sources, name)),
    ...['-L', named, '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
    ...['-o', output],
  ]
  const { code, err, signal } = await runChild(compiler, args, { env })
  if (code === 0) return
  const why =
    /^.*(?:error|cannot).*$/im.exec(err)?.[0].trim().slice(0, 200) ??
    `the compiler ended with ${signal ?? code}`
  throw new Obstacle(
    `${compiler} could not compile TensorFlow's addon (${why})`,
    `fix that, then run: ${shellCommand('setup', 'native')}`,
  )
}

/** Whether a path is inside a folder, with links followed. */
const inside = (path, folder) => {
  try {
    return realpathSync(path).startsWith(realpathSync(folder) + sep)
  } catch {
    return false
  }
}

const ready = (source, libtensorflow, addon, library) => ({
  status: 'ready',
  source,
  libtensorflow,
  addon,
  library,
})

const install = async ({ root, env, cache, recipe, platform, say }) => {
  const tfjs = tfjsNode(root)
  if (tfjs === undefined)
    throw new Obstacle(
      'the package @tensorflow/tfjs-node is not installed',
      `run: ${installCommand(['@tensorflow/tfjs-node'])}`,
    )
  const addon = join(tfjs, 'lib', 'napi-v8', 'tfjs_binding.node')
  const linked = join(tfjs, 'deps', 'lib')
  const libraryFile = join(linked, 'libtensorflow_cc.so.2')

  if (existsSync(addon)) {
    const { version } = await recipe.probe(addon, env)
    if (version !== undefined)
      return inside(linked, cache)
        ? ready('cache', version, addon, libraryFile)
        : ready('given', version, addon, addon)
  }
  if (platform !== recipe.platform)
    throw new Obstacle(
      `it is only available for ${recipe.platform}, and this is ${platform}`,
      'every command works without it',
    )

  const { version } = JSON.parse(readFileSync(join(tfjs, 'package.json'), 'utf8'))
  const library = join(cache, `libtensorflow-${recipe.version}-${platform}`)
  const kept = join(
    cache,
    `tfjs-node-${version}-libtensorflow-${recipe.version}-${platform}`,
    'tfjs_binding.node',
  )

  // Check for a compiler before the long download.
  if (!existsSync(kept)) await findCompiler(env)
  const had = libraryIsWhole(library)
  if (!had) await fetchLibrary({ recipe, folder: library, env, say })
  await linkTo(join(library, 'lib'), linked)

  if (existsSync(kept)) {
    await copyTo(kept, addon)
    const { version: loaded } = await recipe.probe(addon, env)
    if (loaded !== undefined) return ready(had ? 'cache' : 'built', loaded, addon, libraryFile)
  }
  const compiler = await findCompiler(env)
  say("Compiling TensorFlow's addon …")
  await withTemporary(join(tfjs, 'lib'), async temporary => {
    const output = join(temporary, 'tfjs_binding.node')
    await build({ compiler, sources: join(tfjs, 'binding'), library, output, env })
    await copyTo(output, addon)
  })
  const { version: loaded, trouble } = await recipe.probe(addon, env)
  if (loaded === undefined) {
    rmSync(addon)
    throw new Obstacle(
      `TensorFlow's library does not load (${trouble})`,
      `delete ${library}, then run: ${shellCommand('setup', 'native')}`,
    )
  }
  // The addon works even if the cache cannot be written.
  await copyTo(addon, kept).catch(() => undefined)
  return ready('built', loaded, addon, libraryFile)
}

/**
 * Installs the native backend, if this machine can run it.
 *
 * @param say prints a line about the work
 * @param recipe what is downloaded, for which platform, and how it is tested
 * @returns the state to save: `ready`, or `failed` with a reason and a remedy; rejects only with `Stopped`
 */
export const installNative = async ({
  root,
  env,
  cache,
  say,
  recipe: how = recipe,
  platform = platformHere(),
}) => {
  try {
    return await install({ root, env, cache, recipe: how, platform, say })
  } catch (error) {
    if (error instanceof Stopped) throw error
    const { reason, remedy } = obstacleOf(error, cache)
    return { status: 'failed', reason, remedy }
  }
}
