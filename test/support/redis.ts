/**
 * A real Redis server for a test: on a free port, in a folder of its own, with its data on the disk.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { owned } from './children.ts'
import { inFolder } from './cli.ts'
import { needInCi } from './needs.ts'

/** A Redis server on this machine. */
export const redisServer = needInCi(
  spawnSync('redis-server', ['--version']).status === 0,
  'redis-server is not installed',
)

export type Server = {
  readonly url: string
  readonly port: number
  /** Ends it at once, and resolves when it is gone. */
  readonly kill: () => Promise<void>
  /** Starts it again, and resolves when it answers. */
  readonly start: () => Promise<void>
}

export const PASSWORD = 'hunter2/with@signs'

/** Gives `use` a server that asks for a password, or none where `password` is empty; `more` are further settings. */
export const withRedis = <A>(
  use: (server: Server) => Promise<A>,
  password = PASSWORD,
  more: readonly string[] = [],
): Promise<A> =>
  inFolder(async folder => {
    const port = await freePort()
    let child: ChildProcess | undefined
    const start = async (): Promise<void> => {
      const started = spawn(
        'redis-server',
        [
          ...['--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''],
          ...(more.length > 0
            ? more.map(word => word.replace('PORT', String(port)))
            : ['--port', String(port)]),
          ...(password === '' ? [] : ['--requirepass', password]),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      child = owned(started)
      await new Promise<void>((resolve, reject) => {
        let said = ''
        started.stdout.on('data', (chunk: Buffer) => {
          said += chunk.toString()
          if (said.includes('Ready to accept connections')) resolve()
        })
        started.on('close', () => reject(new Error(`redis-server has ended: ${said}`)))
      })
    }
    const kill = async (): Promise<void> => {
      const running = child
      if (running?.exitCode !== null || running.signalCode !== null) return
      const gone = new Promise(resolve => running.on('close', resolve))
      running.kill('SIGKILL')
      await gone
    }
    await start()
    try {
      const credentials = password === '' ? '' : `:${encodeURIComponent(password)}@`
      return await use({ url: `redis://${credentials}127.0.0.1:${port}`, port, kill, start })
    } finally {
      await kill()
    }
  })

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
