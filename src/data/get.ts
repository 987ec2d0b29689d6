/** One file over HTTP: its status, size and time bounded, its redirects followed. */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import http from 'node:http'
import https from 'node:https'

export type Bounds = {
  /** The most bytes of a body. */
  readonly bytes: number
  /** The most milliseconds until a server answers. */
  readonly answerMs: number
  /** The most milliseconds between two pieces of a body. */
  readonly pauseMs: number
  /** The most milliseconds for everything. */
  readonly totalMs: number
  /** Ends it before all that. */
  readonly signal?: AbortSignal
}

const REDIRECTS = 5

const parse = (address: string, base?: URL): URL | undefined => {
  const url = URL.canParse(address, base?.href) ? new URL(address, base?.href) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}

/**
 * The body of an address, or a few words on why there is none.
 *
 * On a failure the connection is closed at once, so that no program waits for it at its end.
 *
 * @param onBytes called with the bytes so far and, where the server says it, how many there will be
 */
export const get =
  (bounds: Bounds, onBytes: (done: number, total: number | undefined) => void) =>
  (address: string): TaskEither<string, Uint8Array> =>
  () =>
    new Promise(resolve => {
      let request: http.ClientRequest | undefined
      let timer: NodeJS.Timeout | undefined
      let settled = false

      const settle = (result: E.Either<string, Uint8Array>): void => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        clearTimeout(deadline)
        bounds.signal?.removeEventListener('abort', stop)
        request?.destroy()
        resolve(result)
      }
      const fail = (why: string): void => settle(E.left(why))
      const stop = (): void => fail('stopped')
      const failWithin = (ms: number, why: string): void => {
        clearTimeout(timer)
        timer = setTimeout(() => fail(why), ms)
      }
      const deadline = setTimeout(() => fail(`not done after ${bounds.totalMs / 1000} s`), bounds.totalMs)

      const receive = (response: http.IncomingMessage): void => {
        const length = Number(response.headers['content-length'] ?? NaN)
        const total = Number.isFinite(length) ? length : undefined
        const pieces: Uint8Array[] = []
        let done = 0
        const tooLong = (bytes: number): string =>
          `sent ${bytes} bytes or more, ${bounds.bytes} at most are expected`
        if (total !== undefined && total > bounds.bytes) {
          fail(tooLong(total))
          return
        }
        const wait = (): void => failWithin(bounds.pauseMs, `fell silent after ${done} bytes`)
        wait()
        response.on('data', (piece: Uint8Array) => {
          if (settled) return
          done += piece.length
          if (done > bounds.bytes) {
            fail(tooLong(done))
            return
          }
          pieces.push(piece)
          onBytes(done, total)
          wait()
        })
        response.on('error', () => fail(`the connection broke after ${done} bytes`))
        response.on('close', () => fail(`the connection broke after ${done} bytes`))
        response.on('end', () => settle(E.right(Buffer.concat(pieces))))
      }

      const ask = (url: URL | undefined, redirects: number): void => {
        if (url === undefined) {
          fail('not an http or https address')
          return
        }
        const answered = (response: http.IncomingMessage): void => {
          const { statusCode = 0, headers } = response
          if (statusCode === 200) receive(response)
          else if (statusCode < 300 || statusCode >= 400 || headers.location === undefined)
            fail(`HTTP status ${statusCode}`)
          else if (redirects === 0) fail('too many redirects')
          else {
            response.destroy()
            ask(parse(headers.location, url), redirects - 1)
          }
        }
        request = (url.protocol === 'https:' ? https : http).get(
          url,
          { agent: false, headers: { 'user-agent': 'network2', 'accept-encoding': 'identity' } },
          answered,
        )
        request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
      }

      if (bounds.signal?.aborted === true) {
        stop()
        return
      }
      bounds.signal?.addEventListener('abort', stop)
      failWithin(bounds.answerMs, `no answer within ${bounds.answerMs / 1000} s`)
      ask(parse(address), REDIRECTS)
    })
