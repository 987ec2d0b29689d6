/**
 * Which part of a data set is evaluated.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { Dataset, Examples } from '../data/dataset.ts'
import { usageError, type AppError } from '../errors.ts'
import type { EvaluationPart } from '../options/train-options.ts'

/** The part of the data set to evaluate on: the requested one, else the test set, else the validation set, else none. */
export const evaluationPart = (
  wanted: EvaluationPart | undefined,
  data: Dataset,
): E.Either<AppError, { readonly part: EvaluationPart; readonly examples: Examples | undefined }> => {
  const part =
    wanted ?? (data.test !== undefined ? 'test' : data.validation !== undefined ? 'validation' : 'none')
  const examples = part === 'none' ? undefined : data[part]
  return part !== 'none' && examples === undefined
    ? E.left(
        usageError(
          `--evaluate-on ${part}: ${data.name} has no ${part} set`,
          'use --evaluate-on none, or other data',
        ),
      )
    : E.right({ part, examples })
}
