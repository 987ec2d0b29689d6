/**
 * What the page and its worker tell each other: plain data.
 */
import type { Metrics } from '../../core/evaluate.ts'
import type { AppError } from '../../errors.ts'
import type { TrialResult } from '../../study/trial.ts'
import type { LinkTexts, Pace } from './page-link.ts'

/** An error of the program, which each language says in its words. */
export type Refused = Pick<AppError, 'message' | 'remedy' | 'reasons'>

/** Why a drawing or the reader's files cannot be used. */
export type FileRefusal =
  /** A decoder of the program refuses it. */
  | { readonly kind: 'error'; readonly file: string; readonly error: Refused }
  | {
      readonly kind: 'no-digit-in-name' | 'no-picture' | 'damaged' | 'unpaired' | 'other-size' | 'too-few'
      readonly file: string
    }
  | { readonly kind: 'unequal'; readonly file: string; readonly images: number; readonly labels: number }
  | { readonly kind: 'other-inputs'; readonly file: string; readonly inputs: number; readonly pixels: number }
  | { readonly kind: 'no-images' }

/** Grey images and which class each is. */
export type PageImages = { readonly pixels: Uint8Array; readonly labels: Uint8Array }

/** Data of the page's reader, or MNIST. */
export type PageData = {
  readonly name: string
  /** The word of `--data`. */
  readonly choice: string
  /** Pixels of an image. */
  readonly width: number
  readonly training: PageImages
  readonly test: PageImages
}

/** Which of the expensive pictures are on the screen. */
export type Wanted = { readonly weights: boolean; readonly slopes: boolean; readonly answers: boolean }

/** To the worker. */
export type Order =
  /** Begins a pair of trainings; without data, the digits are generated. */
  | {
      readonly kind: 'begin'
      readonly run: number
      readonly texts: LinkTexts
      readonly data?: PageData | undefined
    }
  | { readonly kind: 'pace'; readonly pace: Pace; readonly isRunning: boolean }
  /** Trains both networks on this many mini-batches, or to the end of the epoch. */
  | { readonly kind: 'step'; readonly by: 'mini-batch' | 'epoch' }
  /** Asks for a frame, as soon as there is something new. */
  | { readonly kind: 'look'; readonly wanted: Wanted }
  /** Asks what both networks read in a drawing or photograph, 0 black to 255 white; none: in the same one as before. */
  | { readonly kind: 'read'; readonly of: number; readonly picture: PagePicture }
  | { readonly kind: 'save'; readonly network: 0 | 1 }
  /** Reads a saved network, and evaluates it on the test set. */
  | { readonly kind: 'open'; readonly name: string; readonly text: string }
  /** Trains each network from this many seeds. */
  | {
      readonly kind: 'seeds'
      readonly run: number
      readonly texts: LinkTexts
      readonly count: number
      readonly data?: PageData | undefined
    }

export type PagePicture = {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
  readonly name: string
}

/** What the monitors measured. */
export type Measured = {
  /** Epochs since the start, with their fraction. */
  readonly at: number
  /** The learning rate of the epoch, after one. */
  readonly eta?: number
  readonly training?: Metrics | undefined
  readonly evaluation?: Metrics | undefined
}

export type Outcome = 'training' | 'finished' | 'diverged'

/** How σ'(z) is distributed in a layer: the share of the values in each of equal parts from 0 to its largest. */
export type SlopeHistogram = {
  readonly shares: readonly number[]
  readonly largest: number
  readonly median: number
}

/** A network at this moment. */
export type NetworkFrame = {
  /** Epochs, with their fraction. */
  readonly at: number
  readonly steps: number
  readonly outcome: Outcome
  /** What was measured since the last frame. */
  readonly measured: readonly Measured[]
  /** The weights of the first layer, [j_1, j_0], and how many neurons it has. */
  readonly weights?: { readonly w: Float32Array; readonly outputs: number } | undefined
  readonly slopes?: readonly SlopeHistogram[] | undefined
  /** For each test image the class that the network answers, and the two activations: of the answer, and of the label. */
  readonly answers?: { readonly answer: Uint8Array; readonly activations: Float32Array } | undefined
  /** The activations of the outputs for the drawing. */
  readonly reading?: readonly number[] | undefined
}

/** Both networks at this moment. */
export type PairFrame = readonly [NetworkFrame, NetworkFrame]

/** The final settings of a network. */
export type NetworkSettings = {
  readonly config: Readonly<Record<string, unknown>>
  readonly flags: string
  readonly cost: string
}

/** From the worker. */
export type Answer =
  | {
      readonly kind: 'begun'
      readonly run: number
      readonly settings: readonly [NetworkSettings, NetworkSettings]
      readonly data: {
        readonly name: string
        readonly training: number
        readonly width: number
        readonly test: PageImages
      }
    }
  | { readonly kind: 'frame'; readonly run: number; readonly frame: PairFrame; readonly isRunning: boolean }
  | { readonly kind: 'refused'; readonly run: number; readonly error: Refused }
  | { readonly kind: 'opened'; readonly name: string; readonly correct: number; readonly n: number }
  | { readonly kind: 'unread'; readonly refusal: FileRefusal }
  | {
      readonly kind: 'seen'
      /** Which picture of the drawing area it was. */
      readonly of: number
      readonly image?: Uint8Array
      readonly refusal?: FileRefusal
    }
  | { readonly kind: 'saved'; readonly network: 0 | 1; readonly text: string }
  | {
      readonly kind: 'seed'
      readonly run: number
      readonly network: 0 | 1
      readonly result: TrialResult
      readonly seed: number
    }
