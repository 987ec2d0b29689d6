/**
 * Files and folders that appear under their name when they are complete, and never before: they are made under
 * a temporary name beside it, and renamed.
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

/** The owner is part of the name, because a cache can be shared by machines that do not see each other. */
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
 * Makes a folder and those above it. `mkdir` with `recursive` would do, but never returns where the kernel lets
 * nobody make folders, such as /proc.
 */
const makeFolder = folder => {
  if (existsSync(folder)) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
}

/** Removes the temporary folders whose makers are gone. */
const sweep = folder => {
  for (const name of readdirSync(folder).filter(name => name.startsWith(mine)))
    if (!alive(Number.parseInt(name.slice(mine.length), 10)))
      rmSync(join(folder, name), { recursive: true, force: true })
}

/** Does the work with a temporary folder inside this one, which is made if need be. */
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

/** Gives what was made its name; what had the name before goes. */
export const publish = (made, path) => {
  makeFolder(dirname(path))
  try {
    renameSync(made, path)
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY', 'EISDIR', 'ENOTDIR'].includes(error.code)) throw error
    // A folder cannot replace another: the old one steps aside, to where the temporary files are swept.
    renameSync(path, join(dirname(made), `old-${basename(path)}`))
    renameSync(made, path)
  }
}

/** Copies a file to a place, as a whole or not at all. */
export const copyTo = (file, path) =>
  withTemporary(dirname(path), temporary => {
    const copy = join(temporary, basename(path))
    copyFileSync(file, copy)
    publish(copy, path)
  })

/** Makes a folder appear in a second place: by a link, or by a copy where links are not to be had. */
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
