/**
 * The state of the page, one value, and how each event changes it. Pure: what an event does outside of the page is in
 * page-main.ts.
 */
import type { TrialResult } from '../../study/trial.ts'
import type { Language, LinkTexts, Pace } from './page-link.ts'
import type {
  Answer,
  FileRefusal,
  Measured,
  NetworkFrame,
  NetworkSettings,
  PageData,
  PageImages,
  PairFrame,
  Refused,
} from './page-messages.ts'

/** The state of something for each of the two networks. */
export type Both<A> = readonly [A, A]

/** Why nothing is trained: the link or the settings cannot be used, or MNIST is not there. */
export type Trouble =
  { readonly kind: 'link' | 'settings'; readonly error: Refused } | { readonly kind: 'no-mnist' }

/** What is known of a network: its last frame, with the parts that were asked for last, and all that was measured. */
export type KnownNetwork = Omit<NetworkFrame, 'measured'> & { readonly measured: readonly Measured[] }

export type PairState = {
  /** Counts the trainings of this page: an answer to an older one is ignored. */
  readonly run: number
  readonly phase: 'preparing' | 'ready' | 'lost'
  readonly isRunning: boolean
  readonly settings?: Both<NetworkSettings>
  readonly data?: {
    readonly name: string
    readonly training: number
    readonly width: number
    readonly test: PageImages
  }
  readonly networks: Both<KnownNetwork>
  /** Images a second, of both networks together, while it runs at full speed. */
  readonly speed?: number | undefined
}

/** A cell of a confusion matrix. */
export type ConfusionCell = { readonly network: 0 | 1; readonly label: number; readonly answer: number }

/** How long the neuron learns. */
export const NEURON_EPOCHS = 300

/** The one neuron of the learning slowdown. */
export type NeuronState = {
  readonly w: number
  readonly b: number
  readonly eta: number
  /** The epoch that is shown. */
  readonly at: number
  readonly isRunning: boolean
  /** Whether the step of the book's script is shown too. */
  readonly isScript: boolean
}

/** A point of the drawing area, whose sides are 0 to 1. */
export type PenPoint = readonly [x: number, y: number]

/** The drawing area: its strokes, the pen of the keyboard, and what the networks see. */
export type DrawingState = {
  /** How many pictures were begun, each on an empty area: what was seen in an older one is ignored. */
  readonly begun: number
  readonly strokes: readonly (readonly PenPoint[])[]
  readonly isDown: boolean
  readonly pen?: { readonly at: PenPoint; readonly isDown: boolean } | undefined
  readonly image?: Uint8Array | undefined
  readonly refusal?: FileRefusal | undefined
}

/** The trainings from many seeds. */
export type SeedsState = {
  readonly run: number
  readonly isRunning: boolean
  readonly count: number
  readonly results: Both<readonly TrialResult[]>
}

export type PageState = {
  readonly seeds: SeedsState
  readonly isLoadingData: boolean
  /** Whether the table of the values is open; a closed one is not made. */
  readonly isTableOpen: boolean
  /** What became of a file that was opened. */
  readonly opened?:
    | { readonly name: string; readonly correct: number; readonly n: number }
    | { readonly refusal: FileRefusal }
    | undefined
  readonly drawing: DrawingState
  readonly neuron: NeuronState
  readonly language: Language
  readonly texts: LinkTexts
  /** Why the link or a setting cannot be used. */
  readonly trouble?: Trouble | undefined
  readonly pace: Pace
  readonly pair: PairState
  readonly cell?: ConfusionCell | undefined
  readonly isCopied: boolean
  /** The address of the page with all settings. */
  readonly address: string
  /** The address of the documentation, if the page lies in its site. */
  readonly documentation?: string | undefined
  /** Data other than the generated digits. */
  readonly data?: PageData | undefined
}

const NOTHING: KnownNetwork = { at: 0, steps: 0, outcome: 'training', measured: [] }

const freshPair = (run: number): PairState => ({
  run,
  phase: 'preparing',
  isRunning: false,
  networks: [NOTHING, NOTHING],
})

const freshSeeds = (run: number, count: number): SeedsState => ({
  run,
  count,
  isRunning: false,
  results: [[], []],
})

const seedCount = ({ page }: LinkTexts): number => Number(page.seeds ?? 20)

export const initialPageState = (
  language: Language,
  texts: LinkTexts,
  pace: Pace,
  address: string,
): PageState => ({
  address,
  language,
  texts,
  pace,
  neuron: { w: 2, b: 2, eta: 0.15, at: 0, isRunning: false, isScript: false },
  drawing: { begun: 1, strokes: [], isDown: false },
  seeds: freshSeeds(0, seedCount(texts)),
  isLoadingData: false,
  isTableOpen: false,
  pair: freshPair(1),
  isCopied: false,
})

