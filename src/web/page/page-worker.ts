/**
 * The worker of the page: it trains two networks side by side, and answers with what they are at the moment. It has the
 * clock: a page in the background draws nothing, and its training goes on.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { Interpreter } from '../../core/scan.ts'
import { wasm } from '../../compiler/wasm/wasm.ts'
import { networkNamed } from '../../core/parts.ts'
import { labelsOf, largestOfRows } from '../../data/dataset.ts'
import { outputActivations } from '../../data/output-activations.ts'
import { decodeModel } from '../../io/model.ts'
import { digitImage } from '../../image/ink.ts'
import { onCpu } from '../../runtime/cpu-backend.ts'
import { registerPageBackend } from './page-kernels.ts'
import { decodeTexts, type LinkTexts, type Pace } from './page-link.ts'
import type { Answer, Order, PageData, PagePicture, Wanted } from './page-messages.ts'
import {
  openNetworkLab,
  openPageTraining,
  pageDigits,
  pageTrial,
  planPageRun,
  settingsOf,
  type NetworkLab,
  type PageTraining,
} from './page-trainer.ts'
import type { AppError } from '../../errors.ts'
import { epochSize, type PlannedRun } from '../../runs/run-plan.ts'
import type { TrialResult } from '../../study/trial.ts'

/** The part of a worker's global object that is used. */
type WorkerScope = {
  onmessage: ((event: MessageEvent<Order>) => void) | null
  readonly postMessage: (answer: Answer, transfer?: readonly Transferable[]) => void
}

const scope = globalThis as unknown as WorkerScope

/** How long a piece of a training at full speed lasts before the worker listens again, in milliseconds. */
const PIECE = 8

type Pair = readonly [PageTraining, PageTraining]

/** What the worker is doing: the only state. */
let pair: Pair | undefined
let labs: readonly NetworkLab[] = []
let runs: readonly [PlannedRun, PlannedRun] | undefined
let run = 0
let pace: Pace = 'full'
let isRunning = false
/** A request that waits for something new. */
let wanted: Wanted | undefined
let isNew = false
/** The engine of both networks. */
let engine: Interpreter | undefined
let drawing: Float32Array | undefined
/** How many examples were trained in the last piece of full speed. */
let piece = 1000
let isTicking = false
/** When the next step of a slow pace is due. */
let due = 0
/** The generated digits, which the next training may use again. */
let drawn: PageData | undefined

const { port1, port2 } = new MessageChannel()

/** Calls `tick` after the messages that wait: a timer of 0 ms would take 4. */
const soon = (): void => port2.postMessage(undefined)

const sources = (texts: LinkTexts, data: PageData | undefined): PageData => {
  if (data !== undefined) return data
  const size = Number(texts.first['train-size'] ?? 50_000)
  if (drawn?.training.labels.length !== size) drawn = pageDigits(size)
  return drawn
}

/** Both runs that a link asks for; or why they cannot be trained. */
const planned = (texts: LinkTexts, given: PageData | undefined) => {
  const flags = decodeTexts(texts)
  if (E.isLeft(flags)) return flags
  const data = sources(texts, given)
  const first = planPageRun(flags.right.first, data)
  if (E.isLeft(first)) return first
  const second = planPageRun(flags.right.second, data)
  return E.isLeft(second) ? second : E.right({ data, runs: [first.right, second.right] as const })
}

const begin = (order: Extract<Order, { kind: 'begin' }>): void => {
  pair?.forEach(training => training.close())
  labs.forEach(lab => lab.close())
  pair = undefined
  labs = []
  isRunning = false
  ;({ run } = order)
  const found = planned(order.texts, order.data)
  if (E.isLeft(found)) {
    scope.postMessage({ kind: 'refused', run, error: found.left })
    return
  }
  const { data } = found.right
  runs = found.right.runs
  scope.postMessage({
    kind: 'begun',
    run,
    settings: [settingsOf(runs[0]), settingsOf(runs[1])],
    data: { name: data.name, training: epochSize(runs[0].config), width: data.width, test: data.test },
  })
  engine?.dispose()
  engine = wasm()
  const lab = openNetworkLab(engine, runs[0])
  const other = openNetworkLab(engine, runs[1], lab)
  labs = [lab, other]
  pair = [openPageTraining(lab, runs[0]), openPageTraining(other, runs[1])]
  isNew = true
  sent.clear()
  answerLook()
}

const isDone = (): boolean => pair === undefined || pair.every(training => training.outcome() !== 'training')

/** Trains both networks on as many examples; each is trained up to the end of its epoch at most. */
const advance = (examples: number | undefined): void => {
  for (const training of pair ?? []) if (training.outcome() === 'training') training.advance(examples)
  isNew = true
  sent.clear()
}

/** The parts of a frame that are sent when they are on the screen, and those that were sent of the present state. */
const parts = ['weights', 'slopes', 'answers'] as const
const sent = new Set<(typeof parts)[number]>()

const batchSize = (): number => runs![0].config.miniBatchSize

const answerLook = (): void => {
  if (wanted === undefined || !isNew || pair === undefined) return
  const looked = wanted
  const isSlow = pace !== 'full' || !isRunning
  wanted = undefined
  isNew = false
  for (const part of parts) if (looked[part]) sent.add(part)
  if (isDone()) isRunning = false
  const frame = [pair[0].frame(looked, drawing, isSlow), pair[1].frame(looked, drawing, isSlow)] as const
  scope.postMessage(
    { kind: 'frame', run, frame, isRunning },
    frame.flatMap(({ weights }) => (weights === undefined ? [] : [weights.w.buffer])),
  )
}

