/**
 * Downloads TensorFlow's library with pip and unpacks it from its Python package. The package's checksum is fixed here,
 * so any package index may serve it.
 */
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import yauzl from 'yauzl'
import { runChild } from './child.mjs'
import { Obstacle } from './obstacle.mjs'
import { shellCommand } from './package.mjs'
import { publish, withTemporary } from './publish.mjs'

const PIPS = [['python3', '-m', 'pip'], ['pip3'], ['pip']]

/** The first pip that runs. */
const findPip = async env => {
  for (const [command, ...first] of PIPS) {
    const { code } = await runChild(command, [...first, '--version'], { env })
    if (code === 0) return { command, first }
  }
  throw new Obstacle(
    'Python with pip, which downloads it, was not found',
    `install Python 3 with pip, then run: ${shellCommand('setup', 'native')}`,
  )
}

const download = async ({ command, first }, { requirement, pipFlags }, folder, env) => {
  const args = ['download', '--no-deps', '--only-binary=:all:', ...pipFlags, '--dest', folder, requirement]
  const { code, err } = await runChild(command, [...first, ...args], { env, show: true })
  const wheel = readdirSync(folder).find(name => name.endsWith('.whl'))
  if (code === 0 && wheel !== undefined) return join(folder, wheel)
  if (err.includes('No space left'))
    throw Object.assign(new Error('pip'), { code: 'ENOSPC', syscall: 'write' })
  const said = err.split('\n').flatMap(line => /^(?:ERROR|error): (.+)/.exec(line)?.[1] ?? [])
  const offline = /Retrying|Connection|Temporary failure|timed out/.test(err)
  throw new Obstacle(
    `pip could not download ${requirement} (${offline ? 'no connection' : (said.at(-1)?.slice(0, 200) ?? 'pip gave no reason')})`,
    `check the network and pip's package index, then run: ${shellCommand('setup', 'native')}`,
  )
}

const sha256 = async file => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

const check = async (wheel, expected) => {
  const found = await sha256(wheel)
  if (found === expected) return
  throw new Obstacle(
    `the downloaded package has the SHA-256 ${found}, expected ${expected}`,
    `empty pip's cache (pip cache purge), check its package index, then run: ${shellCommand('setup', 'native')}`,
  )
}

/** The path to which a file of the wheel is unpacked; undefined if it is neither a library nor a header of the C API. */
const placeOf = name =>
  /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/.exec(name)?.[1]?.replace(/^/, 'lib/') ??
  /^tensorflow\/(include\/(?:tensorflow|tsl)\/c\/.+\.h)$/.exec(name)?.[1] ??
  /^tensorflow\/(include\/(?:tensorflow\/core|tsl)\/platform\/ctstring\w*\.h)$/.exec(name)?.[1]

/** Unpacks the files that are needed, and a manifest of their sizes, by which a damaged copy is recognized. */
const unpack = async (wheel, folder) => {
  const files = {}
  const zip = await yauzl.openPromise(wheel)
  for await (const entry of zip.eachEntry()) {
    const place = placeOf(entry.fileName)
    if (place === undefined) continue
    const file = join(folder, place)
    mkdirSync(dirname(file), { recursive: true })
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(file))
    files[place] = entry.uncompressedSize
  }
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify({ files }, null, 2)}\n`)
}

/** Whether all unpacked files exist in full size. */
export const libraryIsWhole = folder => {
  try {
    const { files } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
    return Object.entries(files).every(([name, size]) => statSync(join(folder, name)).size === size)
  } catch {
    return false
  }
}

/** Downloads the library into a folder, as `lib` and `include`, and shows the progress. */
export const fetchLibrary = async ({ recipe, folder, env, say }) => {
  // An unwritable folder or a missing pip fails here, before the download.
  await withTemporary(dirname(folder), async temporary => {
    const pip = await findPip(env)
    say(`Downloading TensorFlow's library with pip (${recipe.megabytes} MB, once) …`)
    const wheel = await download(pip, recipe, temporary, env)
    await check(wheel, recipe.sha256)
    say("Unpacking TensorFlow's library …")
    const unpacked = join(temporary, 'library')
    mkdirSync(unpacked)
    await unpack(wheel, unpacked)
    // Another machine that shares the cache may have finished first, and may use its copy already.
    if (!libraryIsWhole(folder)) publish(unpacked, folder)
  })
}
