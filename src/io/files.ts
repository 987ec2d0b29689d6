/**
 * The file operations that runs and studies need. They are few, so that a test can replace them by a file system that
 * fails or stops at any operation.
 *
 * None of them writes through a symbolic link: a folder may have come from a stranger, and a link in it may lead to any
 * file of the user. A link in the place of a file is replaced, as is a pipe, and a folder there is moved aside.
 *
 * Each throws the errors of `node:fs`; callers turn them into messages.
 */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { link, open, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { counted, grouped } from '../format.ts'
import { codeOf, NOT_REGULAR, TOO_LARGE } from './failure.ts'

export type Files = {
  /**
   * The bytes of a regular file; a pipe or a device is an error at once, since reading it may never end, and so is a file of
   * more bytes than `limit`.
   */
  readonly read: (path: string, limit?: number) => Promise<Uint8Array>
  /** Replaces a file atomically; its content is flushed to the disk before this returns. */
  readonly save: (path: string, bytes: Uint8Array | string) => Promise<void>
  readonly append: (path: string, bytes: Uint8Array | string) => Promise<void>
  /** Cuts a file to its first `length` bytes, appends, and flushes it to the disk; `length` 0 creates it. */
  readonly extend: (path: string, length: number, bytes: Uint8Array) => Promise<void>
  /** Replaces `to` atomically by the content of `from`, as a hard link where the file system has them. */
  readonly copy: (from: string, to: string) => Promise<void>
  /** Creates a file, or returns false because it exists: of all who call this with one path, one gets true. */
  readonly claim: (path: string, text: string) => Promise<boolean>
  /** The names in a folder; an empty list if the folder does not exist. */
  readonly list: (folder: string) => Promise<readonly string[]>
  readonly remove: (path: string) => Promise<void>
  readonly makeFolder: (path: string) => Promise<void>
  /** Makes `path` a symbolic link to `name`, a file or folder beside it. */
  readonly point: (path: string, name: string) => Promise<void>
  /** The target of a symbolic link; any other path is returned as it is. */
  readonly follow: (path: string) => Promise<string>
}

/** The bytes of a file, or undefined if it does not exist. */
export const readIfPresent = (files: Files, path: string, limit?: number): Promise<Uint8Array | undefined> =>
  files.read(path, limit).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })

// Windows has neither of these flags: they are undefined there, which is 0 to `|`

/** Opens a regular file to read it; waits for nobody who might write into a pipe. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK

/** Opens a file to write into it; a symbolic link is an error (ELOOP). */
const WRITE = constants.O_NOFOLLOW | constants.O_NONBLOCK

// versions of Node differ in whether `stat` throws for a path below a file; `exists` never does
const isFolderNow = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()

/**
 * Creates a folder, and those above it. Node's `recursive` never ends where the system says ENOENT for a folder that
 * cannot be made, as in /proc, and says ENOENT where a file system is read-only.
 */
export const makeFolderSync = (path: string): void => {
  if (isFolderNow(path)) return
  const above = dirname(path)
  if (!existsSync(above)) makeFolderSync(above)
  try {
    mkdirSync(path)
  } catch (error) {
    // another process may have made it
    if (!isFolderNow(path)) throw error
  }
}

/** Throws unless it is the state of a regular file. */
export const checkRegular = (found: Stats): void => {
  if (!found.isFile())
    throw Object.assign(new Error('not a regular file'), {
      code: found.isDirectory() ? 'EISDIR' : NOT_REGULAR,
    })
}

/** Throws if a file has more bytes than `limit`. */
export const checkSize = ({ size }: Pick<Stats, 'size'>, limit: number): void => {
  if (size > limit)
    throw Object.assign(
      new Error(`it has ${counted(size, 'byte')}, more than the ${grouped(limit)} allowed`),
      { code: TOO_LARGE },
    )
}

