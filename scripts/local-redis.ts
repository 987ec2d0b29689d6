/**
 * A Redis server on this machine, on a free port, that keeps its data in a folder.
 */
import { spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'

export type LocalRedis = {
  readonly port: number
  /** Starts it, and resolves when it answers. */
  readonly start: () => Promise<void>
  /** Ends it at once, in the middle of its work, and resolves when it is gone. */
  readonly kill: () => Promise<void>
}

export const localRedis = async (folder: string): Promise<LocalRedis> => {
  const port = await new Promise<number>(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
  let kill = (): Promise<void> => Promise.resolve()
  return {
    port,
    start: () =>
      new Promise((resolve, reject) => {
        const redis = spawn(
          'redis-server',
          ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--appendonly', 'yes'],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        )
        let said = ''
        redis.stdout.on('data', (chunk: Buffer) => {
          said = (said + chunk.toString()).slice(-2000)
          if (said.includes('Ready to accept connections')) resolve()
        })
        const gone = new Promise<void>(done => redis.once('close', () => done()))
        redis.once('error', reject)
        redis.once('close', () => reject(new Error(`redis-server has ended: ${said}`)))
        kill = () => {
          redis.kill('SIGKILL')
          return gone
        }
      }),
    kill: () => kill(),
  }
}
