/**
 * `npm run worker`: does the trials of a queue, of whichever studies, until it is stopped.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import { availableParallelism } from 'node:os'
import type { Options } from 'yargs'
import { interrupted, usageError, type AppError, type UsageError } from '../../errors.ts'
import type { QueueAddress } from '../../study/queue-address.ts'
import type { TrialResult } from '../../study/trial.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import { localPool } from '../../study/run-trials.ts'
import * as F from '../../options/decode.ts'
import { queueFlag, queueOption } from '../queue-option.ts'
import { commonOptions } from '../../options/train-options.ts'
import type { TrialTask } from '../../study/train-trial.ts'

export const workerOptions = {
  queue: queueOption,
  jobs: { describe: 'trials at a time', defaultDescription: 'one for each core' },
  data: { describe: 'where the data is on this machine', defaultDescription: 'as --data of compare says' },
  patience: {
    describe: 'seconds without a sign after which a worker counts as dead, and its trials go to others',
    defaultDescription: '60',
  },
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type WorkerFlags = {
  readonly queue: QueueAddress | undefined
  readonly jobs: number
  readonly data: string | undefined
  readonly patience: number
}

const workerFlags = (argv: F.Argv): E.Either<UsageError, WorkerFlags & { readonly queue: QueueAddress }> =>
  pipe(
    F.decodeAll({
      queue: queueFlag(argv),
      jobs: F.withDefault('jobs', F.count, availableParallelism())(argv),
      data: F.optional('data', F.text)(argv),
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

/** How often the program looks whether it should stop, in milliseconds. */
const LOOK = 100

const serve =
  ({
    queue: address,
    jobs,
    data,
    patience,
  }: WorkerFlags & { readonly queue: QueueAddress }): CommandEffect<void> =>
  env =>
  async () => {
    const { serveQueue } = await import('../../study/queue.ts')
    const pool = localPool(env, jobs)
    let unfit: AppError | undefined
    const { close } = serveQueue<TrialTask, E.Either<AppError, TrialResult>>({
      address,
      jobs,
      patience,
      work: async task => {
        const end = await pool.run({ ...task, data: data ?? task.data })()
        if (E.isRight(end) && E.isRight(end.right)) env.log(inWords(task, end.right.right))
        return end
      },
      isUnfit: answer => {
        if (E.isRight(answer) || answer.left._tag !== 'Data') return false
        unfit ??= answer.left
        return true
      },
      tell: line => env.log(`network2: ${line}`),
    })
    env.log(`Trials from ${address.shown}, ${jobs} at a time; Ctrl-C gives back what is not done.`)
    const why = await new Promise<AppError>(resolve => {
      const look = setInterval(() => {
        const by = env.stopReason()
        const reason =
          unfit ?? (by === undefined ? undefined : interrupted(by, 'stopped', 'start it again at any time'))
        if (reason === undefined) return
        clearInterval(look)
        resolve(reason)
      }, LOOK)
    })
    const closed = close()
    pool.close()
    await closed
    return E.left(why)
  }

const inWords = ({ trial }: TrialTask, { outcome, accuracies, n, seconds = 0 }: TrialResult): string =>
  `${trial.id}: ${outcome === 'done' ? `${accuracies.at(-1) ?? 0} / ${n} on the ${trial.evaluateOn} set` : 'diverged'}` +
  ` after ${trial.epochs} ${trial.epochs === 1 ? 'epoch' : 'epochs'}, ${seconds.toFixed(2)} s`
