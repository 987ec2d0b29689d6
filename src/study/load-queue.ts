/**
 * Loads the queue on demand: BullMQ takes a moment, and a user of the package installs it only for a queue.
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { installCommand } from '#scripts/package'
import { usageError, type UsageError } from '../errors.ts'
import { codeOf } from '../io/failure.ts'

/** The packages of the queue. */
const PACKAGES = ['bullmq', 'ioredis']

const missing = (error: unknown): UsageError => {
  if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error
  return usageError(
    `--queue needs the packages ${PACKAGES.join(' and ')}, which are not installed`,
    `run: ${installCommand(PACKAGES)}`,
  )
}

/** The queue's module; an error that says how to install its packages, where they are missing. */
export const loadQueue: TE.TaskEither<UsageError, typeof import('./trial-queue.ts')> = TE.tryCatch(
  () => import('./trial-queue.ts'),
  missing,
)