/** The bytes of a regular file, at most `limit`. */
export const readRegular = async (path: string, limit = Infinity): Promise<Uint8Array> => {
  const file = await open(path, READ)
  try {
    const found = await file.stat()
    checkRegular(found)
    checkSize(found, limit)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** Opens a regular file to append to it, or creates it. */
export const openToAppend = (path: string): number => {
  const file = openSync(path, WRITE | constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o666)
  try {
    checkRegular(fstatSync(file))
    return file
  } catch (error) {
    closeSync(file)
    throw error
  }
}

/** Flushes a folder, so that a rename in it survives a power failure. Not every system can do this for folders. */
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

/** A temporary name in the same folder: a rename works only within one file system. */
const beside = (path: string): string => `${path}.${process.pid}.tmp`

/** Puts a file in the place of another one, or of a folder, which is kept under another name. */
const renameOver = (from: string, to: string): void => {
  try {
    renameSync(from, to)
  } catch (error) {
    if (lstatSync(to, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
    renameSync(to, `${to}.aside.${Date.now()}`)
    renameSync(from, to)
  }
}

/** Writes a file that must not be there yet: what a killed process, or a stranger, left there is removed. */
const writeNew = (path: string, bytes: Uint8Array | string): void => {
  const write = (): void => writeFileSync(path, bytes, { flag: 'wx', flush: true })
  try {
    write()
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    rmSync(path, { force: true })
    write()
  }
}

/** Writes a temporary file and renames it to `target`. If that fails, `target` is unchanged and nothing is left over. */
const replace = (target: string, write: (temporary: string) => void): void => {
  const temporary = beside(target)
  try {
    write(temporary)
    renameOver(temporary, target)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Creates a file and then fills it: a reader may see it empty. */
const create = async (path: string, text: string): Promise<boolean> => {
  const file = await open(path, 'wx').catch((error: unknown) => {
    if (codeOf(error) === 'EEXIST') return undefined
    throw error
  })
  if (file === undefined) return false
  try {
    await file.writeFile(text)
    return true
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

/** A synchronous operation as a promise. */
const blocking =
  <A extends readonly unknown[]>(work: (...args: A) => void) =>
  (...args: A): Promise<void> =>
    new Promise(resolve => {
      work(...args)
      resolve()
    })

/**
 * The file system of this machine. What is done after every epoch is synchronous: nothing else could run meanwhile, and
 * a turn through the thread pool costs as much as the operation itself.
 */
export const disk: Files = {
  read: readRegular,
  save: async (path, bytes) => {
    const old = lstatSync(path, { throwIfNoEntry: false })
    replace(path, temporary => {
      writeNew(temporary, bytes)
      if (old?.isFile() === true) chmodSync(temporary, old.mode)
    })
    syncFolder(dirname(path))
    // lets a pending signal be handled before the next save
    await setImmediate()
  },
  append: blocking((path: string, bytes: Uint8Array | string) => {
    const file = openToAppend(path)
    try {
      appendFileSync(file, bytes)
    } finally {
      closeSync(file)
    }
  }),
  extend: blocking((path: string, length: number, bytes: Uint8Array) => {
    const file = openSync(path, WRITE | constants.O_RDWR | (length === 0 ? constants.O_CREAT : 0), 0o666)
    try {
      checkRegular(fstatSync(file))
      if (fstatSync(file).size < length) throw new Error('somebody has cut it')
      ftruncateSync(file, length)
      let written = 0
      while (written < bytes.length)
        written += writeSync(file, bytes, written, bytes.length - written, length + written)
      fdatasyncSync(file)
    } finally {
      closeSync(file)
    }
    if (length === 0) syncFolder(dirname(path))
  }),
  copy: blocking((from: string, to: string) => {
    // a killed process with the same number may have left it
    rmSync(beside(to), { force: true })
    replace(to, temporary => {
      try {
        linkSync(from, temporary)
      } catch {
        copyFileSync(from, temporary, constants.COPYFILE_EXCL)
      }
    })
    // rename does nothing where both names are links to the same file already
    rmSync(beside(to), { force: true })
  }),
  claim: async (path, text) => {
    const temporary = beside(path)
    try {
      writeNew(temporary, text)
      try {
        // a link to a finished file: no reader sees half of it
        await link(temporary, path)
        return true
      } catch (error) {
        // ENOENT: the owner of the folder removed the temporary file, as a leftover of others
        if (['EEXIST', 'ENOENT'].includes(codeOf(error))) return false
        // exFAT, SMB and FUSE file systems have no hard links; another cause makes this fail, too
        return await create(path, text)
      }
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
  makeFolder: blocking(makeFolderSync),
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
