/** One file over HTTP, by Node's `fetch`: its status, size and time are bounded, at most 20 redirects are followed. */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { counted, grouped } from '../format.ts'

export type Bounds = {
  /** The most bytes of a body. */
  readonly bytes: number
  /** The most milliseconds until a server answers. */
  readonly answerMs: number
  /** The most milliseconds between two chunks of a body. */
  readonly pauseMs: number
  /** The most milliseconds for everything. */
  readonly totalMs: number
  /** Stops the download. */
  readonly signal?: AbortSignal
}

/** `fetch` says only "fetch failed"; the reason is in its cause, or for several addresses only a code. */
const reason = (error: unknown): string => {
  const { cause, message } = error as Error & { readonly cause?: NodeJS.ErrnoException }
  return [cause?.message, cause?.code].find(text => text !== undefined && text !== '') ?? message
}

/**
 * The body at an address, or a few words on why it could not be fetched.
 *
 * Proxies are left to Node: see `proxyNote`. After a failure the connection is closed at once, so that it does not keep
 * the process alive.
 *
 * @param onBytes called with the bytes so far and, where the server says it, how many there will be
 */
export const get =
  (bounds: Bounds, onBytes: (done: number, total: number | undefined) => void) =>
  (address: string): TaskEither<string, Uint8Array> =>
  async () => {
    const silence = new AbortController()
    const deadline = AbortSignal.timeout(bounds.totalMs)
    const signal = AbortSignal.any([silence.signal, deadline, ...(bounds.signal ? [bounds.signal] : [])])
    let timer: NodeJS.Timeout | undefined
    const failWithin = (ms: number, why: string): void => {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(why), ms)
    }
    const tooLong = (sent: number): E.Either<string, never> =>
      E.left(`sent ${counted(sent, 'byte')} or more, at most ${grouped(bounds.bytes)} expected`)

    let done: number | undefined
    try {
      failWithin(bounds.answerMs, `no answer within ${bounds.answerMs / 1000} s`)
      const headers = { 'user-agent': 'network2', 'accept-encoding': 'identity' }
      const response = await fetch(address, { signal, headers })
      if (response.status !== 200) return E.left(`HTTP status ${response.status}`)
      const total = Number(response.headers.get('content-length') ?? NaN)
      if (total > bounds.bytes) return tooLong(total)
      const chunks: Uint8Array[] = []
      done = 0
      failWithin(bounds.pauseMs, 'fell silent after 0 bytes')
      const body: AsyncIterable<Uint8Array> | null = response.body
      for await (const chunk of body ?? []) {
        done += chunk.length
        if (done > bounds.bytes) return tooLong(done)
        chunks.push(chunk)
        onBytes(done, Number.isNaN(total) ? undefined : total)
        failWithin(bounds.pauseMs, `fell silent after ${counted(done, 'byte')}`)
      }
      return E.right(Buffer.concat(chunks))
    } catch (error) {
      if (silence.signal.aborted) return E.left(String(silence.signal.reason))
      if (deadline.aborted) return E.left(`not done after ${bounds.totalMs / 1000} s`)
      if (signal.aborted) return E.left('stopped')
      return E.left(
        done === undefined ? reason(error) : `the connection broke after ${counted(done, 'byte')}`,
      )
    } finally {
      clearTimeout(timer)
      silence.abort()
    }
  }

/** What to add to a failed download's remedy where a proxy is set: Node's `fetch` does not use it by default. */
export const proxyNote = (variables: NodeJS.ProcessEnv): string => {
  const name = ['HTTPS_PROXY', 'https_proxy'].find(name => (variables[name] ?? '') !== '')
  return name === undefined
    ? ''
    : `; ${name} is set: Node.js 24 or later uses it with NODE_USE_ENV_PROXY=1, older versions do not`
}
