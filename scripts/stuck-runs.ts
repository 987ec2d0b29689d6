/**
 * Which runs of a study get stuck: `npm run stuck-runs -- DIR`, for a study with repeated searches. Rates by start, by digit, and by
 * where the output neuron of a digit starts: the mean of its weighted input z^L, equation (25), over images of that digit.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { initializers, toParams, type Initializer } from '../src/core/params.ts'
import { networkNamed } from '../src/core/parts.ts'
import { output } from '../src/core/network.ts'
import { dispose, using } from '../src/core/scope.ts'
import { seededLayers } from '../src/core/seeded.ts'
import { inputTensor } from '../src/data/batch.ts'
import { firstN, labelsOf } from '../src/data/dataset.ts'
import { loadChosenData } from '../src/data/load.ts'
import { exitCode, type AppError } from '../src/errors.ts'
import { aligned, grouped } from '../src/format.ts'
import { systemEnv } from '../src/io/env.ts'
import { loadBackend } from '../src/runtime/backend.ts'
import { mean } from '../src/study/moments.ts'
import { planStudy } from '../src/study/study-plan.ts'
import { readResults, readStudy } from '../src/study/study-folder.ts'
import { stages } from '../src/study/study.ts'
import { wilsonInterval } from '../src/study/statistics.ts'
import { unanswered, type Trial, type TrialResult } from '../src/study/trial.ts'

const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

const right = async <A>(task: TaskEither<AppError, A>): Promise<A> => {
  const result = await task()
  if (E.isRight(result)) return result.right
  process.stderr.write(`network2: ${result.left.message}\n  ${result.left.remedy}\n`)
  process.exit(exitCode(result.left))
}

/** The images whose z^L is computed. */
const IMAGES = 500

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  process.stderr.write(
    'network2: stuck-runs: no folder\n  give the folder of a study: npm run stuck-runs -- DIR\n',
  )
  process.exit(2)
}
const study = await right(readStudy(systemEnv, folder))
const results = await right(readResults(systemEnv, folder, study))
const { training } = await right(
  loadChosenData({ choice: 'mnist', env: process.env, onNotice: systemEnv.log, onProgress: () => undefined }),
)
await right(loadBackend('wasm'))
const some = firstN(IMAGES)(training)
const x = inputTensor(some.inputs, some.size)
const labels = labelsOf(some.desired)

/** The mean z^L of each output neuron over the images of its own class, before the first step. */
const startOf = ({ flags, seed }: Trial): readonly number[] => {
  const sizes = String(flags.sizes).split(',').map(Number) as [number, number, ...number[]]
  const init = Object.keys(initializers).find(name => name === flags.init) as Initializer
  const params = toParams(seededLayers({ init, seed, rng: 'default' }, sizes))
  const z = using(output(networkNamed({ cost: 'quadratic' }))(params, x), all =>
    all.z.dataSync<'float32'>().slice(),
  )
  dispose(params)
  const outputs = sizes.at(-1)!
  return Array.from({ length: outputs }, (_, neuron) =>
    mean([...labels].flatMap((label, image) => (label === neuron ? [z[image * outputs + neuron]!] : []))),
  )
}

/** A count of n as a rate, with Wilson's 95 % interval. */
const rateText = (count: number, n: number): string => {
  const [low, high] = wilsonInterval(count, n).map(share => (100 * share).toFixed(1))
  return `${((100 * count) / n).toFixed(1)} % (${low} to ${high})`
}

type Run = { readonly trial: Trial; readonly result: TrialResult }

const runsOfArm = (arm: 0 | 1): readonly Run[] =>
  planStudy(study).searches.flatMap(search =>
    (stages(search, results)[arm].final?.trials ?? []).flatMap(trial => {
      const result = results.get(trial.id)
      return result === undefined ? [] : [{ trial, result }]
    }),
  )

/** Cuts sorted neurons into parts of equal size. */
const FIFTHS = 5

for (const arm of [0, 1] as const) {
  const runs = runsOfArm(arm)
  const lost = runs.map(({ result }) => unanswered(result))
  const stuck = lost.filter(({ length }) => length > 0).length
  print([
    `${study.arms[arm].name}: ${grouped(stuck)} of ${grouped(runs.length)} runs are stuck, ${rateText(stuck, runs.length)}`,
  ])
  if (stuck === 0) continue
  const neurons = runs
    .flatMap(({ trial }, run) =>
      startOf(trial).map((z, digit) => ({ z, digit, isLost: lost[run]!.includes(digit) })),
    )
    .toSorted((a, b) => a.z - b.z)
  const lostIn = (part: typeof neurons): number => part.filter(({ isLost }) => isLost).length
  const digits = [...new Set(neurons.map(({ digit }) => digit))].sort((a, b) => a - b)
  print(
    aligned([
      ['  the digit', 'is lost in'],
      ...digits.map(digit => {
        const own = neurons.filter(neuron => neuron.digit === digit)
        return [`  ${digit}`, rateText(lostIn(own), own.length)]
      }),
      ['  the mean z of its neuron at the start', 'is lost in'],
      ...Array.from({ length: FIFTHS }, (_, i) => {
        const part = neurons.slice((i * neurons.length) / FIFTHS, ((i + 1) * neurons.length) / FIFTHS)
        return [
          `  ${part[0]!.z.toFixed(1)} to ${part.at(-1)!.z.toFixed(1)}`,
          rateText(lostIn(part), part.length),
        ]
      }),
    ]),
  )
}
dispose(x)
