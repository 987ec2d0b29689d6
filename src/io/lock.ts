/**
 * One process at a time owns a folder. The owner is named in the file `owner.N`, which `Files.claim` lets one process
 * create.
 *
 * A lock with a lease of some seconds would not do: one long step keeps a process from renewing it, and after a kill
 * the next process should not have to wait. So the file names a process, and the system is asked whether it still runs.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync, statfsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as t from 'io-ts'
import { locked, type AppError, type Locked } from '../errors.ts'
import { codeOf, unwritable } from './failure.ts'
import type { Files } from './files.ts'
import { textOrThrow } from './text.ts'

const Owner = t.intersection([
  t.type({
    pid: t.number,
    host: t.string,
    /** When the process started, in the system's own count, since numbers of processes are reused; '' if unknown. */
    began: t.string,
  }),
  t.partial({
    /** A number of this start of the machine: two machines, or containers on them, may have one host name. */
    boot: t.string,
    /** The namespace of the process's number: each container counts its own processes. */
    namespace: t.string,
    /** A hash of the number of this installation of the system, which stays the same when it is restarted. */
    machine: t.string,
  }),
])

export type Owner = t.TypeOf<typeof Owner>

/** The processes of this machine. */
export type Processes = {
  readonly me: Owner
  /** Whether the owner of a folder may still be running. */
  readonly isAlive: (owner: Owner, folder: string) => boolean
}

/**
 * The state of a process and when it started, in ticks since the machine did: fields 3 and 22 of /proc/PID/stat, which
 * follow the name in brackets. Both are '' where that cannot be read: macOS and Windows have no such file.
 */
const statOf = (pid: number): { readonly state: string; readonly began: string } => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', began: fields[19] ?? '' }
  } catch {
    return { state: '', began: '' }
  }
}

const hasNumber = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

const runsHere = (pid: number, began: string): boolean => {
  const stat = statOf(pid)
  // a zombie (Z) or dead (X) process has ended, but its parent has not asked how
  return hasNumber(pid) && stat.began === began && !['Z', 'X'].includes(stat.state)
}

/** A text of the system; undefined where there is none, as on macOS and Windows. */
const systemText = (read: () => string): string | undefined => {
  try {
    return read().trim()
  } catch {
    return undefined
  }
}

