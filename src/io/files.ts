/**
 * The file operations that runs and studies need. They are few, so that a test can replace them by a file system that
 * fails or stops at any operation.
 *
 * Each throws the errors of `node:fs`; callers turn them into messages.
 */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { codeOf } from './failure.ts'

export type Files = {
  readonly read: (path: string) => Promise<Uint8Array>
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
export const readIfPresent = (files: Files, path: string): Promise<Uint8Array | undefined> =>
  files.read(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })

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

/** Writes a temporary file and renames it to `target`. If that fails, `target` is unchanged and nothing is left over. */
const replace = (target: string, write: (temporary: string) => void): void => {
  const temporary = beside(target)
  try {
    write(temporary)
    renameSync(temporary, target)
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
  read: path => readFile(path),
  save: async (path, bytes) => {
    const old = statSync(path, { throwIfNoEntry: false })
    if (old !== undefined && !old.isFile()) {
      // a device or a pipe (/dev/null, /dev/stdout) cannot be replaced
      writeFileSync(path, bytes)
    } else {
      // a symbolic link is kept, and its target replaced
      const target = old === undefined ? path : realpathSync(path)
      replace(target, temporary => {
        writeFileSync(temporary, bytes, { flush: true })
        if (old !== undefined) chmodSync(temporary, old.mode)
      })
      syncFolder(dirname(target))
    }
    // lets a pending signal be handled before the next save
    await setImmediate()
  },
  append: blocking((path: string, bytes: Uint8Array | string) => appendFileSync(path, bytes)),
  extend: blocking((path: string, length: number, bytes: Uint8Array) => {
    const file = openSync(path, constants.O_RDWR | (length === 0 ? constants.O_CREAT : 0))
    try {
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
        copyFileSync(from, temporary)
      }
    })
    // rename does nothing where both names are links to the same file already
    rmSync(beside(to), { force: true })
  }),
  claim: async (path, text) => {
    const temporary = beside(path)
    try {
      await writeFile(temporary, text)
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
