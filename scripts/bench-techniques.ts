/**
 * What each technique of the chapter costs: an epoch with it beside a plain one, on each compiled engine, in turns; and how
 * long the distorted images of an epoch take to make.
 *
 * The engines are used without falling back: a technique that one of them could not compile would end the benchmark.
 */
import * as E from 'fp-ts/lib/Either.js'
import { activations } from '../src/core/activations/index.ts'
import { costs } from '../src/core/costs/index.ts'
import { dropoutOf } from '../src/core/dropout.ts'
import { optimizers } from '../src/core/optimizers/index.ts'
import { initialValues, toParams, type Sizes } from '../src/core/params.ts'
import { regularizers } from '../src/core/regularizers/index.ts'
import { key } from '../src/core/rng.ts'
import { dispose } from '../src/core/scope.ts'
import type { TrainSettings } from '../src/core/train.ts'
import type { Examples } from '../src/data/dataset.ts'
import { expandedImages, pictureSize } from '../src/data/expand.ts'
import { expansions, type ExpansionName } from '../src/data/expansions/index.ts'
import { loadBackend } from '../src/runtime/backend.ts'
import { engines } from '../src/runtime/engine.ts'
import { toBatch } from '../src/data/batch.ts'
import { median, timed } from './timing.ts'

export const techniquesTitle = 'the techniques of the chapter'

const ROUNDS = 5

const each = <A>(registry: Readonly<Record<string, A>>, settings: (part: A) => Partial<TrainSettings>) =>
  Object.entries(registry).map(([name, part]) => [name, settings(part)] as const)

const TECHNIQUES: readonly (readonly [name: string, settings: Partial<TrainSettings>])[] = [
  ['plain', {}],
  ...each(costs, cost => ({ cost, eta: 0.01 })),
  ...each(activations, hidden => ({ hidden, eta: 0.01 })),
  ...each(regularizers, regularizer => ({ regularizer, lmbda: 5 })),
  ...each(optimizers, optimizer => ({ optimizer, mu: 0.9, eta: 0.05 })),
  ['dropout', { dropout: dropoutOf(0.5, key(2)) }],
]

const row = (cells: readonly string[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(10))).join(''))

/** The seconds of an epoch of each technique, with the compiled engine of a backend. */
const measured = async (
  backend: 'wasm' | 'native',
  training: Examples,
  sizes: Sizes,
): Promise<readonly number[] | undefined> => {
  if (E.isLeft(await loadBackend(backend)())) return undefined
  const [[, make]] = engines(backend)
  const set = toBatch(training, sizes.at(-1)!)
  const params = toParams(initialValues('default', key(1), sizes))
  const runners = TECHNIQUES.map(([, settings]) => {
    const interpreter = make()
    return {
      times: [] as number[],
      run: () => timed(interpreter, set, params, settings, training.size),
      close: interpreter.dispose,
    }
  })
  for (const { run } of runners) run()
  for (let round = 0; round < ROUNDS; round++)
    for (const { run, times } of round % 2 === 0 ? runners : runners.toReversed()) times.push(run())
  for (const { close } of runners) close()
  dispose([set, params])
  return runners.map(({ times }) => median(times) / 1000)
}

const benchEpochs = async (training: Examples, sizes: Sizes): Promise<void> => {
  const found = [await measured('wasm', training, sizes), await measured('native', training, sizes)]
  console.log(`\n${techniquesTitle}, [${sizes.join(', ')}], mini-batches of 10: seconds an epoch`)
  row(['', 'wasm', 'x plain', 'xla', 'x plain'])
  TECHNIQUES.forEach(([name], i) =>
    row([
      name,
      ...found.flatMap(seconds =>
        seconds === undefined
          ? ['', 'not here']
          : [seconds[i]!.toFixed(3), (seconds[i]! / seconds[0]!).toFixed(2)],
      ),
    ]),
  )
}

/** Makes the images of one epoch with each expansion. */
const benchExpansions = ({ inputs, size }: Examples): void => {
  const pictures = pictureSize(inputs)
  if (inputs.kind !== 'bytes' || pictures === undefined) return
  console.log(`\n${techniquesTitle}: seconds to make ${size} distorted images, in one thread`)
  for (const name of Object.keys(expansions) as ExpansionName[]) {
    const parameters = { angle: 0, translation: 0, sigma: 0, alpha: 0, ...expansions[name].parameters }
    const began = performance.now()
    expandedImages({ name, parameters, copies: undefined, key: key(1), size: pictures }, inputs.bytes, 1)
    row([name, ((performance.now() - began) / 1000).toFixed(2)])
  }
}

export const benchTechniques = async (training: Examples): Promise<void> => {
  for (const sizes of [
    [784, 30, 10],
    [784, 100, 10],
  ] as const)
    await benchEpochs(training, sizes)
  benchExpansions(training)
}
