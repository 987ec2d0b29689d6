/**
 * A web server for the page: the files of one folder, and nothing else.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { usageError, type AppError } from '../errors.ts'

/** The types of the files that are served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.gz': 'application/gzip',
}

export type PageServer = {
  /** Where the page is, such as http://127.0.0.1:8020/. */
  readonly address: string
  readonly close: () => Promise<void>
}

/** Only these names can be asked for: no path leads out of the folder. */
const NAME = /^[a-z0-9][a-z0-9.-]*[.](html|gz)$/

/**
 * Serves a folder on this machine alone.
 *
 * @param port 0: any that is free
 */
export const servePage = (folder: string, port: number): TE.TaskEither<AppError, PageServer> =>
  TE.tryCatch(
    () =>
      new Promise<PageServer>((resolve, reject) => {
        const server = createServer((request, response) => {
          const [path = ''] = (request.url ?? '/').split(/[?#]/)
          const name = path === '/' ? 'index.html' : path.slice(1)
          const type = TYPES[extname(name)]
          const found =
            NAME.test(name) && type !== undefined ? readFile(join(folder, name)) : Promise.reject(new Error())
          found.then(
            body => response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(body),
            () =>
              response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such file here.\n'),
          )
        })
        server.on('error', reject)
        server.listen(port, '127.0.0.1', () => {
          const { port: opened } = server.address() as AddressInfo
          resolve({ address: `http://127.0.0.1:${opened}/`, close: () => closed(server) })
        })
      }),
    error =>
      usageError(
        `--port ${port}: cannot be opened (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
        'give another --port; 0 takes any that is free',
      ),
  )

const closed = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
