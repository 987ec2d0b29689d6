/**
 * `--queue`: like any other flag, but for its value, which no error shows.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as NEA from 'fp-ts/lib/NonEmptyArray.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Options } from 'yargs'
import { usageError } from '../errors.ts'
import { parseQueueAddress, type QueueAddress } from '../study/queue-address.ts'
import type { Argv, Decoded } from '../options/decode.ts'

export const queueOption = {
  describe: 'a Redis or Valkey server: redis://HOST:6379, or rediss:// for TLS',
} satisfies Options

export const queueFlag = ({ queue }: Argv): Decoded<QueueAddress | undefined> => {
  if (queue === undefined) return E.right(undefined)
  return pipe(
    typeof queue === 'string' ? parseQueueAddress(queue) : E.left('one URL'),
    E.mapLeft(expected =>
      NEA.of(
        usageError(
          '--queue: what is given is not the URL of a Redis server',
          `give --queue ${expected}; or set NETWORK2_QUEUE, which keeps it out of the list of processes`,
        ),
      ),
    ),
  )
}
