/**
 * The settings of an expanded training set: their final values, and which of them are refused.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { Key } from '../core/rng.ts'
import type { Examples, Inputs } from '../data/dataset.ts'
import { DEFAULT_COPIES, expandedSize, pictureSize, type ExpansionPlan } from '../data/expand.ts'
import type { Expansion, ExpansionParameters } from '../data/expansion.ts'
import { expansions } from '../data/expansions/index.ts'
import { usageError, type UsageError } from '../errors.ts'
import { grouped } from '../format.ts'
import { flagOf } from '../options/option.ts'
import type { TrainingFlags } from '../options/train-options.ts'

export type ExpansionSettings = Pick<
  TrainingFlags,
  | 'expand'
  | 'expandCopies'
  | 'expandEachEpoch'
  | 'expandAngle'
  | 'expandTranslation'
  | 'expandSigma'
  | 'expandAlpha'
>

/** The setting of each parameter. */
const SETTINGS = {
  angle: 'expandAngle',
  translation: 'expandTranslation',
  sigma: 'expandSigma',
  alpha: 'expandAlpha',
} as const satisfies Readonly<Record<keyof ExpansionParameters, keyof ExpansionSettings>>

const parameterNames = Object.keys(SETTINGS) as readonly (keyof ExpansionParameters)[]

/** A larger set does not fit in one array of bytes everywhere. */
const MOST_BYTES = 2 ** 31

const refuse = (message: string, remedy: string): E.Either<UsageError, never> =>
  E.left(usageError(message, remedy))

/** The final values of the settings; an error for those that make no sense together or with these examples. */
export const expansionSettings = (
  flags: ExpansionSettings,
  training: Examples,
  data: string,
): E.Either<UsageError, Partial<ExpansionSettings>> => {
  const { expand: name, expandCopies, expandEachEpoch } = flags
  if (name === 'none') return withoutExpansion(flags)
  const { parameters, fixedCopies }: Expansion = expansions[name]
  const size = pictureSize(training.inputs)
  if (size === undefined)
    return refuse(
      `--expand ${name}: the inputs of ${data} are ` +
        (training.inputs.kind === 'floats'
          ? 'not bytes: images with a byte (0 to 255) for each pixel are expanded'
          : `${training.inputs.width} bytes each, which is no square image, and the data do not say its width`),
      'leave --expand out, or give images as IDX files, where the header has their height and width',
    )
  const stranger = parameterNames.find(
    parameter => flags[SETTINGS[parameter]] !== undefined && parameters[parameter] === undefined,
  )
  if (stranger !== undefined) {
    const taken = parameterNames.filter(parameter => parameters[parameter] !== undefined)
    return refuse(
      `--${flagOf(SETTINGS[stranger])} ${flags[SETTINGS[stranger]]}: --expand ${name} has no ${stranger}`,
      taken.length === 0
        ? 'leave it out'
        : `leave it out; --expand ${name} takes ${taken.map(parameter => `--${flagOf(SETTINGS[parameter])}`).join(', ')}`,
    )
  }
  if (expandEachEpoch && fixedCopies !== undefined)
    return refuse(
      `--expand-each-epoch: the copies of --expand ${name} are not drawn at random, so there are no new ones`,
      'leave --expand-each-epoch out, or give another --expand',
    )
  if (expandEachEpoch && expandCopies !== undefined)
    return refuse(
      `--expand-copies ${expandCopies}: with --expand-each-epoch, an epoch has one copy of each image, in its place`,
      'leave one of them out',
    )
  if (fixedCopies !== undefined && (expandCopies ?? fixedCopies) !== fixedCopies)
    return refuse(
      `--expand-copies ${expandCopies}: --expand ${name} makes ${fixedCopies} copies of each image`,
      'leave --expand-copies out',
    )
  const copies = expandEachEpoch ? undefined : (expandCopies ?? fixedCopies ?? DEFAULT_COPIES)
  const count = expandedSize(training.size, copies)
  if (count * training.inputs.width > MOST_BYTES)
    return refuse(
      `--expand-copies ${copies}: ${grouped(count)} images of ${training.inputs.width} bytes are more than 2 GiB`,
      'give a smaller number, or a smaller --train-size; or new copies with --expand-each-epoch',
    )
  return E.right({
    expandCopies: copies,
    ...Object.fromEntries(
      parameterNames.map(parameter => [
        SETTINGS[parameter],
        flags[SETTINGS[parameter]] ?? parameters[parameter],
      ]),
    ),
  })
}

/** Nothing is expanded: no other setting of it may be given. */
const withoutExpansion = (flags: ExpansionSettings): E.Either<UsageError, Partial<ExpansionSettings>> => {
  const { expandCopies, expandEachEpoch } = flags
  const given = [
    ...(expandCopies === undefined ? [] : [`--expand-copies ${expandCopies}`]),
    ...(expandEachEpoch ? ['--expand-each-epoch'] : []),
    ...Object.values(SETTINGS).flatMap(setting =>
      flags[setting] === undefined ? [] : [`--${flagOf(setting)} ${flags[setting]}`],
    ),
  ]
  return given.length === 0
    ? E.right({})
    : refuse(
        `${given.join(' ')}: nothing is expanded`,
        `leave it out, or give --expand ${Object.keys(expansions).join(' | ')}`,
      )
}

/** The plan of these settings, which are final, for these inputs; undefined if nothing is expanded. */
export const planExpansion = (
  { expand: name, expandCopies, ...settings }: ExpansionSettings,
  inputs: Inputs,
  of: Key,
): ExpansionPlan | undefined => {
  const size = pictureSize(inputs)
  if (name === 'none' || size === undefined) return undefined
  const parameter = (one: keyof ExpansionParameters): number => settings[SETTINGS[one]] ?? 0
  return {
    name,
    parameters: {
      angle: parameter('angle'),
      translation: parameter('translation'),
      sigma: parameter('sigma'),
      alpha: parameter('alpha'),
    },
    copies: expandCopies,
    key: of,
    size,
  }
}
