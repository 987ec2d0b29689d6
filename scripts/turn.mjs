import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where a name can be held: the system lets go of a socket when its holder dies, which no lock file does. */
const addressOf = (name, platform = process.platform) => {
  const id = `network2-${createHash('sha256').update(name).digest('hex').slice(0, 20)}`
  if (platform === 'linux') return `\0${id}`
  return platform === 'win32' ? `\\\\.\\pipe\\${id}` : join(tmpdir(), `${id}.sock`)
}

/** Holds the address: gives the function that lets go of it, or nothing when another process holds it. */
const hold = address =>
  new Promise(resolve => {
    const waiting = new Set()
    const server = createServer(socket => {
      waiting.add(socket.on('error', () => undefined))
    })
    // Where sockets are forbidden, temporary names and renames must be protection enough.
    server.once('error', ({ code }) => resolve(code === 'EADDRINUSE' ? undefined : () => undefined))
    server.listen(address, () => {
      resolve(() => {
        server.close()
        for (const socket of waiting) socket.destroy()
      })
    })
  })

/** Resolves when the holder of the address has let go of it, or has died. */
const released = address =>
  new Promise(resolve => {
    connect(address)
      .on('error', ({ code }) => {
        // A socket in the file system outlives its process: nobody answers, so nobody holds it.
        if (code === 'ECONNREFUSED' && !address.startsWith('\0')) rmSync(address, { force: true })
      })
      .on('close', resolve)
      .resume()
  })

/**
 * Does the work while no other process on this machine does work under the same name.
 *
 * @param name what must not be done twice at once, such as the path of a folder
 * @param waiting called once if another process is at it
 */
export const inTurn = async (name, waiting, work) => {
  const address = addressOf(name)
  let letGo = await hold(address)
  if (letGo === undefined) waiting()
  while (letGo === undefined) {
    await released(address)
    letGo = await hold(address)
  }
  try {
    return await work()
  } finally {
    letGo()
  }
}
