/**
 * One owner per folder. Who owns it is a file `owner.N`, made whole by a link, which the file system grants to one.
 *
 * A package with a lease of some seconds would not do: a long step keeps a process from renewing it, and a killed run
 * should go on at once. So the file names a process, and whether that lives is asked of the system.
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as t from 'io-ts'
import { locked, type AppError, type Locked } from '../errors.ts'
import { codeOf, unwritable } from './failure.ts'
import type { Files } from './files.ts'

const Owner = t.type({
  pid: t.number,
  host: t.string,
  /** When the process began, as its system counts: a number may be given to another process later. */
  began: t.string,
})

export type Owner = t.TypeOf<typeof Owner>

/** The processes of this machine. */
export type Processes = { readonly me: Owner; readonly isAlive: (owner: Owner) => boolean }

/** The start of a process in ticks since the machine's: field 22 of /proc/PID/stat, after the name in brackets. */
const beganAt = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

export const systemProcesses: Processes = {
  me: { pid: process.pid, host: hostname(), began: beganAt(process.pid) },
  // of another machine nothing is known: its processes live
  isAlive: ({ pid, host, began }) => host !== hostname() || (exists(pid) && beganAt(pid) === began),
}

const NAME = /^owner\.(\d+)$/

type Claim = { readonly number: number; readonly owner: Owner | undefined }

/** All claims on a folder; one that cannot be understood has an unknown owner. */
const claims = async (files: Files, folder: string): Promise<readonly Claim[]> => {
  const numbers = (await files.list(folder)).flatMap(name => NAME.exec(name)?.[1] ?? []).map(Number)
  const all = await Promise.all(
    numbers.map(async number => {
      try {
        const text = new TextDecoder().decode(await files.read(join(folder, `owner.${number}`)))
        const owner = Owner.decode(JSON.parse(text))
        return [{ number, owner: owner._tag === 'Right' ? owner.right : undefined }]
      } catch (error) {
        // given back between the two looks
        return codeOf(error) === 'ENOENT' ? [] : [{ number, owner: undefined }]
      }
    }),
  )
  return all.flat()
}

const inUse = (folder: string, { number, owner }: Claim): Locked =>
  owner === undefined
    ? locked(
        `${folder} is in use, and ${join(folder, `owner.${number}`)} does not say by whom`,
        'if nobody uses it, delete that file',
      )
    : locked(
        `${folder} is in use by process ${owner.pid} on ${owner.host}`,
        owner.host === hostname()
          ? 'wait until it ends, or give another folder with --out'
          : `wait until it ends; if that machine is gone, delete ${join(folder, `owner.${number}`)}`,
      )

/** Who owns a folder now, if anybody does. */
export const ownerOf = async (
  files: Files,
  { isAlive }: Processes,
  folder: string,
): Promise<Owner | undefined> =>
  (await claims(files, folder)).find(({ owner }) => owner !== undefined && isAlive(owner))?.owner

/**
 * Makes this process the owner of a folder that is there. Where the owner is dead, his claim is taken over: many may
 * try, and one gets the next number.
 *
 * @returns what gives the folder back
 */
export const acquireLock = (
  files: Files,
  { me, isAlive }: Processes,
  folder: string,
): TE.TaskEither<AppError, () => Promise<void>> => {
  const isHeld = ({ owner }: Claim): boolean => owner === undefined || isAlive(owner)
  return TE.flatten(
    TE.tryCatch(async () => {
      const before = await claims(files, folder)
      const holder = before.find(isHeld)
      if (holder !== undefined) return TE.left(inUse(folder, holder))
      const number = 1 + Math.max(0, ...before.map(claim => claim.number))
      const path = join(folder, `owner.${number}`)
      const mine = await files.claim(path, JSON.stringify(me))
      // meanwhile others may have come and gone, and taken a number that was free
      const others = (await claims(files, folder)).filter(claim => !mine || claim.number !== number)
      const rival = others.find(isHeld)
      if (!mine || rival !== undefined) {
        if (mine) await files.remove(path)
        return TE.left(inUse(folder, rival ?? { number, owner: undefined }))
      }
      for (const dead of others) await files.remove(join(folder, `owner.${dead.number}`))
      // where that fails, the claim dies with this process
      return TE.right(() => files.remove(path).catch(() => undefined))
    }, unwritable(folder)),
  )
}
