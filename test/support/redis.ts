/**
 * A real Redis server for a test: on a free port, in a folder of its own, with its data on the disk.
 */
import { spawnSync } from 'node:child_process'
import { localRedis, type LocalRedis } from '../../scripts/local-redis.ts'
import { owned } from './children.ts'
import { inFolder } from './cli.ts'
import { needInCi } from './needs.ts'

/** A Redis server on this machine. */
export const redisServer = needInCi(
  spawnSync('redis-server', ['--version']).status === 0,
  'redis-server is not installed',
)

export type Server = LocalRedis & { readonly url: string }

export const PASSWORD = 'hunter2/with@signs'

/** Gives `use` a server that asks for a password, or none where `password` is empty; `more` are further settings. */
export const withRedis = <A>(
  use: (server: Server) => Promise<A>,
  password = PASSWORD,
  more: readonly string[] = [],
): Promise<A> =>
  inFolder(async folder => {
    const { port, start, kill } = await localRedis(
      folder,
      port => [
        ...(more.length > 0
          ? more.map(word => word.replace('PORT', String(port)))
          : ['--port', String(port)]),
        ...(password === '' ? [] : ['--requirepass', password]),
      ],
      owned,
    )
    await start()
    try {
      const credentials = password === '' ? '' : `:${encodeURIComponent(password)}@`
      return await use({ url: `redis://${credentials}127.0.0.1:${port}`, port, kill, start })
    } finally {
      await kill()
    }
  })
