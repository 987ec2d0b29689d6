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
  'redis://HOST:6379, or rediss://… for TLS, with USER:PASSWORD@ before the host if it has one; in the password, write ' +
  'characters such as @ / ? # % as %40 %2F %3F %23 %25'

/** Without the escapes that this demands, a part of the password would be taken for the host. */
const ADDRESS =
  // scheme       user            password             host                    port     database  query
  /^rediss?:\/\/(([^\s@/?#:\\%]|%[\da-f]{2})*(:([^\s@/?#\\%]|%[\da-f]{2})*)?@)?([\w.-]+|\[[\da-f:.]+\])(:\d+)?(\/\d*)?(\?([^\s@/?#\\%]|%[\da-f]{2})*)?$/i

/** Parses an address. The error does not show the text: it may have a password. */
export const parseQueueAddress = (text: string): E.Either<string, QueueAddress> =>
  ADDRESS.test(text) && URL.canParse(text) && isDecodable(text)
    ? E.right({ url: text, shown: maskPasswords(text) })
    : E.left(queueAddressFormat)

/** Whether the escapes are UTF-8. */
const isDecodable = (text: string): boolean => {
  try {
    return decodeURIComponent(text) !== ''
  } catch {
    return false
  }
}

/** Masks the passwords of all Redis URLs in a text, wherever they are in the URL. */
export const maskPasswords = (text: string): string =>
  text.replace(/(rediss?:\/\/)(\S*)/gi, (_url, scheme: string, rest: string) => {
    const end = rest.lastIndexOf('@') + 1
    const query = rest.indexOf('?', end) + 1
    return `${scheme}${end > 0 ? '***@' : ''}${query > 0 ? `${rest.slice(end, query)}***` : rest.slice(end)}`
  })
