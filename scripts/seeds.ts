/**
 * `npm run seeds`: the chapter's two costs, trained from the large start with seeds 1 to 5, all of them shown.
 *
 * Each run is the command line itself: `npm run train -- --cost … --init large --seed …`, 30 epochs of [784, 30, 10].
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url))
const SEEDS = [1, 2, 3, 4, 5]
const ARMS = [
  ['cross-entropy, eta 0.5', ['--cost', 'xent']],
  ['quadratic, eta 3.0', ['--cost', 'quadratic', '--eta', '3']],
] as const

type Line = { readonly event: string; readonly evaluationAccuracy?: number; readonly evaluationSize?: number }

/** The test accuracy after each epoch, in per cent. */
const accuracies = (flags: readonly string[]): number[] => {
  const args = ['train', ...flags, '--init', 'large', '--json', '--monitor', 'evaluation-accuracy']
  const { stdout, status } = spawnSync(process.execPath, [RUN, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`train ${flags.join(' ')} ended with ${status}`)
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
    .filter(({ event }) => event === 'epoch')
    .map(({ evaluationAccuracy = NaN, evaluationSize = NaN }) => (100 * evaluationAccuracy) / evaluationSize)
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

const summary = (values: readonly number[]): string => {
  const m = mean(values)
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1))
  return `${m.toFixed(2)} ± ${deviation.toFixed(2)}`
}

const row = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`)

row(['[784, 30, 10]', ...SEEDS.map(seed => `seed ${seed}`), 'mean ± s.d.'])
row(['---', ...SEEDS.map(() => '---'), '---'])
for (const [name, flags] of ARMS) {
  const runs = SEEDS.map(seed => accuracies([...flags, '--seed', String(seed)]))
  const last = runs.map(epochs => epochs.at(-1)!)
  const best = runs.map(epochs => Math.max(...epochs))
  row([`${name}, last epoch`, ...last.map(value => value.toFixed(2)), summary(last)])
  row([`${name}, best epoch`, ...best.map(value => value.toFixed(2)), summary(best)])
}
