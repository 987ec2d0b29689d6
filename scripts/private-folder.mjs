import { chmodSync, lstatSync } from 'node:fs'
import { makeFolder } from './publish.mjs'

/**
 * Makes a folder that only this user can read and write.
 *
 * @returns its path; undefined if it cannot be made or belongs to another user
 */
export const privateFolder = path => {
  try {
    makeFolder(path, 0o700)
    // Windows has no owner to compare; there, the user's own folders are private by default.
    if (process.geteuid === undefined) return path
    const found = lstatSync(path)
    if (!found.isDirectory() || found.uid !== process.geteuid()) return undefined
    chmodSync(path, 0o700)
    return path
  } catch {
    return undefined
  }
}
