/**
 * For which networks and data the WebAssembly engine is chosen.
 */
import type { Sizes } from '../core/params.ts'

/** What the speed of an engine depends on. */
export type Workload = {
  readonly sizes: Sizes
  /** The share of the inputs that are not zero. */
  readonly density: number
}

/** Above either limit XLA is faster than WebAssembly, which skips inputs that are zero (`npm run bench`). */
const LIMITS = { weightsAboveTheFirstLayer: 20_000, density: 0.6 }

/** Whether WebAssembly is the fastest engine on every machine; where it is not, a machine with XLA chooses that. */
export const suitsWasm = ({ sizes: [, ...above], density }: Workload): boolean => {
  const weights = above.slice(1).reduce((sum, outputs, l) => sum + outputs * above[l]!, 0)
  return weights <= LIMITS.weightsAboveTheFirstLayer && density <= LIMITS.density
}
