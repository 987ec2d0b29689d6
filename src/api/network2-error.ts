/**
 * The error of the library's functions, and the way to it from the errors of the application, which are values.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { AppError } from '../errors.ts'

/** What kind of mistake it is: a wrong argument, data or a model that cannot be used, or a training that diverged. */
export type ErrorKind = 'usage' | 'data' | 'diverged' | 'other'

/**
 * What the functions of this library throw. Its message is all of the three: where, what, what to do.
 *
 * @example
 * ```ts
 * import { network, Network2Error } from 'network2'
 *
 * try {
 *   network([784])
 * } catch (error) {
 *   if (error instanceof Network2Error) console.log(error.where, '|', error.what)
 * }
 * // network, sizes | is [784], and a network has at least an input and an output layer
 * ```
 */
export class Network2Error extends Error {
  override readonly name = 'Network2Error'
  /** What kind of mistake it is. */
  readonly kind: ErrorKind
  /** The function and the argument, such as "sgd, options.eta". */
  readonly where: string
  /** What is wrong, with the value that was found. */
  readonly what: string
  /** What to do about it. */
  readonly remedy: string

  constructor(kind: ErrorKind, where: string, what: string, remedy: string) {
    super(`${where}: ${what}; ${remedy}`)
    this.kind = kind
    this.where = where
    this.what = what
    this.remedy = remedy
  }
}

/** Throws for a wrong argument. */
export const refuseArgument = (where: string, what: string, remedy: string): never => {
  throw new Network2Error('usage', where, what, remedy)
}

const KINDS: Readonly<Partial<Record<AppError['_tag'], ErrorKind>>> = {
  Usage: 'usage',
  Data: 'data',
  Diverged: 'diverged',
}

/** The value; or throws the error of the application as one of the library. */
export const orThrow =
  (where: string) =>
  <A>(result: E.Either<AppError, A>): A => {
    if (E.isRight(result)) return result.right
    const { _tag, message, remedy } = result.left
    throw new Network2Error(KINDS[_tag] ?? 'other', where, message, remedy)
  }
