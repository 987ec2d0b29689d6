/**
 * From the labels in files to classes 0, 1, 2 …
 */
import * as E from 'fp-ts/lib/Either.js'
import { dataError, type DataError } from '../errors.ts'
import { extent } from '../extent.ts'

/** The largest label of a set of ten digits. */
const LAST_DIGIT = 9

/** The labels of one part, and the file to name in errors. */
export type PartLabels = { readonly file: string; readonly labels: Uint8Array }

export type Classes = {
  readonly labels: readonly Uint8Array[]
  /** What the user should know of how labels became classes. */
  readonly note: string | undefined
}

/**
 * The classes of all parts together.
 *
 * Labels 0 … n are the classes. Labels 1 … n, with n > 9, become the classes 0 … n - 1, since a network that has an output
 * without examples is not what anybody wants; up to 9 they may be digits, which keep their names. Labels with large gaps
 * between them are damage.
 */
export const classesOf = (parts: readonly PartLabels[]): E.Either<DataError, Classes> => {
  const present = new Set(parts.flatMap(({ labels }) => [...new Set(labels)]))
  const [least, most] = extent(present)
  if (most > LAST_DIGIT && 2 * present.size <= most) {
    const { file, labels } = parts.find(part => part.labels.includes(most))!
    return E.left(
      dataError(
        `${file}: label ${labels.indexOf(most)} is ${most}, but only ${present.size} of the labels 0 to ${most} occur`,
        'the file is damaged, or its labels are not classes: number the classes 0, 1, 2 …',
      ),
    )
  }
  if (most <= LAST_DIGIT || least !== 1)
    return E.right({ labels: parts.map(({ labels }) => labels), note: undefined })
  return E.right({
    labels: parts.map(({ labels }) => labels.map(label => label - 1)),
    note: `its labels are 1 to ${most}; class = label - 1, so ${most} classes from 0`,
  })
}
