/**
 * `--queue`: like any other option, except that no error shows its value, which can hold a password.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { usageError } from '../errors.ts'
import type { About, Option } from '../options/option.ts'
import { parseQueueAddress, type QueueAddress } from '../study/queue-address.ts'

export const queueHelp = 'Redis or Valkey server: redis://HOST:6379, or rediss:// for TLS'

export const queueOption = (about: About): Option<QueueAddress | undefined> => ({
  ...about,
  kind: 'value',
  decode: (_flag, { queue }) =>
    queue === undefined
      ? E.right(undefined)
      : pipe(
          typeof queue === 'string' ? parseQueueAddress(queue) : E.left('one URL'),
          E.mapLeft(expected =>
            usageError(
              '--queue: the value is not the URL of a Redis server, or has characters that must be escaped',
              `give --queue ${expected}; or set NETWORK2_QUEUE, which keeps it out of the list of processes`,
            ),
          ),
        ),
})
