import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The folder of the project. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const canWrite = folder => {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Imports a module of the project, TypeScript or not, by its path from the root. */
export const load = async path => {
  // From 22.18 on Node reads TypeScript itself, in half the time that tsx takes to start.
  if (path.endsWith('.ts') && !process.features.typescript) {
    // tsx keeps what it has translated in the temporary folder, and does not start where it cannot
    if (!canWrite(tmpdir())) process.env.TSX_DISABLE_CACHE = '1'
    const { register } = await import('tsx/esm/api')
    register()
  }
  return import(pathToFileURL(join(root, path)).href)
}
