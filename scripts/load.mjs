import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { privateFolder } from './private-folder.mjs'

/** The folder of the project. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Lets Node import TypeScript through tsx. tsx keeps translated files in the temporary folder and runs what it finds
 * there under the right name, even if another user wrote it. So it gets a folder that only this user can write, or none.
 */
const registerTsx = async () => {
  const { TMPDIR } = process.env
  const folder = privateFolder(join(root, 'node_modules', '.network2', 'tsx'))
  if (folder === undefined) process.env.TSX_DISABLE_CACHE = '1'
  else process.env.TMPDIR = folder
  const { register } = await import('tsx/esm/api')
  // The thread that translates starts here, with a copy of the environment.
  register()
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
}

/** Imports a module of the project, TypeScript or not, by its path from the root. */
export const load = async path => {
  // Node reads TypeScript itself from 22.18 on, and starts in half the time.
  if (path.endsWith('.ts') && !process.features.typescript) await registerTsx()
  return import(pathToFileURL(join(root, path)).href)
}
