/**
 * A link to the page: after the #, the flags of `network2 train` with their values, decoded and checked by the decoders
 * of the flags. A flag with the prefix `vs-` is that of the second network, where it differs from the first.
 *
 *     #cost=quadratic&sizes=784,30,10&seed=3&vs-cost=xent
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { costs, costWords, type CostName } from '../../core/costs/index.ts'
import { usageError, type Reason, type UsageError } from '../../errors.ts'
import { grouped } from '../../format.ts'
import { countUpTo, oneOf, oneWordOf } from '../../options/decode.ts'
import type { TypedFlag } from '../../options/flag-text.ts'
import {
  both,
  decodeOptions,
  flagNames,
  flagOf,
  optional,
  SOURCES,
  toggle,
  unknownFlag,
  withDefault,
  type Argv,
  type OptionTable,
  type ValuesOf,
} from '../../options/option.ts'
import { trainOptions, type TrainFlags } from '../../options/train-options.ts'

/** The port that the page has unless another one is asked for. */
export const PAGE_PORT = 8020

/** Where the page is then. */
const PAGE_ADDRESS = `http://127.0.0.1:${PAGE_PORT}/`

/** The languages of the page. */
export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

/** The parts of the page, in their order. */
export const pageParts = ['neuron', 'network', 'draw', 'seeds', 'files'] as const
export type PagePart = (typeof pageParts)[number]

/** How fast a training is shown; the result does not depend on it. */
export const paces = ['1', '10', '100', '1000', 'full'] as const
export type Pace = (typeof paces)[number]

const parts = (text: string): E.Either<string, readonly PagePart[]> => {
  const words = text.split(',')
  const known = pageParts.filter(part => words.includes(part))
  return known.length === words.length ? E.right(known) : E.left(`a list of ${pageParts.join(', ')}`)
}

export const MOST_SEEDS = 100

/** What a link says of the page itself. */
export const pageOptions = {
  lang: optional(oneWordOf(languages), { help: 'language' }),
  show: withDefault(parts, pageParts, { help: 'parts that are shown' }),
  lock: toggle({ help: 'the settings cannot be changed' }),
  pace: withDefault(oneWordOf(paces), 'full', { help: 'mini-batches in a second' }),
  seeds: withDefault(countUpTo(MOST_SEEDS), 20, { help: 'trainings of each network' }),
} as const

export type PageFlags = ValuesOf<typeof pageOptions>

/** The settings of a training that the page has. */
export const pageSettings = [
  ...([
    'cost',
    'eta',
    'sizes',
    'miniBatchSize',
    'epochs',
    'activation',
    'init',
    'regularizer',
    'lmbda',
  ] as const),
  ...(['optimizer', 'momentum', 'dropout', 'earlyStop', 'etaSchedule'] as const),
  ...(['seed', 'rng', 'shuffle', 'data', 'trainSize', 'expand', 'expandCopies'] as const),
  ...(['expandEachEpoch', 'expandAngle', 'expandTranslation', 'expandSigma', 'expandAlpha'] as const),
] as const

const known: OptionTable = Object.fromEntries(pageSettings.map(name => [name, trainOptions[name]]))

/** Texts by flag; a flag without a value is true or false, and one that is given twice has a list, which no decoder takes. */
export type Texts = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

/** What a link says, as text by flag. */
export type LinkTexts = {
  /** The settings of the first network, and what both have in common. */
  readonly first: Texts
  /** The settings in which the second network differs. */
  readonly second: Texts
  readonly page: Texts
}

/** The settings of both networks, and of the page. */
export type DecodedLink = {
  readonly first: TrainFlags
  readonly second: TrainFlags
  readonly page: PageFlags
}

/** What the page shows where a link says nothing. */
export const startTexts: LinkTexts = {
  first: { cost: 'quadratic', data: 'digits', 'train-size': '5000', init: 'large' },
  second: { cost: 'xent' },
  page: {},
}

const VERSUS = 'vs-'

/** Longer links are refused before they are read. */
const LONGEST = 4000

/** The test images that the page evaluates on: the first ones of the program's. */
export const PAGE_TEST_SIZE = 2000

/** Of all that the page can train in a reasonable time. */
export const PAGE_LIMITS = { weights: 1_000_000, epochs: 10_000, trainSize: 60_000 } as const