const tick = (): void => {
  isTicking = false
  if (pair === undefined) return
  if (isRunning && !isDone()) {
    if (pace === 'full') {
      const start = performance.now()
      advance(piece)
      const took = Math.max(0.5, performance.now() - start)
      piece = Math.max(
        batchSize(),
        Math.min(20_000, Math.round((piece * Math.min(2, PIECE / took)) / 10) * 10),
      )
    } else {
      const now = performance.now()
      const wait = 1000 / Number(pace)
      // at most as many steps as a piece of full speed has: a machine that is too slow is not asked for more and more
      const steps = Math.min(100, Math.floor((now - due) / wait) + 1)
      if (now >= due) {
        for (let i = 0; i < steps; i++) advance(batchSize())
        due = Math.max(due + steps * wait, now - wait)
      }
    }
  }
  answerLook()
  keepTicking()
}

const keepTicking = (): void => {
  if (!isRunning || isDone() || isTicking) {
    if (isDone()) isRunning = false
    return
  }
  isTicking = true
  const wait = pace === 'full' ? 0 : due - performance.now()
  if (wait > 1) setTimeout(() => onCpu(tick), wait)
  else soon()
}

const step = (by: 'mini-batch' | 'epoch'): void => {
  isRunning = false
  if (by === 'mini-batch') advance(batchSize())
  else advance(undefined)
  answerLook()
}

/** What the network sees of a drawing: the picture in MNIST's form. */
const read = (of: number, picture: PagePicture): void => {
  const side = Math.sqrt(runs?.[0].config.sizes[0] ?? 784)
  const found = digitImage(picture.name, Number.isInteger(side) ? side : 28)(picture)
  if (E.isLeft(found)) {
    drawing = undefined
    scope.postMessage({
      kind: 'seen',
      of,
      refusal: { kind: 'error', file: picture.name, error: found.left },
    })
  } else {
    drawing = Float32Array.from(found.right.pixels, byte => byte / 256)
    scope.postMessage({ kind: 'seen', of, image: found.right.pixels })
  }
  isNew = true
  answerLook()
}

/** What a training from one of many seeds measures: only this is shown of it. */
const SEED_MONITORS = ['evaluationCost', 'evaluationAccuracy'] as const

/** The trainings from many seeds, one after the other; between two epochs the worker listens. */
const trainSeeds = ({ texts, count, run, data: given }: Extract<Order, { kind: 'seeds' }>): void => {
  const refuse = (error: AppError): void => scope.postMessage({ kind: 'refused', run, error })
  const decoded = decodeTexts(texts)
  if (E.isLeft(decoded)) {
    refuse(decoded.left)
    return
  }
  const data = sources(texts, given)
  const flags = [decoded.right.first, decoded.right.second] as const
  const interpreter = wasm()
  const labs: [NetworkLab?, NetworkLab?] = []
  let trial: Iterator<void, TrialResult, void> | undefined
  let at = 0
  const next = (): void => {
    const network = (at % 2) as 0 | 1
    const seed = flags[0].seed + (at >> 1)
    if (trial === undefined) {
      if (at === 2 * count) return
      const planned = planPageRun({ ...flags[network], seed, monitor: SEED_MONITORS }, data)
      if (E.isLeft(planned)) {
        refuse(planned.left)
        return
      }
      const lab = (labs[network] ??= openNetworkLab(interpreter, planned.right))
      trial = pageTrial(lab, planned.right, `${seed}-${network}`)
    }
    const done = trial.next()
    if (done.done === true) {
      scope.postMessage({ kind: 'seed', run, network, seed, result: done.value })
      trial = undefined
      at++
    }
    channel.port2.postMessage(undefined)
  }
  const channel = new MessageChannel()
  channel.port1.onmessage = () => onCpu(next)
  next()
}

/** How a saved network does on the test images. */
const openNetwork = ({ name, text }: Extract<Order, { kind: 'open' }>): void => {
  const model = decodeModel(name, text)
  const examples = runs?.[0].evaluation
  if (E.isLeft(model) || examples === undefined) {
    if (E.isLeft(model))
      scope.postMessage({ kind: 'unread', refusal: { kind: 'error', file: name, error: model.left } })
    return
  }
  const { sizes, layers } = model.right
  if (sizes[0] !== examples.inputs.width) {
    scope.postMessage({
      kind: 'unread',
      refusal: { kind: 'other-inputs', file: name, inputs: sizes[0], pixels: examples.inputs.width },
    })
    return
  }
  const interpreter = wasm()
  const outputs = outputActivations(
    interpreter,
    networkNamed(model.right),
    layers,
    examples.inputs,
    examples.size,
  )
  interpreter.dispose()
  const labels = labelsOf(examples.desired)
  const correct = largestOfRows(outputs, sizes.at(-1)!).filter((answer, i) => answer === labels[i]).length
  scope.postMessage({ kind: 'opened', name, correct, n: examples.size })
}

const obey = (order: Order): void => {
  switch (order.kind) {
    case 'begin':
      begin(order)
      break
    case 'pace':
      ;({ pace, isRunning } = order)
      due = performance.now()
      keepTicking()
      break
    case 'step':
      step(order.by)
      break
    case 'look':
      ;({ wanted } = order)
      // what came into view is new, although nothing has been trained
      if (parts.some(part => order.wanted[part] && !sent.has(part))) isNew = true
      answerLook()
      break
    case 'read':
      read(order.of, order.picture)
      break
    case 'save':
      scope.postMessage({ kind: 'saved', network: order.network, text: pair![order.network].saved() })
      break
    case 'open':
      openNetwork(order)
      break
    case 'seeds':
      trainSeeds(order)
  }
}

/** Makes this thread the worker of the page. */
export const startPageWorker = (): void => {
  registerPageBackend()
  port1.onmessage = () => onCpu(tick)
  scope.onmessage = ({ data }) => onCpu(() => obey(data))
}
