/**
 * The address of a queue: the URL of a Redis server. It may have a password, which must never be shown.
 */
import * as E from 'fp-ts/lib/Either.js'

export type QueueAddress = {
  readonly url: string
  /** The URL as it may be printed. */
  readonly shown: string
}

/** The format of an address, for error messages. */
export const queueAddressFormat =
  'redis://HOST:6379, or rediss://… for TLS, with USER:PASSWORD@ before the host if it has one'

/** Parses an address. The error does not show the text: it may have a password. */
export const parseQueueAddress = (text: string): E.Either<string, QueueAddress> =>
  /^rediss?:\/\//i.test(text) && URL.canParse(text) && new URL(text).hostname !== ''
    ? E.right({ url: text, shown: maskPasswords(text) })
    : E.left(queueAddressFormat)

/** Masks the passwords of all Redis URLs in a text, wherever they are in the URL. */
export const maskPasswords = (text: string): string =>
  text.replace(/(rediss?:\/\/)\S*@/gi, '$1***@').replace(/(rediss?:\/\/[^\s?]*\?)\S*/gi, '$1***')
