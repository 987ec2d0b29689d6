/**
 * The TensorFlow library, out of the Python package that carries it. The package's checksum is pinned, so it does
 * not matter where pip finds it.
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
import { publish, withTemporary } from './publish.mjs'

const PIPS = [['python3', '-m', 'pip'], ['pip3'], ['pip']]

/** The first pip that answers. */
const findPip = async env => {
  for (const [command, ...first] of PIPS) {
    const { code } = await runChild(command, [...first, '--version'], { env })
    if (code === 0) return { command, first }
  }
  throw new Obstacle(
    'Python with pip, which downloads it, was not found',
    'install Python 3 with pip, and run: npm run setup',
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
    `pip could not download ${requirement} (${offline ? 'no connection' : (said.at(-1)?.slice(0, 200) ?? 'it did not say why')})`,
    'with a network, or a package index that pip can reach, run: npm run setup',
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
    `what pip downloaded has the SHA-256 ${found}, and not ${expected}`,
    "empty pip's cache (pip cache purge), make sure of its package index, and run: npm run setup",
  )
}

/** Where a file of the wheel goes, if we need it: the two libraries, and the headers of the C interface. */
const placeOf = name =>
  /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/.exec(name)?.[1]?.replace(/^/, 'lib/') ??
  /^tensorflow\/(include\/(?:tensorflow|tsl)\/c\/.+\.h)$/.exec(name)?.[1] ??
  /^tensorflow\/(include\/(?:tensorflow\/core|tsl)\/platform\/ctstring\w*\.h)$/.exec(name)?.[1]

/** Unpacks what is needed, and lists it with sizes, by which a damaged copy is known later. */
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

/** Is everything there that was unpacked, in full size? */
export const libraryIsWhole = folder => {
  try {
    const { files } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
    return Object.entries(files).every(([name, size]) => statSync(join(folder, name)).size === size)
  } catch {
    return false
  }
}

/** Downloads the library and puts it into a folder, `lib` and `include`. Shows its progress. */
export const fetchLibrary = async ({ recipe, folder, env, say }) => {
  // Before anything is downloaded: can the folder be written, and is there a pip?
  await withTemporary(dirname(folder), async temporary => {
    const pip = await findPip(env)
    say(`Fetching TensorFlow's library with pip (${recipe.megabytes} MB, once; not with --backend wasm) …`)
    const wheel = await download(pip, recipe, temporary, env)
    await check(wheel, recipe.sha256)
    say('Unpacking it …')
    const unpacked = join(temporary, 'library')
    mkdirSync(unpacked)
    await unpack(wheel, unpacked)
    // Another machine with the same cache may have been faster; what it made may be in use.
    if (!libraryIsWhole(folder)) publish(unpacked, folder)
  })
}
