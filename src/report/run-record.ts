/**
 * The data of a run that its report shows.
 */
import type { LayerValues } from '../core/params.ts'
import type { NamedValues } from '../core/tree-values.ts'
import type { ExpandedSamples } from '../runs/expanded-samples.ts'
import type { Predictions } from '../runs/predictions.ts'

/** The mean cost of a set of n examples, and how many of them were classified correctly. */
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

/** The predictions at the end of the run on a set, such as "test". */
export type PartAnswers = Predictions & { readonly part: string }

export type RunState = 'finished' | 'interrupted' | 'diverged' | 'running'

export type RunRecord = {
  /** The name of its folder. */
  readonly name: string
  readonly state: RunState
  /** How it ended, in one sentence. */
  readonly sentence: string
  /** The command line that reproduces it. */
  readonly command: string
  readonly config: Readonly<Record<string, unknown>>
  /** Versions, backend, engine and machine. */
  readonly env: Readonly<Record<string, unknown>>
  readonly history: readonly EpochRecord[]
  /** The epoch of the highest evaluation accuracy. */
  readonly best: number | undefined
  /** The network at the end. */
  readonly layers: readonly LayerValues[] | undefined
  /** What the optimizer remembers at the end; empty if nothing. */
  readonly optimizer?: readonly NamedValues[]
  readonly answers: PartAnswers | undefined
  /** Samples of an expanded training set. */
  readonly expanded?: ExpandedSamples | undefined
}

/** The name of a run's data; its setting, where an older folder does not have the name. */
export const dataOf = ({ env, config }: RunRecord): string => {
  const name = env.data ?? config.data
  return typeof name === 'string' ? name : 'unnamed data'
}

/** The states in words. */
export const runStateLabels: Readonly<Record<RunState, string>> = {
  finished: 'Finished',
  interrupted: 'Interrupted',
  diverged: 'Diverged',
  running: 'Still running',
}

/** The fraction of correct predictions, 0 to 1. */
export const accuracy = ({ correct, n }: MetricsRecord): number => correct / n