const boot = systemText(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
const namespace = systemText(() => readlinkSync('/proc/self/ns/pid'))
/** The number itself is confidential (man machine-id). */
const machine = systemText(() =>
  createHash('sha256')
    .update(`network2 ${readFileSync('/etc/machine-id', 'utf8').trim()}`)
    .digest('hex')
    .slice(0, 16),
)

const me: Owner = {
  pid: process.pid,
  host: hostname(),
  began: statOf(process.pid).began,
  ...(boot === undefined ? {} : { boot }),
  ...(namespace === undefined ? {} : { namespace }),
  ...(machine === undefined ? {} : { machine }),
}

/** Whether the processes of an owner can be seen from here. A claim of an older version names its host alone. */
const isVisible = (owner: Owner): boolean =>
  owner.host === me.host &&
  (owner.boot === undefined || owner.boot === me.boot) &&
  (owner.namespace === undefined || owner.namespace === me.namespace)

/** The types, in statfs, of file systems on a disk that one kernel mounts at a time: ext2 to ext4, XFS, Btrfs, F2FS. */
const LOCAL_DISKS = [0xef53, 0x58465342, 0x9123683e, 0xf2f52010]

const isOnLocalDisk = (folder: string): boolean => {
  try {
    return LOCAL_DISKS.includes(statfsSync(folder).type)
  } catch {
    return false
  }
}

/**
 * Whether an owner has certainly ended because its machine was restarted.
 *
 * The number of the installation does not prove that alone: containers and virtual machines made from one image may share it, and
 * their host name. But the owner had another start of a machine than this process, and wrote its claim on a disk that
 * only one kernel mounts at a time, which is now the kernel of this process. So the owner's kernel has ended: network and
 * shared file systems, which several kernels use at once, are not in the list. The kernel's number of its start is the same in all
 * containers on it, except in those that are given their own (systemd-nspawn): these have their own process
 * namespace, so an owner of another namespace is not judged. If its namespace has the number of this one, it was this very
 * namespace, or one that ended before its number was given again.
 */
const wasRestarted = (owner: Owner, folder: string): boolean =>
  owner.host === me.host &&
  owner.machine !== undefined &&
  owner.machine === me.machine &&
  owner.namespace !== undefined &&
  owner.namespace === me.namespace &&
  owner.boot !== undefined &&
  me.boot !== undefined &&
  owner.boot !== me.boot &&
  isOnLocalDisk(folder)

/** Whether two owners are one process. */
export const isSameOwner = (one: Owner, other: Owner): boolean =>
  (['pid', 'host', 'began', 'boot', 'namespace', 'machine'] as const).every(key => one[key] === other[key])

export const systemProcesses: Processes = {
  me,
  // what cannot be seen from here may be alive
  isAlive: (owner, folder) =>
    isVisible(owner) ? runsHere(owner.pid, owner.began) : !wasRestarted(owner, folder),
}

const NAME = /^owner\.(\d+)$/

const claimFile = (folder: string, number: number): string => join(folder, `owner.${number}`)

type Claim = { readonly number: number; readonly owner: Owner | undefined }

/** All claims on a folder; one that cannot be parsed, such as one that is being written, has no owner. */
const claims = async (files: Files, folder: string): Promise<readonly Claim[]> => {
  const numbers = (await files.list(folder)).flatMap(name => NAME.exec(name)?.[1] ?? []).map(Number)
  const all = await Promise.all(
    numbers.map(async number => {
      try {
        const file = claimFile(folder, number)
        const owner = Owner.decode(JSON.parse(textOrThrow(file, await files.read(file))))
        return [{ number, owner: E.isRight(owner) ? owner.right : undefined }]
      } catch (error) {
        // ENOENT: it was removed after the folder was listed
        return codeOf(error) === 'ENOENT' ? [] : [{ number, owner: undefined }]
      }
    }),
  )
  return all.flat()
}

const inUse = (folder: string, { number, owner }: Claim): Locked => {
  const file = claimFile(folder, number)
  if (owner === undefined)
    return locked(
      `${folder} is in use: ${file} exists, but names no process`,
      `try again; if no run uses the folder, delete ${file}`,
    )
  const message = `${folder} is in use by process ${owner.pid} on ${owner.host}`
  if (owner.host !== hostname())
    return locked(message, `wait until it ends; if that machine is gone, delete ${file}`)
  if (!isVisible(owner))
    return locked(
      `${message}, in another container, on another machine of that name, or before a restart`,
      `wait until it ends; if you are sure that it has ended, delete ${file}`,
    )
  const wait = 'wait until it ends, or give another folder with --out'
  return owner.began !== ''
    ? locked(message, wait)
    : locked(
        `${message} (decided by the process number alone: the start time of processes is not available on this system)`,
        `${wait}; if process ${owner.pid} is another program, delete ${file}`,
      )
}

/** The live owner of a folder, if it has one. */
export const ownerOf = async (
  files: Files,
  { isAlive }: Processes,
  folder: string,
): Promise<Owner | undefined> =>
  (await claims(files, folder)).find(({ owner }) => owner !== undefined && isAlive(owner, folder))?.owner

/**
 * Makes this process the owner of an existing folder. If the owner is dead, its claim is replaced: of all who try, one
 * gets the next number.
 *
 * A claim without an owner counts as held: it may be half written.
 *
 * @returns a function that releases the lock
 */
export const acquireLock = (
  files: Files,
  { me, isAlive }: Processes,
  folder: string,
): TE.TaskEither<AppError, () => Promise<void>> => {
  const isHeld = ({ owner }: Claim): boolean => owner === undefined || isAlive(owner, folder)
  return TE.flatten(
    TE.tryCatch(async () => {
      const before = await claims(files, folder)
      const holder = before.find(isHeld)
      if (holder !== undefined) return TE.left(inUse(folder, holder))
      const number = 1 + before.reduce((most, claim) => Math.max(most, claim.number), 0)
      const path = claimFile(folder, number)
      const mine = await files.claim(path, JSON.stringify(me))
      // others may have claimed and released meanwhile, so this number may have been free beside a live claim
      const others = (await claims(files, folder)).filter(claim => !mine || claim.number !== number)
      const rival = others.find(isHeld)
      if (!mine || rival !== undefined) {
        if (mine) await files.remove(path)
        return TE.left(inUse(folder, rival ?? { number, owner: undefined }))
      }
      for (const dead of others) await files.remove(claimFile(folder, dead.number))
      // a claim that cannot be removed is dead once this process ends
      return TE.right(() => files.remove(path).catch(() => undefined))
    }, unwritable(folder)),
  )
}

/** Does the work, and then unlocks, also if the work fails or throws. */
export const unlockAfter =
  <A>(unlock: () => Promise<void>, work: TE.TaskEither<AppError, A>): TE.TaskEither<AppError, A> =>
  async () => {
    try {
      return await work()
    } finally {
      await unlock()
    }
  }
