/**
 * `worker`: runs the trials of a queue, for all studies on one data set, until it is stopped.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { usageError } from '../../errors.ts'
import { jobsOption } from '../jobs-option.ts'
import * as D from '../../options/decode.ts'
import { withDefault } from '../../options/option.ts'
import { outputOptions, trainingOptions } from '../../options/train-options.ts'
import { loadQueue } from '../../study/load-queue.ts'
import { defineCommand } from '../command.ts'
import { queueHelp, queueOption } from '../queue-option.ts'

export const workerCommand = defineCommand({
  describe: 'Runs the trials of a queue, for any number of comparisons, until it is stopped.',
  options: {
    queue: queueOption({ help: queueHelp }),
    jobs: jobsOption({ help: 'parallel trials' }),
    data: trainingOptions.data,
    patience: withDefault(D.positive, 60, {
      help: 'seconds of silence after which a worker counts as dead, and its trials go to others',
    }),
    debug: outputOptions.debug,
  },
  examples: [['--queue redis://host', 'on as many machines as you like']],
  run: ({ queue: address, data, jobs, patience }, env) =>
    address === undefined
      ? TE.left(usageError('--queue is missing', 'give --queue redis://HOST:6379'))
      : pipe(
          loadQueue,
          TE.flatMap(({ runWorker }) => runWorker(env, { address, data, jobs, patience })),
        ),
})
