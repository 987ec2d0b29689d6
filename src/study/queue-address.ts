/**
 * Where a queue is: the URL of a Redis server. It may hold a password, which is for nobody's eyes.
 */
import * as E from 'fp-ts/lib/Either.js'

export type QueueAddress = {
  readonly url: string
  /** The URL as it may be printed. */
  readonly shown: string
}

/** What a URL of Redis looks like, for a person. */
export const queueAddressFormat =
  'redis://HOST:6379, or rediss://… for TLS, with USER:PASSWORD@ before the host if it has one'

/** Reads an address. What is wrong with a text is not said by showing it: it may hold a password. */
export const parseQueueAddress = (text: string): E.Either<string, QueueAddress> =>
  /^rediss?:\/\//i.test(text) && URL.canParse(text) && new URL(text).hostname !== ''
    ? E.right({ url: text, shown: maskPasswords(text) })
    : E.left(queueAddressFormat)

/** A text without the passwords of the Redis URLs in it, wherever in a URL they stand. */
export const maskPasswords = (text: string): string =>
  text.replace(/(rediss?:\/\/)\S*@/gi, '$1***@').replace(/(rediss?:\/\/[^\s?]*\?)\S*/gi, '$1***')
