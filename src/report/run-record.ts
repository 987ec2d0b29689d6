/**
 * What a report is made from: a run as plain data.
 */
import type { LayerValues } from '../core/params.ts'
import type { Predictions } from '../runs/predictions.ts'

/** The mean cost of a set of n examples, and how many of them were answered rightly. */
export type MetricsRecord = { readonly cost: number; readonly correct: number; readonly n: number }

export type EpochRecord = {
  readonly report: {
    readonly epoch: number
    readonly training?: MetricsRecord
    readonly evaluation?: MetricsRecord
  }
  /** Seconds of training, without the monitors. */
  readonly seconds: number
  /** Seconds of the monitors. */
  readonly observing: number
}

/** What the network answered at the end of the run on a set, such as "test". */
export type PartAnswers = Predictions & { readonly part: string }

export type RunState = 'finished' | 'interrupted' | 'diverged' | 'running'

export type RunRecord = {
  /** The name of its folder. */
  readonly name: string
  readonly state: RunState
  /** How it ended, in a line. */
  readonly sentence: string
  /** The command line that makes it again. */
  readonly command: string
  readonly config: Readonly<Record<string, unknown>>
  /** What it ran on. */
  readonly env: Readonly<Record<string, unknown>>
  readonly history: readonly EpochRecord[]
  /** The epoch of the highest evaluation accuracy. */
  readonly best: number | undefined
  /** The network as it ended. */
  readonly layers: readonly LayerValues[] | undefined
  readonly answers: PartAnswers | undefined
}

/** The states as a reader meets them. */
export const runStateLabels: Readonly<Record<RunState, string>> = {
  finished: 'Finished',
  interrupted: 'Interrupted',
  diverged: 'Diverged',
  running: 'Still running',
}

/** The share of right answers, 0 to 1. */
export const accuracy = ({ correct, n }: MetricsRecord): number => correct / n