export type PageEventOf =
  | { readonly kind: 'language'; readonly language: Language }
  /** The settings of a link, or of the controls. */
  | { readonly kind: 'texts'; readonly texts: LinkTexts; readonly address: string }
  | { readonly kind: 'trouble'; readonly trouble: Trouble | undefined }
  | { readonly kind: 'neuron'; readonly changes: Partial<NeuronState> }
  /** A frame of the screen while the neuron learns. */
  | { readonly kind: 'neuron-ticked' }
  | { readonly kind: 'pen-down'; readonly at: PenPoint }
  | { readonly kind: 'pen-moved'; readonly at: PenPoint }
  | { readonly kind: 'pen-up' }
  /** The pen of the keyboard: moved by this much, or put down and lifted. */
  | { readonly kind: 'pen-key'; readonly by: PenPoint | 'toggle' }
  | { readonly kind: 'undo' }
  | { readonly kind: 'clear' }
  | { readonly kind: 'table'; readonly isOpen: boolean }
  | { readonly kind: 'seeds-started' }
  | { readonly kind: 'seeds-stopped' }
  | { readonly kind: 'loading-data'; readonly isLoading: boolean }
  /** The reader's own data; undefined: those that the link names. */
  | { readonly kind: 'data'; readonly data: PageData | undefined }
  | { readonly kind: 'restart' }
  | { readonly kind: 'run'; readonly isRunning: boolean }
  | { readonly kind: 'stepped' }
  | { readonly kind: 'paced'; readonly pace: Pace }
  | { readonly kind: 'cell'; readonly cell: ConfusionCell | undefined }
  | { readonly kind: 'copied'; readonly isCopied: boolean }
  | { readonly kind: 'lost' }
  | { readonly kind: 'speed'; readonly speed: number }
  | { readonly kind: 'answer'; readonly answer: Answer }

export const nextPageState = (state: PageState, event: PageEventOf): PageState => {
  switch (event.kind) {
    case 'language':
      return { ...state, language: event.language }
    case 'texts':
      return retold(state, event.texts, event.address)
    case 'trouble':
      return { ...state, trouble: event.trouble }
    case 'neuron':
      return { ...state, neuron: { ...state.neuron, ...event.changes } }
    case 'neuron-ticked':
      return { ...state, neuron: ticked(state.neuron) }
    case 'pen-down':
    case 'pen-moved':
    case 'pen-up':
    case 'pen-key':
    case 'undo':
    case 'clear':
      return { ...state, drawing: drawn(state.drawing, event) }
    case 'table':
      return { ...state, isTableOpen: event.isOpen }
    case 'seeds-started':
      return { ...state, seeds: { ...freshSeeds(state.seeds.run + 1, state.seeds.count), isRunning: true } }
    case 'seeds-stopped':
      return { ...state, seeds: { ...state.seeds, isRunning: false, run: state.seeds.run + 1 } }
    case 'loading-data':
      return { ...state, isLoadingData: event.isLoading }
    case 'data':
      return { ...state, data: event.data }
    case 'restart':
      return restarted(state)
    case 'run':
      return withPair(state, { isRunning: event.isRunning })
    case 'stepped':
      return withPair(state, { isRunning: false })
    case 'paced':
      return { ...state, pace: event.pace }
    case 'cell':
      return { ...state, cell: event.cell }
    case 'copied':
      return { ...state, isCopied: event.isCopied }
    case 'lost':
      return withPair(state, { phase: 'lost', isRunning: false })
    case 'speed':
      return withPair(state, { speed: event.speed })
    case 'answer':
      return answered(state, event.answer)
  }
}

/** The state with other settings; what concerns the page alone does not start a training again. */
const retold = (state: PageState, texts: LinkTexts, address: string): PageState => {
  const changed = { ...state, texts, address, isCopied: false, trouble: undefined }
  const { first, second } = state.texts
  const isSame = texts.first === first && texts.second === second
  const count = seedCount(texts)
  return isSame
    ? count === state.seeds.count
      ? changed
      : { ...changed, seeds: freshSeeds(state.seeds.run + 1, count) }
    : restarted({ ...changed, seeds: freshSeeds(state.seeds.run + 1, count) })
}

type DrawingEvent = Extract<
  PageEventOf,
  { readonly kind: 'pen-down' | 'pen-moved' | 'pen-up' | 'pen-key' | 'undo' | 'clear' }
>

