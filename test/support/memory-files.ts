/**
 * A file system in memory that simulates faults: death in an operation, or its refusal.
 */
import { dirname, join } from 'node:path'
import type { Files } from '../../src/io/files.ts'

/** What becomes of an operation that is not done as it should be; `share` of its bytes get through. */
export type Fault =
  | { readonly kind: 'death'; readonly moment: 'before' | 'within' | 'after'; readonly share: number }
  | { readonly kind: 'refusal'; readonly code: string; readonly share: number }

/** The contents of the disk, which survive the process. */
export type Storage = {
  readonly files: Map<string, Uint8Array>
  readonly folders: Set<string>
  readonly links: Map<string, string>
}

export const emptyStorage = (...folders: readonly string[]): Storage => ({
  files: new Map(),
  folders: new Set(folders),
  links: new Map(),
})

/** One process's view of the disk. */
export type MemoryFiles = {
  readonly files: Files
  /** How many operations that change something were begun. */
  readonly operations: () => number
  readonly isDead: () => boolean
}

const failure = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })

const bytesOf = (content: Uint8Array | string): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content.slice()

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat([a, b]))

/**
 * A process on that disk. After its death nothing it does has any effect.
 *
 * @param pid in the names of its temporary files
 * @param faultAt what goes wrong with operation `n`, from 1, on a path
 */
export const memoryFiles = (
  { files, folders, links }: Storage,
  pid: number,
  faultAt: (n: number, path: string) => Fault | undefined = () => undefined,
): MemoryFiles => {
  let operations = 0
  let dead = false

  const alive = (path: string): void => {
    if (dead) throw failure('DEAD', path)
  }
  const parentOf = (path: string): void => {
    if (!folders.has(dirname(path))) throw failure('ENOENT', path)
  }
  /** An operation: how it is done, and what is there when it stops half-way. */
  const operation = async (path: string, done: () => void, half: (fault: Fault) => void): Promise<void> => {
    // as with a real disk, others run meanwhile
    await Promise.resolve()
    alive(path)
    operations++
    const fault = faultAt(operations, path)
    if (fault === undefined) {
      done()
      return
    }
    if (fault.kind === 'refusal') {
      half(fault)
      throw failure(fault.code, path)
    }
    dead = true
    try {
      if (fault.moment === 'within') half(fault)
      if (fault.moment === 'after') done()
    } catch {
      // nobody is left to hear of it
    }
    throw failure('DEAD', path)
  }
  const temporary = (path: string): string => `${path}.${pid}.tmp`
  const part = (bytes: Uint8Array, share: number): Uint8Array =>
    bytes.slice(0, Math.floor(share * bytes.length))

  return {
    operations: () => operations,
    isDead: () => dead,
    files: {
      read: async path => {
        await Promise.resolve()
        alive(path)
        const bytes = files.get(path)
        if (bytes === undefined) throw failure(folders.has(path) ? 'EISDIR' : 'ENOENT', path)
        return bytes.slice()
      },
      save: (path, content) => {
        const bytes = bytesOf(content)
        return operation(
          path,
          () => {
            parentOf(path)
            files.set(path, bytes)
          },
          ({ kind, share }) => {
            // who is alive takes a file away that could not be finished
            if (kind === 'death') files.set(temporary(path), part(bytes, share))
          },
        )
      },
      append: (path, content) => {
        const add = (bytes: Uint8Array): void => {
          parentOf(path)
          files.set(path, joined(files.get(path) ?? new Uint8Array(), bytes))
        }
        const bytes = bytesOf(content)
        return operation(
          path,
          () => add(bytes),
          ({ share }) => add(part(bytes, share)),
        )
      },
      extend: (path, length, content) => {
        const add = (bytes: Uint8Array): void => {
          parentOf(path)
          files.set(path, joined((files.get(path) ?? new Uint8Array()).slice(0, length), bytes))
        }
        return operation(
          path,
          () => add(content),
          ({ share }) => add(part(content, share)),
        )
      },
      copy: (from, to) => {
        const content = (): Uint8Array => {
          const bytes = files.get(from)
          if (bytes === undefined) throw failure('ENOENT', from)
          return bytes
        }
        return operation(
          to,
          () => files.set(to, content()),
          ({ kind }) => {
            if (kind === 'death') files.set(temporary(to), content())
          },
        )
      },
      claim: async (path, text) => {
        let isMine = false
        await operation(
          path,
          () => {
            parentOf(path)
            isMine = !files.has(path)
            if (isMine) files.set(path, bytesOf(text))
          },
          ({ kind, share }) => {
            if (kind === 'death') files.set(temporary(path), part(bytesOf(text), share))
          },
        )
        return isMine
      },
      list: async folder => {
        await Promise.resolve()
        alive(folder)
        return [...new Set([...files.keys(), ...links.keys(), ...folders])]
          .filter(path => dirname(path) === folder)
          .map(path => path.slice(folder.length + 1))
      },
      remove: path =>
        operation(
          path,
          () => void files.delete(path),
          () => undefined,
        ),
      makeFolder: path =>
        operation(
          path,
          () => {
            for (let at = path; !folders.has(at); at = dirname(at)) folders.add(at)
          },
          () => undefined,
        ),
      point: (path, name) =>
        operation(
          path,
          () => void links.set(path, name),
          ({ kind }) => {
            if (kind === 'death') links.set(temporary(path), name)
          },
        ),
      follow: async path => {
        await Promise.resolve()
        const target = links.get(path)
        return target === undefined ? path : join(dirname(path), target)
      },
    },
  }
}
