/**
 * `npm run worker`: does the trials of a queue, for all studies on one data set, until it is stopped.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import { availableParallelism } from 'node:os'
import type { Options } from 'yargs'
import { usageError, type AppError, type UsageError } from '../../errors.ts'
import type { QueueAddress } from '../../study/queue-address.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import * as F from '../../options/decode.ts'
import { queueFlag, queueOption } from '../queue-option.ts'
import { commonOptions, dataFlag } from '../../options/train-options.ts'

export const workerOptions = {
  queue: queueOption,
  jobs: { describe: 'trials at a time', defaultDescription: 'one for each core' },
  data: commonOptions.data,
  patience: {
    describe: 'seconds of silence after which a worker counts as dead, and its trials go to others',
    defaultDescription: '60',
  },
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type WorkerFlags = {
  readonly queue: QueueAddress | undefined
  readonly jobs: number
  readonly data: string
  readonly patience: number
}

const workerFlags = (argv: F.Argv): E.Either<UsageError, WorkerFlags & { readonly queue: QueueAddress }> =>
  pipe(
    F.decodeAll({
      queue: queueFlag(argv),
      jobs: F.withDefault('jobs', F.count, availableParallelism())(argv),
      data: dataFlag(argv),
      patience: F.withDefault('patience', F.positive, 60)(argv),
    }),
    E.mapLeft(F.oneError),
    E.flatMap(({ queue, ...flags }) =>
      queue === undefined
        ? E.left(usageError('--queue is missing', 'give --queue redis://HOST:6379'))
        : E.right({ ...flags, queue }),
    ),
  )

export const workerCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(
    RTE.fromEither<AppError, WorkerFlags & { readonly queue: QueueAddress }, CliEnv>(workerFlags(argv)),
    RTE.flatMap(serve),
  )

/** @returns when it is stopped, or unfit */
const serve =
  ({ queue: address, data, ...flags }: WorkerFlags & { readonly queue: QueueAddress }): CommandEffect<void> =>
  env =>
  async () => {
    // BullMQ takes a moment to load
    const { runWorker } = await import('../../study/trial-queue.ts')
    return runWorker(env, { address, data, ...flags })()
  }
