/**
 * TensorFlow's sessions, as far as the XLA engine needs them. The native backend of TensorFlow.js has them.
 */
import type { Tensor } from '@tensorflow/tfjs-core'

export type Sessions = {
  /**
   * Loads the SavedModel of a folder.
   *
   * @param tags which of its graphs
   * @returns the number of the session
   */
  readonly loadSavedModelMetaGraph: (folder: string, tags: string) => number
  /** Runs a session: feeds the inputs by name, and returns the outputs by name. */
  readonly runSavedModel: (
    session: number,
    inputs: readonly Tensor[],
    names: readonly { readonly name: string }[],
    outputs: readonly string[],
  ) => Tensor[]
  readonly deleteSavedModel: (session: number) => void
}
