/**
 * A lock between the processes of one user on one machine.
 *
 * A process that wants the lock listens on its own socket and then writes a ticket, a file with the next number. It
 * waits until the sockets of all lower tickets are closed. A socket closes when its process ends, even if it is killed;
 * a lock file alone would stay. Sockets and tickets are in a folder that other users cannot enter, so nobody else can
 * hold the lock.
 */
import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { homedir, hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { privateFolder } from './private-folder.mjs'

const userFolders = () => {
  try {
    return [join(homedir(), '.cache', 'network2', 'locks'), join(tmpdir(), `network2-${process.geteuid?.()}`)]
  } catch {
    // no home folder
    return []
  }
}

/** In bytes: macOS allows 103 in the path of a socket, Linux 107. */
const LONGEST_PATH = 100

const socketOf = (folder, id) =>
  process.platform === 'win32' ? `\\\\.\\pipe\\network2-${id}` : join(folder, `${id}.socket`)

const ticketsIn = folder =>
  readdirSync(folder)
    .filter(name => /^\d{9}-[0-9a-f]+$/.test(name))
    .sort()

const idOf = ticket => ticket.slice(ticket.indexOf('-') + 1)

const next = (tickets, id) =>
  `${String(Number.parseInt(tickets.at(-1) ?? '0', 10) + 1).padStart(9, '0')}-${id}`

/** Listens on a socket. Returns the function that closes it; undefined if sockets are not available here. */
const listen = address =>
  new Promise(resolve => {
    const connections = new Set()
    const server = createServer(connection => {
      connections.add(connection.on('error', () => undefined))
    })
    server.once('error', () => resolve(undefined))
    server.listen(address, () => {
      resolve(() => {
        server.close()
        for (const connection of connections) connection.destroy()
      })
    })
  })

/** Resolves when the owner of a ticket has ended or given it back. */
const closed = (folder, ticket, onWait) =>
  new Promise(resolve => {
    connect(socketOf(folder, idOf(ticket)))
      .on('connect', onWait)
      .on('error', () => undefined)
      .on('close', () => {
        // A killed process leaves both files; no other process uses their names again.
        rmSync(join(folder, ticket), { force: true })
        rmSync(join(folder, `${idOf(ticket)}.socket`), { force: true })
        resolve()
      })
      .resume()
  })

/** Takes the lock of a folder. Returns the function that gives it back; undefined if there can be no lock here. */
const acquire = async (folder, onWait) => {
  const id = randomBytes(6).toString('hex')
  const close = await listen(socketOf(folder, id))
  if (close === undefined) return undefined
  const ticket = next(ticketsIn(folder), id)
  const release = () => {
    rmSync(join(folder, ticket), { force: true })
    close()
  }
  try {
    writeFileSync(join(folder, ticket), '')
    const tickets = ticketsIn(folder)
    if (tickets.at(-1) === ticket) {
      for (const lower of tickets.slice(0, -1)) await closed(folder, lower, onWait)
      return release
    }
  } catch {
    release()
    return undefined
  }
  // The owner of a higher ticket may have looked before this one was written. Only the highest may wait.
  release()
  return acquire(folder, onWait)
}

/** The folder for the locks of a name; undefined if there is none that only this user can enter. */
const folderOf = name => {
  // The host is part of the name because a home folder can be shared between machines.
  const id = createHash('sha256').update(`${hostname()} ${name}`).digest('hex').slice(0, 16)
  const fits = parent => Buffer.byteLength(socketOf(join(parent, id), 'x'.repeat(12))) <= LONGEST_PATH
  // node_modules would not do: `npm ci` empties it.
  const parent = userFolders()
    .filter(fits)
    .reduce((found, folder) => found ?? privateFolder(folder), undefined)
  return parent === undefined ? undefined : privateFolder(join(parent, id))
}

/** A function that calls another one, at most once. */
const once = call => {
  let called = false
  return () => {
    if (!called) call()
    called = true
  }
}

/**
 * Does the work while no other process of this user on this machine does work under the same name. Where no lock is
 * possible the work is done without one.
 *
 * @param name what only one process may do at a time, such as the path of a folder
 * @param onWait called once if another process holds the lock
 */
export const inTurn = async (name, onWait, work) => {
  const folder = folderOf(name)
  const release = folder === undefined ? undefined : await acquire(folder, once(onWait))
  try {
    return await work()
  } finally {
    release?.()
  }
}
