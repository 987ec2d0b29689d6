/**
 * The training of two networks side by side, on the same mini-batches: what the worker of the page does, without the
 * worker.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { gather, tensor2d, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core'
import type { Activation, HiddenActivation } from '../../core/activation.ts'
import { rowsInOrder } from '../../core/chunked-scan.ts'
import type { Metrics } from '../../core/evaluate.ts'
import { weightedInput, type Batch, type Network } from '../../core/network.ts'
import { fromParams, toParams, type LayerValues, type Params } from '../../core/params.ts'
import { networkNamed } from '../../core/parts.ts'
import { fold, key } from '../../core/rng.ts'
import type { Interpreter } from '../../core/scan.ts'
import { dispose, leave, using } from '../../core/scope.ts'
import type { TrainState } from '../../core/optimizer.ts'
import {
  paramsForUse,
  prepareTraining,
  trainPrepared,
  type PreparedTraining,
  type TrainEvent,
  type TrainSets,
} from '../../core/train.ts'
import {
  density,
  GENERATED_DIGITS,
  labelsOf,
  largestAt,
  type Dataset,
  type Examples,
} from '../../data/dataset.ts'
import { digitsSeed, generateDigits, SIDE } from '../../data/digits.ts'
import { EVERY_EPOCH, expandDesired, expandedImages, type ExpansionPlan } from '../../data/expand.ts'
import { toBatch } from '../../data/batch.ts'
import { confusionOf } from '../../data/confusion-matrix.ts'
import { usageError, type AppError } from '../../errors.ts'
import { grouped } from '../../format.ts'
import { encodeModel } from '../../io/model.ts'
import { flagsText, typedTrainFlags } from '../../options/flag-text.ts'
import type { TrainFlags } from '../../options/train-options.ts'
import {
  asSettings,
  epochSize,
  expansionPlanOf,
  modelOf,
  planRun,
  trainSettings,
  type PlannedRun,
} from '../../runs/run-plan.ts'
import { disposeSets, toSets, withTraining } from '../../runs/sets.ts'
import { suitsWasm } from '../../runtime/workload.ts'
import { classCounts } from '../../study/class-counts.ts'
import type { TrialResult } from '../../study/trial.ts'
import { PAGE_LIMITS, PAGE_TEST_SIZE } from './page-link.ts'
import type {
  Measured,
  NetworkFrame,
  NetworkSettings,
  Outcome,
  PageData,
  SlopeHistogram,
  Wanted,
} from './page-messages.ts'

/** The largest training set of generated digits: that of the program. */
const MOST_DIGITS = 50_000

const examplesOf = (width: number, { pixels, labels }: PageData['training']): Examples => ({
  size: labels.length,
  inputs: {
    kind: 'bytes',
    width,
    ...(Number.isInteger(Math.sqrt(width)) ? { columns: Math.sqrt(width) } : {}),
    bytes: pixels,
  },
  desired: { kind: 'labels', labels },
})

/** Generated digits as `network2 train --data digits` has them: the first ones of its training set, and of its test set. */
export const pageDigits = (training: number): PageData => {
  const drawn = (stream: number, n: number): PageData['training'] => {
    const { images, labels } = generateDigits(fold(key(digitsSeed), stream), 0, n)
    return { pixels: images.pixels, labels }
  }
  return {
    name: GENERATED_DIGITS,
    choice: 'digits',
    width: SIDE * SIDE,
    training: drawn(0, Math.min(training, MOST_DIGITS)),
    test: drawn(1, PAGE_TEST_SIZE),
  }
}

const datasetOf = ({ name, choice, width, training, test }: PageData): Dataset => ({
  name,
  source: choice,
  training: examplesOf(width, training),
  validation: undefined,
  test: examplesOf(width, test),
})

