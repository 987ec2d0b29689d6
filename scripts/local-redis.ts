/**
 * A Redis server on this machine, on a free port, that keeps its data in a folder.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'

export type LocalRedis = {
  readonly port: number
  /** Starts it, and resolves when it answers. */
  readonly start: () => Promise<void>
  /** Ends it at once, in the middle of its work, and resolves when it is gone. */
  readonly kill: () => Promise<void>
}

/**
 * @param settingsOf the settings that a port needs
 * @param onStarted is given each process of the server
 */
export const localRedis = async (
  folder: string,
  settingsOf: (port: number) => readonly string[] = port => ['--port', String(port)],
  onStarted: (child: ChildProcess) => void = () => undefined,
): Promise<LocalRedis> => {
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
          ['--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', '', ...settingsOf(port)],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        )
        onStarted(redis)
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