const drawn = (drawing: DrawingState, event: DrawingEvent): DrawingState => {
  const { strokes, pen = { at: [0.5, 0.5] as const, isDown: false } } = drawing
  switch (event.kind) {
    case 'pen-down':
      return { ...drawing, isDown: true, pen: undefined, strokes: [...strokes, [event.at]] }
    case 'pen-moved':
      return drawing.isDown ? { ...drawing, strokes: longer(strokes, event.at) } : drawing
    case 'pen-up':
      return drawing.isDown ? { ...drawing, isDown: false } : drawing
    case 'undo':
      return shorter(drawing, strokes.slice(0, -1))
    case 'clear':
      return shorter(drawing, [])
    case 'pen-key': {
      if (event.by === 'toggle')
        return pen.isDown
          ? { ...drawing, pen: { ...pen, isDown: false } }
          : { ...drawing, pen: { ...pen, isDown: true }, strokes: [...strokes, [pen.at]] }
      const within = (value: number): number => Math.min(1, Math.max(0, value))
      const at: PenPoint = [within(pen.at[0] + event.by[0]), within(pen.at[1] + event.by[1])]
      return { ...drawing, pen: { ...pen, at }, strokes: pen.isDown ? longer(strokes, at) : strokes }
    }
  }
}

/** The strokes with one more point at the end of the last. */
const longer = (strokes: DrawingState['strokes'], at: PenPoint): DrawingState['strokes'] => [
  ...strokes.slice(0, -1),
  [...(strokes.at(-1) ?? []), at],
]

/** A drawing without some strokes; an empty one shows nothing to the networks. */
const shorter = (drawing: DrawingState, strokes: DrawingState['strokes']): DrawingState => ({
  begun: drawing.begun + (strokes.length > 0 ? 0 : 1),
  strokes,
  isDown: false,
  pen: drawing.pen && { ...drawing.pen, isDown: false },
  ...(strokes.length > 0 && { image: drawing.image, refusal: drawing.refusal }),
})

/** One epoch later. */
const ticked = (neuron: NeuronState): NeuronState => {
  const at = Math.min(NEURON_EPOCHS, neuron.at + 1)
  return { ...neuron, at, isRunning: neuron.isRunning && at < NEURON_EPOCHS }
}

const withPair = (state: PageState, changes: Partial<PairState>): PageState => ({
  ...state,
  pair: { ...state.pair, ...changes },
})

/** A network without what was measured; its pictures stay until the next ones come. */
const emptied = ({ weights, slopes, answers }: KnownNetwork): KnownNetwork => ({
  ...NOTHING,
  weights,
  slopes,
  answers,
})

const restarted = (state: PageState): PageState => {
  const { run, settings, data, networks } = state.pair
  return {
    ...state,
    cell: undefined,
    // the page keeps its form while the next training is prepared
    pair: {
      ...freshPair(run + 1),
      ...(settings && { settings }),
      ...(data && { data }),
      networks: [emptied(networks[0]), emptied(networks[1])],
    },
  }
}

const answered = (state: PageState, answer: Answer): PageState => {
  if (answer.kind === 'seed') return withSeed(state, answer)
  if ('run' in answer && answer.run !== state.pair.run) return state
  switch (answer.kind) {
    case 'begun':
      return withPair(state, { phase: 'ready', settings: answer.settings, data: answer.data })
    case 'frame':
      return withPair(state, {
        networks: withFrame(state.pair.networks, answer.frame),
        isRunning: answer.isRunning,
      })
    case 'refused':
      return { ...state, trouble: { kind: 'settings', error: answer.error } }
    case 'seen':
      if (answer.of !== state.drawing.begun) return state
      return { ...state, drawing: { ...state.drawing, image: answer.image, refusal: answer.refusal } }
    case 'opened':
    case 'unread':
      return { ...state, opened: answer }
    case 'saved':
      return state
  }
}

const withSeed = (
  state: PageState,
  { run, network, result }: Extract<Answer, { kind: 'seed' }>,
): PageState => {
  const { seeds } = state
  if (run !== seeds.run) return state
  const [first, second] = seeds.results
  const results: SeedsState['results'] =
    network === 0 ? [[...first, result], second] : [first, [...second, result]]
  return {
    ...state,
    seeds: { ...seeds, results, isRunning: results[0].length + results[1].length < 2 * seeds.count },
  }
}

const withFrame = (known: Both<KnownNetwork>, frame: PairFrame): Both<KnownNetwork> => [
  merged(known[0], frame[0]),
  merged(known[1], frame[1]),
]

/** The newest of everything; measurements are added. */
const merged = (known: KnownNetwork, frame: NetworkFrame): KnownNetwork => ({
  ...frame,
  weights: frame.weights ?? known.weights,
  slopes: frame.slopes ?? known.slopes,
  answers: frame.answers ?? known.answers,
  measured: frame.measured.length === 0 ? known.measured : [...known.measured, ...frame.measured],
})