/** Checks the settings with the data, and fills in their defaults, as `network2 train` does. */
export const planPageRun = (flags: TrainFlags, data: PageData): E.Either<AppError, PlannedRun> =>
  pipe(
    planRun(
      {
        ...flags,
        data: data.choice,
        evaluateOn: 'test',
        // the page has no validation set
        selectOn: flags.earlyStop === undefined && flags.etaSchedule === undefined ? undefined : 'evaluation',
      },
      undefined,
      datasetOf(data),
    ),
    E.filterOrElse(
      ({ config }) => epochSize(config) <= PAGE_LIMITS.trainSize,
      ({ config }): AppError =>
        usageError(
          `--expand ${config.expand}: ${grouped(epochSize(config))} images with their copies; the page trains on up to ${grouped(PAGE_LIMITS.trainSize)}`,
          'give a smaller --train-size or --expand-copies',
          [
            {
              kind: 'too-large',
              flag: 'expand',
              given: epochSize(config),
              most: PAGE_LIMITS.trainSize,
            },
          ],
        ),
    ),
  )

/** The settings of a run, for people. */
export const settingsOf = ({ config, training }: PlannedRun): NetworkSettings => {
  const settings = asSettings(config)
  const isChosen = suitsWasm({ sizes: config.sizes, density: density(training.inputs) })
  return {
    config: settings,
    cost: config.cost,
    // the command line evaluates on the test set where there is one, and may choose another engine, of other bytes
    flags: flagsText(
      typedTrainFlags({ ...settings, evaluateOn: undefined, engine: isChosen ? undefined : 'wasm' }),
    ),
  }
}

/** A network in training. */
export type PageTraining = {
  /** Trains on this many examples or up to the end of the epoch, whichever comes first. */
  readonly advance: (examples: number | undefined) => void
  readonly outcome: () => Outcome
  /** Epochs, with their fraction. */
  readonly at: () => number
  /** The network of this moment, and what was measured since the last frame. */
  readonly frame: (wanted: Wanted, drawing: Float32Array | undefined, isMeasuredNow: boolean) => NetworkFrame
  /** The weights and biases of this moment. */
  readonly layers: () => readonly LayerValues[]
  /** The text of its file. */
  readonly saved: () => string
  readonly close: () => void
}

/** The parts of a histogram. */
const BARS = 24

/** How many test images are looked at in one step. The histogram is that of the first ones. */
const LOOKED_AT = 200

/** What trainings of one network from several seeds share: the data as tensors, and what is compiled. */
export type NetworkLab = {
  readonly network: Network
  readonly sets: TrainSets
  readonly prepared: PreparedTraining
  readonly look: Look
  /** The test images, and their rows, {@link LOOKED_AT} by {@link LOOKED_AT}. */
  readonly tests: Tensor2D
  readonly rows: readonly Tensor2D[]
  readonly close: () => void
}

/**
 * Opens what the trainings of this run's network share; the caller closes it.
 *
 * @param other of the same interpreter: what both networks look at is compiled once, if it is the same
 */
export const openNetworkLab = (interpreter: Interpreter, run: PlannedRun, other?: NetworkLab): NetworkLab => {
  const { config } = run
  const network = networkNamed(config)
  const sets = toSets(run)
  const rows = rowsInOrder(run.evaluation!.size, LOOKED_AT)
  return {
    ...{ network, sets, rows },
    prepared: prepareTraining(interpreter, trainSettings(config)),
    look:
      other?.network.hidden === network.hidden && other.network.cost.output === network.cost.output
        ? other.look
        : observed(interpreter, network),
    tests: sets.observed.evaluation!.x,
    close: () => {
      dispose(rows)
      disposeSets(sets)
    },
  }
}

/**
 * The sets of each epoch: those of the lab; or with an expanded training set, which a seed draws once or, if the settings say
 * so, for each epoch. That of the epoch before is freed.
 */
const expandedSets = (run: PlannedRun, sets: TrainSets) => {
  const { config, training } = run
  const { size, inputs, desired } = training
  const plan = expansionPlanOf(config, inputs)
  let made: { readonly number: number; readonly batch: Batch } | undefined
  const free = (): void => dispose(made?.batch ?? [])
  const expand = (plan: ExpansionPlan, number: number): Batch => {
    const images = inputs.kind === 'bytes' ? inputs.bytes.subarray(0, size * inputs.width) : new Uint8Array()
    return toBatch(
      {
        size: epochSize(config),
        inputs: { kind: 'bytes', width: inputs.width, bytes: expandedImages(plan, images, number) },
        desired: expandDesired(plan, size, desired),
      },
      config.sizes.at(-1)!,
    )
  }
  return {
    of: (epoch: number): TrainSets => {
      if (plan === undefined) return sets
      const number = plan.copies === undefined ? epoch : EVERY_EPOCH
      if (made?.number !== number) {
        free()
        made = { number, batch: expand(plan, number) }
      }
      return withTraining(sets, made.batch)
    },
    close: free,
  }
}

