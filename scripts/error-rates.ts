/**
 * How often a study with repeated searches gives each answer, and how often it errs: `npm run error-rates -- [STUDIES]`.
 */
import { aligned } from '../src/format.ts'
import { lookDefaults, type LookRule } from '../src/study/looks.ts'
import { searchRates } from './simulated-searches.ts'
import { lucks, rates, usualTruth, type Truth } from './simulated-studies.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const studies = Number(process.argv[2] ?? 10_000)

const percent = (share: number): string => (100 * share).toFixed(1)

const EFFECTS = [0, 0.05, 0.1, 0.2, 0.5]

const HEADING = [
  ...['luck of the search', 'looks', 'true difference', 'better', 'equivalent', 'undecided'],
  ...['wrong', 'interval holds', 'searches'],
]

const row = (rule: LookRule, truth: Truth): readonly string[] => {
  const found = rates(rule, truth, studies)
  return [
    `${truth.luck}, ${truth.search}`,
    rule.looks.join(', '),
    truth.effect.toFixed(2),
    ...[found.better, found.equivalent, found.undecided].map(percent),
    percent(found.wronglyBetter + found.wronglyEquivalent),
    percent(found.covered),
    found.searches.toFixed(1),
  ]
}

const RULES = [[5], [10], [20], lookDefaults.looks, [5, 10, 20, 40]]

print(
  `${studies} simulated studies a row; differences in points; delta ${lookDefaults.delta}, error ${100 * lookDefaults.error} %. ` +
    `Two runs of one seed differ by ${usualTruth.seed} points (standard deviation), ${usualTruth.seeds} seeds a search.`,
)
print('Shares in per cent; "interval holds": the true difference lies in the intervals of all looks.')
print('')
const usual = RULES.flatMap(looks =>
  EFFECTS.map(effect => row({ ...lookDefaults, looks }, { ...usualTruth, effect })),
)
const others = (Object.keys(lucks) as (keyof typeof lucks)[]).flatMap(luck =>
  EFFECTS.map(effect => row(lookDefaults, { ...usualTruth, luck, search: 0.3, effect })),
)
for (const line of aligned([HEADING, ...usual, ...others])) print(line)

/** A simulated search takes as long as a hundred drawn differences. */
const whole = Math.ceil(studies / 20)

print('')
print(
  `The whole procedure, ${whole} studies a row: the searches themselves are simulated, with the plan, the halving and the rule of a real study, ` +
    'on a response surface that both arms share; the second arm is higher by the true difference.',
)
print('')
const searched = EFFECTS.map(effect => {
  const found = searchRates(lookDefaults, effect, whole)
  return [
    effect.toFixed(2),
    ...[found.better, found.equivalent, found.undecided, found.wrong].map(percent),
    found.searches.toFixed(1),
    found.deviation.toFixed(3),
  ]
})
for (const line of aligned([
  ['true difference', 'better', 'equivalent', 'undecided', 'wrong', 'searches', 'spread of searches'],
  ...searched,
]))
  print(line)