/** The texts of a link's part after the #; an empty one gives {@link startTexts}. */
export const linkTexts = (hash: string): E.Either<UsageError, LinkTexts> => {
  const text = hash.replace(/^#/, '')
  if (text === '') return E.right(startTexts)
  if (text.length > LONGEST)
    return E.left(
      usageError(
        `the link has ${grouped(text.length)} characters, more than the ${grouped(LONGEST)} allowed`,
        'copy the link again from the page that made it',
      ),
    )
  const texts = { first: {}, second: {}, page: {} } as Record<
    keyof LinkTexts,
    Record<string, string | boolean | readonly (string | boolean)[]>
  >
  for (const [key, value] of new URLSearchParams(text)) {
    const place = key in pageOptions ? 'page' : key.startsWith(VERSUS) ? 'second' : 'first'
    const options: OptionTable = place === 'page' ? pageOptions : known
    const given = place === 'second' ? key.slice(VERSUS.length) : key
    const names = flagNames(options)
    const flag = Object.hasOwn(names, given) ? names[given]! : undefined
    if (flag === undefined) return E.left(unknownFlag(known, key))
    const before = texts[place][flag]
    const typed = isSwitch(options, flag) && /^(true|false)$/.test(value) ? value === 'true' : value
    texts[place][flag] = before === undefined ? typed : [before, typed].flat()
  }
  return E.right(texts)
}

const isSwitch = (options: OptionTable, flag: string): boolean =>
  Object.entries(options).some(([name, { kind }]) => flagOf(name) === flag && kind === 'switch')

/** The part of a link after the #. */
export const linkText = ({ first, second, page }: LinkTexts): string => {
  const entries = [
    ...Object.entries(first),
    ...Object.entries(second).map(([flag, value]) => [VERSUS + flag, value] as const),
    ...Object.entries(page),
  ].filter(([, value]) => value !== undefined && value !== '')
  return entries
    .map(([key, value]) => [key, encodeURIComponent(String(value)).replaceAll('%2C', ',')].join('='))
    .join('&')
}

/** The address of a link to a configuration of the command line; the second network differs in its cost alone. */
export const linkOfFlags = (flags: readonly TypedFlag[]): E.Either<UsageError, string> => {
  const given = Object.fromEntries(flags)
  const foreign = flags.find(([flag]) => !(flag in flagNames(known)) && !WITHOUT_EFFECT.includes(flag))
  if (foreign !== undefined)
    return E.left(
      usageError(`--link: the page has no --${foreign[0]}`, `leave --${foreign[0]} out to get a link`),
    )
  if (given['select-on'] === 'validation')
    return E.left(
      usageError(
        '--link: the page has no validation set, on which these settings decide',
        'give --select-on evaluation',
      ),
    )
  const first = Object.fromEntries(Object.entries(given).filter(([flag]) => !WITHOUT_EFFECT.includes(flag)))
  return pipe(
    decodeTexts({ first, second: {}, page: {} }),
    E.map(() => `${PAGE_ADDRESS}#${linkText({ first, second: {}, page: {} })}`),
  )
}

/** Flags that do not change what is trained. */
const WITHOUT_EFFECT = ['backend', 'engine', 'threads', 'monitor', 'evaluate-on', 'select-on']

/** The cost of the second network, where a link has none. */
const otherCost = (first: CostName): CostName => (costs[first] === costs.quadratic ? 'xent' : 'quadratic')

/** The settings that a link stands for. */
export const decodeTexts = ({ first, second, page }: LinkTexts): E.Either<UsageError, DecodedLink> =>
  pipe(
    both(
      pipe(
        settings(first, ''),
        // a mistake that both have in common is named once
        E.flatMap(one =>
          pipe(
            settings(secondTexts(first, second), VERSUS),
            E.map(other => [one, other] as const),
          ),
        ),
      ),
      decodeOptions(pageOptions, inLink(page, '')),
    ),
    E.map(([[one, other], shown]) => ({ first: one, second: other, page: shown })),
  )

/** The texts of the second network: those of the first, but for what differs. A rate belongs to its cost. */
export const secondTexts = (first: Texts, second: Texts): Texts => {
  const word = oneOf<CostName>(costWords)(String(first.cost ?? 'xent'))
  const cost = second.cost ?? (E.isRight(word) ? otherCost(word.right) : first.cost)
  return { ...first, eta: undefined, ...second, cost }
}

/** The texts with what an error calls them. */
const inLink = (texts: Texts, prefix: string): Argv => ({
  ...texts,
  [SOURCES]: Object.fromEntries(Object.keys(texts).map(flag => [flag, `${prefix}${flag}`])),
})

const settings = (texts: Texts, prefix: string): E.Either<UsageError, TrainFlags> =>
  pipe(decodeOptions(trainOptions, inLink(texts, prefix)), E.flatMap(withinLimits(prefix)))

const withinLimits =
  (prefix: string) =>
  (flags: TrainFlags): E.Either<UsageError, TrainFlags> => {
    const { sizes = [784, 30, 10], epochs, trainSize = 0, init, data } = flags
    const weights = sizes.slice(1).reduce((sum, size, l) => sum + size * sizes[l]!, 0)
    const refuse = (message: string, remedy: string, reason?: Reason) =>
      E.left(usageError(prefix + message, remedy, reason && [reason]))
    const tooLarge = (flag: string, given: number, most: number): Reason => ({
      kind: 'too-large',
      flag,
      given,
      most,
    })
    if (init.kind === 'file')
      return refuse(`init ${init.file}: a page cannot read a file by its name`, 'drop the file on the page')
    if (!dataNames.some(name => name === data))
      return refuse(`data ${data}: the page has ${dataNames.join(' and ')}`, 'drop other files on the page')
    if (weights > PAGE_LIMITS.weights)
      return refuse(
        `sizes ${String(sizes)}: ${grouped(weights)} weights; the page trains up to ${grouped(PAGE_LIMITS.weights)}`,
        'give smaller layers, or use the command line',
        { kind: 'too-many-weights', given: weights, most: PAGE_LIMITS.weights },
      )
    if (epochs > PAGE_LIMITS.epochs)
      return refuse(
        `epochs ${epochs}: more than ${grouped(PAGE_LIMITS.epochs)}`,
        'give fewer epochs',
        tooLarge('epochs', epochs, PAGE_LIMITS.epochs),
      )
    if (trainSize > PAGE_LIMITS.trainSize)
      return refuse(
        `train-size ${trainSize}: more than ${grouped(PAGE_LIMITS.trainSize)}`,
        'give fewer examples',
        tooLarge('train-size', trainSize, PAGE_LIMITS.trainSize),
      )
    return E.right(flags)
  }

/** The data that a link can name. */
export const dataNames = ['auto', 'digits', 'mnist'] as const
