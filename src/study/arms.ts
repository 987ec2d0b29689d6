/**
 * The arms of a comparison: a cost, and flags with fixed values. Everything else is searched.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { costNames, costWords } from '../core/costs/index.ts'
import { usageError, type UsageError } from '../errors.ts'
import type { FlagTexts } from './space.ts'

export type StudyArm = {
  /** Its text; numbered if both arms have the same. */
  readonly name: string
  /** The fixed flags, with the cost. */
  readonly flags: FlagTexts
}

/** The flags that an arm may fix. */
export type Fixable = {
  /** From each word for a flag with a value to the flag's own name: `{ eta: 'eta', lr: 'eta' }`. */
  readonly values: Readonly<Record<string, string>>
  /** Flags without a value, which `--no-…` negates; their text is `true` or `false`. */
  readonly toggles: readonly string[]
}

const EXAMPLE = 'give two arms, such as --arms quadratic,xent or --arms "xent --lmbda 0" "xent --lmbda 5"'

/**
 * Parses `--arms`: texts of a cost and flags. One text may have both arms, separated by a comma.
 */
export const parseArms = (
  texts: readonly string[],
  fixable: Fixable,
): E.Either<UsageError, readonly [StudyArm, StudyArm]> =>
  pipe(
    // a comma inside a value, as in 784,30,10, has no letter after it
    texts.flatMap(text => text.split(/,\s*(?=[a-z])/i)),
    E.traverseArray(parseArm(fixable)),
    E.flatMap(([first, second, ...more]) =>
      first === undefined || second === undefined || more.length > 0
        ? E.left(usageError(`--arms ${texts.join(' ')}: expected two arms`, EXAMPLE))
        : E.right(first.name === second.name ? [numbered(first, 1), numbered(second, 2)] : [first, second]),
    ),
  )

const numbered = (arm: StudyArm, n: number): StudyArm => ({ ...arm, name: `${arm.name} (${n})` })

const parseArm =
  (fixable: Fixable) =>
  (text: string): E.Either<UsageError, StudyArm> => {
    const [cost = '', ...words] = text.trim().split(/\s+/)
    if (!Object.hasOwn(costWords, cost))
      return refused(
        text,
        cost === '' ? 'the cost is missing' : `${cost} is not a cost`,
        `begin an arm with one of ${costNames.join(', ')}`,
      )
    const flags: Record<string, string> = { cost: costWords[cost]! }
    const queue = words.flatMap(splitAtEquals)
    for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
      if (!word.startsWith('--'))
        return refused(
          text,
          `${word}: expected a flag`,
          'write every value after its flag, such as --eta 0.5',
        )
      const given = word.slice(2)
      const toggle = fixable.toggles.find(name => given === name || given === `no-${name}`)
      if (toggle === undefined && !Object.hasOwn(fixable.values, given))
        return refused(
          text,
          `an arm cannot fix ${word}`,
          `an arm may fix ${[...Object.keys(fixable.values), ...fixable.toggles].map(name => `--${name}`).join(', ')}`,
        )
      const flag = toggle ?? fixable.values[given]!
      if (Object.hasOwn(flags, flag))
        return refused(text, `--${flag} is given twice`, `give --${flag} once, and the cost as first word`)
      const value = toggle === undefined ? queue.shift() : String(given === toggle)
      if (value === undefined || value.startsWith('--'))
        return refused(text, `${word} has no value`, `give ${word} a value`)
      flags[flag] = value
    }
    return E.right({ name: [costWords[cost], ...words].join(' '), flags })
  }

/** `--eta=0.5` as two words. */
const splitAtEquals = (word: string): readonly string[] => {
  const at = word.indexOf('=')
  return word.startsWith('--') && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word]
}

const refused = (arm: string, message: string, remedy: string): E.Either<UsageError, never> =>
  E.left(usageError(`--arms "${arm.trim()}": ${message}`, remedy))
