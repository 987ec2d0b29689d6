/**
 * Files and folders that get their name only when they are complete: they are made under a temporary name in the same
 * folder and renamed.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** The host is part of the name, because machines that share a cache do not see each other's processes. */
const mine = `.tmp-${hostname()}-`

const alive = pid => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Makes a folder and its parents. `mkdir` with `recursive` would do the same, but it never returns in file systems of
 * the kernel such as /proc, where nobody can make folders.
 */
export const makeFolder = (folder, mode = 0o777) => {
  if (existsSync(folder)) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder), mode)
  try {
    mkdirSync(folder, mode)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
}

/** Removes the temporary folders of processes that have ended. */
const sweep = folder => {
  for (const name of readdirSync(folder).filter(name => name.startsWith(mine)))
    if (!alive(Number.parseInt(name.slice(mine.length), 10)))
      rmSync(join(folder, name), { recursive: true, force: true })
}

/** Does the work with a temporary folder inside this one, which is made if it does not exist. */
export const withTemporary = async (folder, work) => {
  makeFolder(folder)
  sweep(folder)
  const temporary = mkdtempSync(join(folder, `${mine}${process.pid}-`))
  try {
    return await work(temporary)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Renames what was made to its name, and replaces what had the name before. */
export const publish = (made, path) => {
  makeFolder(dirname(path))
  try {
    renameSync(made, path)
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY', 'EISDIR', 'ENOTDIR'].includes(error.code)) throw error
    // A rename cannot replace a folder: the old one moves first, into the temporary folder, which is removed later.
    renameSync(path, join(dirname(made), `old-${basename(path)}`))
    renameSync(made, path)
  }
}

/** Copies a file completely or not at all. */
export const copyTo = (file, path) =>
  withTemporary(dirname(path), temporary => {
    const copy = join(temporary, basename(path))
    copyFileSync(file, copy)
    publish(copy, path)
  })

/** Makes a folder available under a second path: by a link, or by a copy where links are not possible. */
export const linkTo = (folder, path) =>
  withTemporary(dirname(path), temporary => {
    const link = join(temporary, basename(path))
    try {
      symlinkSync(folder, link)
    } catch {
      cpSync(folder, link, { recursive: true })
    }
    publish(link, path)
  })
