/**
 * The package that this file belongs to: where it is, whether it is a clone of the repository, and how its commands are
 * typed. It needs nothing that must be installed or built first.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Whether this is a clone of the repository. An installed package has no program that builds it. */
export const isClone = existsSync(join(root, 'scripts', 'build.mjs'))

/** What the package.json of this package says. */
export const manifest = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** How the commands are typed: in a clone through npm, else as they were started. */
const typed = isClone
  ? (name, args) => (args === '' ? `npm run ${name}` : `npm run ${name} -- ${args}`)
  : (name, args) => `${onPath() ? '' : 'npx '}network2 ${name} ${args}`.trimEnd()

/** Whether a shell has found the program by its name alone. */
const onPath = () => basename(process.argv[1] ?? '') === 'network2' && process.env.npm_command === undefined

/** A command of this program, as a person would type it. */
export const shellCommand = (name, args = '') => typed(name, args)

/** How a user installs packages that few need, which package.json names as optional peers. */
export const installCommand = names => {
  const { peerDependencies } = manifest()
  // ^ would be for the shell of Windows
  const versions = names.map(name => `${name}@${peerDependencies[name].replace('^', '')}`)
  return `npm install --ignore-scripts ${versions.join(' ')}`
}

/** The folder of tfjs-node, as the package in a folder finds it; undefined if it is not installed. */
export const tfjsNode = (folder = root) => {
  try {
    return dirname(createRequire(join(folder, 'package.json')).resolve('@tensorflow/tfjs-node/package.json'))
  } catch {
    return undefined
  }
}

/** The file that records the last installation of the native backend; it goes when the packages go. */
export const nativeRecord = (folder = root) => {
  const found = tfjsNode(folder)
  return found === undefined ? undefined : join(found, '..', '..', '.network2', 'native.json')
}
