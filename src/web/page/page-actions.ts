/**
 * What the controls of the page do.
 */
import type { Language, PagePart } from './page-link.ts'
import type { ConfusionCell, NeuronState } from './page-state.ts'

export type PageActions = {
  readonly language: (language: Language) => void
  readonly run: (isRunning: boolean) => void
  readonly step: (by: 'mini-batch' | 'epoch') => void
  readonly neuron: (changes: Partial<NeuronState>) => void
  readonly penDown: (event: PointerEvent) => void
  readonly penMove: (event: PointerEvent) => void
  readonly penUp: () => void
  readonly penKey: (event: KeyboardEvent) => void
  readonly undo: () => void
  readonly clear: () => void
  /** Opens files that the reader chose or dropped: a photo to read, or data and networks. */
  readonly openFiles: (files: FileList | null, as: 'photo' | 'data') => void
  readonly openTable: (isOpen: boolean) => void
  readonly runSeeds: () => void
  readonly stopSeeds: () => void
  /** Chooses data that a link can name. */
  readonly useData: (choice: 'digits' | 'mnist') => void
  readonly restart: () => void
  readonly pace: (pace: string) => void
  /** Changes a setting of both networks, or of the second alone. */
  readonly set: (place: 'first' | 'second' | 'page', flag: string, text: string | boolean | undefined) => void
  readonly reset: () => void
  readonly saveModel: (network: 0 | 1) => void
  readonly saveMetrics: () => void
  readonly saveCurves: () => void
  readonly copy: (text: string) => void
  /** Goes to a part of the page, without a change of the link. */
  readonly goTo: (event: Event, part: PagePart) => void
  readonly cell: (cell: ConfusionCell | undefined) => void
}
