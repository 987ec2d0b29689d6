/**
 * Trials and results that come from outside: from a journal, or from another process over a queue. All that can be
 * checked is checked here, once.
 */
import * as E from 'fp-ts/lib/Either.js'
import { identity, pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { identify } from './identity.ts'
import { extent } from '../extent.ts'
import { mayEndEarly, NUMERICS_VERSION, type Trial, type TrialResult } from './trial.ts'
import { counted } from '../format.ts'

const checked = <A>(expected: string, is: (value: unknown) => value is A): t.Type<A, A> =>
  new t.Type(
    expected,
    is,
    (value, context) => (is(value) ? t.success(value) : t.failure(value, context)),
    t.identity,
  )

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const Count = checked('a whole number of 0 or more', isCount)

const Positive = checked(
  'a whole number of 1 or more',
  (value): value is number => isCount(value) && value > 0,
)

const Seconds = checked(
  'a finite number of 0 or more',
  (value): value is number => Number.isFinite(value) && (value as number) >= 0,
)

const Id = checked(
  '16 hexadecimal digits',
  (value): value is string => typeof value === 'string' && /^[0-9a-f]{16}$/.test(value),
)

/** It is printed: it must not control a terminal, nor fill it. */
const Name = checked(
  'a short word',
  (value): value is string => typeof value === 'string' && /^[\w-]{1,32}$/.test(value),
)

const Cost = checked(
  'a finite number, "NaN", "Infinity" or "-Infinity"',
  (value): value is number | string =>
    Number.isFinite(value) || ['NaN', 'Infinity', '-Infinity'].includes(value as string),
)

const oneOf = <A extends string>(...words: readonly A[]): t.Type<A, A> =>
  checked(words.join(' or '), (value): value is A => words.includes(value as A))

const resultFields = {
  id: Id,
  outcome: oneOf('done', 'diverged'),
  accuracies: t.readonlyArray(Count, 'a list'),
  n: Count,
}

const optionalFields = {
  costs: t.readonlyArray(Cost, 'a list'),
  trainingCosts: t.readonlyArray(Cost, 'a list'),
  trainingAccuracies: t.readonlyArray(Count, 'a list'),
  trainingN: Count,
  answered: t.readonlyArray(Count, 'a list'),
  rightPerClass: t.readonlyArray(Count, 'a list'),
  perClass: t.readonlyArray(Count, 'a list'),
  seconds: Seconds,
  numerics: Positive,
  backend: Name,
  engine: Name,
}

const trialFields = {
  id: Id,
  flags: t.readonly(t.record(t.string, t.string)),
  seed: Count,
  epochs: Positive,
  evaluateOn: oneOf('validation', 'test'),
  data: Id,
}

/** A value for which all of the codecs hold and that has no further keys, or the first thing that is wrong. */
const objectDecoder = (
  codecs: readonly (t.InterfaceType<t.Props> | t.PartialType<t.Props>)[],
): ((json: unknown) => E.Either<string, unknown>) => {
  const fields = new Set(codecs.flatMap(({ props }) => Object.keys(props)))
  return json => {
    if (!t.UnknownRecord.is(json)) return E.left(`it is ${shown(json)}, expected an object`)
    const stranger = Object.keys(json).find(key => !fields.has(key))
    if (stranger !== undefined) return E.left(`${shown(stranger)} is not a known field`)
    // only what is wrong needs a path to it, which takes several times as long
    if (codecs.every(codec => codec.is(json))) return E.right(json)
    const [error] = codecs.flatMap(codec =>
      pipe(
        codec.decode(json),
        E.match(identity, () => []),
      ),
    )
    return error === undefined ? E.right(json) : E.left(complaint(error))
  }
}

/** Such as `accuracies.3 is -5, expected a whole number of 0 or more`. */
const complaint = ({ context, value }: t.ValidationError): string =>
  `${context
    .map(({ key }) => key)
    .filter(key => key !== '')
    .join('.')} is ${shown(value)}, ` + `expected ${context.at(-1)?.type.name ?? ''}`

const shown = (value: unknown): string => {
  const text = value === undefined ? 'missing' : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** Complaints about a value; the first that is text counts. */
const verify =
  <A>(...checks: readonly ((value: A) => string | false)[]) =>
  (value: A): E.Either<string, A> => {
    const wrong = checks.map(check => check(value)).find(result => result !== false)
    return wrong === undefined ? E.right(value) : E.left(wrong)
  }

const decodeResult = objectDecoder([t.type(resultFields), t.partial(optionalFields)])

const verifyResult = verify<TrialResult>(
  ({ n, accuracies, answered = [], rightPerClass = [], perClass = [] }) => {
    const more = [accuracies, answered, rightPerClass, perClass]
      .map(counts => counts.find(count => count > n))
      .find(count => count !== undefined)
    return more !== undefined && `it counts ${more} of ${counted(n, 'example')}`
  },
  ({ trainingAccuracies = [], trainingN = 0 }) => {
    const more = trainingAccuracies.find(count => count > trainingN)
    return more !== undefined && `it counts ${more} of ${trainingN} training examples`
  },
  ({ outcome, n, accuracies }) =>
    outcome === 'done' && n > 0 && accuracies.length === 0 && 'it is done, but has no accuracies',
)

/** A result as a journal has it: what can be checked without its trial. */
export const decodeTrialResult = (json: unknown): E.Either<string, TrialResult> => {
  // a journal has 100,000 of them: flatMap would take a third of the time
  const result = decodeResult(json)
  return E.isLeft(result) ? result : verifyResult(result.right as TrialResult)
}

/** The result of this trial, from a worker. */
export const decodeResultOf =
  (trial: Trial) =>
  (json: unknown): E.Either<string, TrialResult> =>
    pipe(
      decodeTrialResult(json),
      E.flatMap(
        verify(
          ({ id }) => id !== trial.id && `it is the result of trial ${id}`,
          ({ numerics }) =>
            numerics !== NUMERICS_VERSION &&
            `its numerics are of version ${numerics ?? 1}, and not ${NUMERICS_VERSION}: update that worker`,
          ({ n }) => n === 0 && 'it was evaluated on no examples',
          ({ outcome, accuracies }) =>
            outcome === 'done' &&
            accuracies.length < trial.epochs &&
            !mayEndEarly(trial) &&
            `it is done after ${accuracies.length} of ${counted(trial.epochs, 'epoch')}`,
          ({ accuracies, costs = [], trainingCosts = [], trainingAccuracies = [] }) => {
            const lists = [accuracies, costs, trainingCosts, trainingAccuracies]
            const [, longest] = extent(lists.map(({ length }) => length))
            return (
              longest > trial.epochs &&
              `it has ${counted(longest, 'value')} for ${counted(trial.epochs, 'epoch')}`
            )
          },
        ),
      ),
    )

/** The size, in characters of JSON, that no honest result of a trial exceeds. */
export const largestResult = ({ epochs }: Trial): number => 65_536 + 128 * epochs

const decodeFields = objectDecoder([t.type(trialFields)])

/** A trial, from a study elsewhere. */
export const decodeTrial = (json: unknown): E.Either<string, Trial> =>
  pipe(
    decodeFields(json),
    E.map(trial => trial as Trial),
    E.flatMap(
      verify(({ id, ...trial }) => id !== identify(trial) && `its id is not the hash of its content`),
    ),
  )