/** Opens a training, which is the caller's to close. */
export const openPageTraining = (lab: NetworkLab, run: PlannedRun): PageTraining => {
  const { config, initial } = run
  const { sets, prepared, look } = lab
  const settings = trainSettings(config)
  const start = { params: toParams(initial) }
  const expanded = expandedSets(run, sets)
  const training = trainPrepared(prepared, settings, expanded.of, start)
  const n = epochSize(config)
  const labels = labelsOf(run.evaluation!.desired)

  let outcome: Outcome = 'training'
  let hasFailed = false
  let at = 0
  let state: TrainState | undefined
  let measured: Measured[] = []
  let final: TrainState | undefined

  const take = (event: TrainEvent): void => {
    ;({ state } = event)
    if (event.kind === 'progress') {
      const { epochs, examples } = event.cursor
      at = epochs + examples / n
    } else if (event.kind === 'epoch') {
      at = event.cursor.epochs
      measured.push({ at, ...event.metrics })
    } else {
      hasFailed = true
      outcome = 'diverged'
    }
  }

  /** Runs to the next moment before a chunk of training, or to the end. */
  const advance = (examples: number | undefined): void => {
    let next = training.next(examples)
    while (next.done !== true) {
      take(next.value)
      if (next.value.kind === 'progress' && next.value.phase === 'training') return
      next = training.next()
    }
    final = next.value
    state = final
    if (!hasFailed) outcome = 'finished'
  }

  const usedParams = (): Params => paramsForUse(settings, state!.params)

  const measureNow = (): void => {
    if (outcome !== 'training' || measured.at(-1)?.at === at) return
    using(usedParams(), params => {
      const running = prepared.evaluate(params, sets.observed.evaluation!, settings.lmbda)
      let next = running.next()
      while (!next.done) next = running.next()
      measured.push({ at, evaluation: next.value })
    })
  }

  advance(undefined)
  measureNow()

  return {
    advance,
    outcome: () => outcome,
    at: () => at,
    layers: () => fromParams(state!.params),
    saved: () => {
      const model = modelOf(config, fromParams(state!.params), { name: '', fingerprint: '' })
      return encodeModel({ ...model, trainedOn: undefined })
    },
    frame: (wanted, drawing, isMeasuredNow) => {
      if (isMeasuredNow) measureNow()
      const since = measured
      measured = []
      return using(usedParams(), params => ({
        at,
        steps: Math.round((at * n) / config.miniBatchSize),
        outcome,
        measured: since,
        weights: wanted.weights ? { w: fromParams(params)[0]!.w, outputs: config.sizes[1] } : undefined,
        slopes: wanted.slopes ? histograms(lab, params) : undefined,
        answers: wanted.answers ? answersOf(lab, params, labels) : undefined,
        reading: drawing?.length === config.sizes[0] ? readingOf(look, params, drawing) : undefined,
      }))
    },
    close: () => {
      leave(training)
      if (final !== undefined) dispose(final)
      dispose(start.params)
      expanded.close()
    },
  }
}

/** Compiles what the page looks at: σ'(z) of each layer that has one, [steps, m, j_l], and the outputs, [steps, m, j_L]. */
const observed = ({ stackedScan }: Interpreter, { hidden, cost }: Network) => {
  const scan = stackedScan<
    readonly [],
    { readonly params: Params; readonly x: Tensor2D },
    Tensor1D,
    { readonly slopes: readonly Tensor2D[]; readonly a: Tensor2D }
  >((_, { params, x }, rows) => {
    const slopes: Tensor2D[] = []
    let a: Tensor2D = gather(x, rows)
    params.forEach((layer, l) => {
      const z = weightedInput(layer, a)
      const activation: Activation & Partial<HiddenActivation> = l < params.length - 1 ? hidden : cost.output
      a = activation.fn(z)
      if (activation.prime !== undefined) slopes.push(activation.prime(a))
    })
    return [[], { slopes, a }]
  })
  return (params: Params, x: Tensor2D, rows: Tensor2D, steps = rows.shape[0]): Observed =>
    scan([], { params, x }, rows, [0, steps]).ys
}

