/**
 * The file operations that the program needs, few enough to be given another file system: one that fails, or that stops,
 * wherever a test wants it to.
 *
 * Each throws as Node's own do; those who call know what the failure means to a person.
 */
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { link, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import writeFileAtomic from 'write-file-atomic'
import { codeOf } from './failure.ts'

export type Files = {
  readonly read: (path: string) => Promise<Uint8Array>
  /** Old or new, never half, and on the disk when it returns. */
  readonly save: (path: string, bytes: Uint8Array | string) => Promise<void>
  readonly append: (path: string, bytes: Uint8Array | string) => Promise<void>
  /** Gives what is at a path a second path, old or new there, never half. */
  readonly copy: (from: string, to: string) => Promise<void>
  /** Creates a file with its whole content, or returns false because there is one. */
  readonly claim: (path: string, text: string) => Promise<boolean>
  /** The names in a folder; none where there is no folder. */
  readonly list: (folder: string) => Promise<readonly string[]>
  readonly remove: (path: string) => Promise<void>
  readonly makeFolder: (path: string) => Promise<void>
  /** Makes a path lead to a neighbour of that name. */
  readonly point: (path: string, name: string) => Promise<void>
  /** Where such a path leads; another path leads to itself. */
  readonly follow: (path: string) => Promise<string>
}

/** The bytes of a file, if there is one. */
export const readIfPresent = (files: Files, path: string): Promise<Uint8Array | undefined> =>
  files.read(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })

/** Makes a renaming last through a power cut, where the system can do that for folders. */
const syncFolder = (path: string): void => {
  try {
    const folder = openSync(path, 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'EISDIR', 'EACCES', 'ENOTSUP'].includes(codeOf(error))) throw error
  }
}

/** A name beside the file: renaming works only within a file system. */
const beside = (path: string): string => `${path}.${process.pid}.tmp`

/** An operation that blocks, as a promise. */
const blocking =
  <A extends readonly unknown[]>(work: (...args: A) => void) =>
  (...args: A): Promise<void> =>
    new Promise(resolve => {
      work(...args)
      resolve()
    })

/**
 * The disk. What is done after every epoch blocks: there is nothing to do meanwhile, and each turn through the thread
 * pool costs as much as the operation itself.
 */
export const disk: Files = {
  read: path => readFile(path),
  save: async (path, bytes) => {
    // its own write takes a disk that fills up half-way for success
    writeFileAtomic.sync(path, '', { tmpfileCreated: temporary => writeFileSync(temporary, bytes) })
    syncFolder(dirname(path))
    // who is asked to stop at once does not save all the rest first
    await setImmediate()
  },
  append: blocking((path: string, bytes: Uint8Array | string) => appendFileSync(path, bytes)),
  copy: blocking((from: string, to: string) => {
    const temporary = beside(to)
    rmSync(temporary, { force: true })
    try {
      try {
        linkSync(from, temporary)
      } catch {
        copyFileSync(from, temporary)
      }
      renameSync(temporary, to)
    } finally {
      // where both are the same file already, renaming does nothing
      rmSync(temporary, { force: true })
    }
  }),
  claim: async (path, text) => {
    const temporary = beside(path)
    try {
      await writeFile(temporary, text)
      await link(temporary, path)
      return true
    } catch (error) {
      // ENOENT: the owner has swept our file away with the leftovers of others
      if (['EEXIST', 'ENOENT'].includes(codeOf(error))) return false
      throw error
    } finally {
      await rm(temporary, { force: true })
    }
  },
  list: folder =>
    readdir(folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }),
  remove: path => rm(path, { force: true }),
  makeFolder: async path => {
    await mkdir(path, { recursive: true })
  },
  point: async (path, name) => {
    const temporary = beside(path)
    await rm(temporary, { force: true })
    await symlink(name, temporary)
    await rename(temporary, path)
  },
  follow: async path => {
    const target = await readlink(path).catch(() => undefined)
    return target === undefined ? path : isAbsolute(target) ? target : join(dirname(path), target)
  },
}