type Observed = { readonly slopes: readonly Tensor3D[]; readonly a: Tensor3D }

type Look = ReturnType<typeof observed>

const histograms = ({ look, tests, rows }: NetworkLab, params: Params): readonly SlopeHistogram[] =>
  using(look(params, tests, rows[0]!, 1), ({ slopes }) =>
    slopes.map(slope => histogramOf(slope.dataSync<'float32'>())),
  )

/** σ'(z) of the sigmoid is at most this; other activations have slopes up to 1. */
const SIGMOID_MOST = 0.25

const histogramOf = (slopes: Float32Array): SlopeHistogram => {
  const most = slopes.reduce((largest, slope) => Math.max(largest, slope), 0)
  const largest = most <= SIGMOID_MOST ? SIGMOID_MOST : 1
  const counts = new Array<number>(BARS).fill(0)
  for (const slope of slopes) counts[Math.min(BARS - 1, Math.floor((BARS * slope) / largest))]!++
  return {
    shares: counts.map(count => count / slopes.length),
    largest,
    median: slopes.slice().sort()[slopes.length >> 1] ?? NaN,
  }
}

const answersOf = (
  { look, tests, rows }: NetworkLab,
  params: Params,
  labels: ArrayLike<number>,
): NonNullable<NetworkFrame['answers']> => {
  const answer = new Uint8Array(labels.length)
  const activations = new Float32Array(2 * labels.length)
  let i = 0
  for (const some of rows)
    using(look(params, tests, some), ({ a }) => {
      const width = a.shape[2]
      const values = a.dataSync<'float32'>()
      for (let from = 0; from < values.length; from += width, i++) {
        const row = values.subarray(from, from + width)
        answer[i] = largestAt(row)
        activations[2 * i] = row[answer[i]!]!
        activations[2 * i + 1] = row[labels[i]!]!
      }
    })
  return { answer, activations }
}

const readingOf = (look: Look, params: Params, drawing: Float32Array): readonly number[] => {
  const given = { x: tensor2d(drawing, [1, drawing.length]), rows: tensor2d([0], [1, 1], 'int32') }
  return using(given, ({ x, rows }) => using(look(params, x, rows), ({ a }) => [...a.dataSync<'float32'>()]))
}

/** A whole training, as the trial of a study; it yields after each epoch. One that is left early frees what it holds. */
export function* pageTrial(lab: NetworkLab, run: PlannedRun, id: string): Generator<void, TrialResult, void> {
  const training = openPageTraining(lab, run)
  try {
    const evaluations: Metrics[] = []
    const collect = (measured: readonly Measured[]): void => {
      for (const { at, evaluation } of measured)
        if (at > 0 && Number.isInteger(at) && evaluation !== undefined) evaluations.push(evaluation)
    }
    const nothing: Wanted = { weights: false, slopes: false, answers: false }
    while (training.outcome() === 'training') {
      training.advance(undefined)
      collect(training.frame(nothing, undefined, false).measured)
      yield
    }
    const { answers } = training.frame({ ...nothing, answers: true }, undefined, false)
    const labels = labelsOf(run.evaluation!.desired)
    const classes = run.config.sizes.at(-1)!
    return {
      id,
      outcome: training.outcome() === 'diverged' ? 'diverged' : 'done',
      accuracies: evaluations.map(({ correct }) => correct),
      costs: evaluations.map(({ cost }) => cost),
      n: run.evaluation!.size,
      ...classCounts(confusionOf(labels, answers!.answer, classes)),
      seconds: 0,
    }
  } finally {
    training.close()
  }
}
