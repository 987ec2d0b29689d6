/**
 * For which networks and data an engine is chosen: WebAssembly, C in its place, or XLA (`npm run bench -- engines:` measures them).
 */
import type { Sizes } from '../core/params.ts'

/** What the speed of an engine depends on. */
export type Workload = {
  readonly sizes: Sizes
  /** The share of the inputs that are not zero. */
  readonly density: number
  /** How many images are trained on, each as often as there are epochs. */
  readonly images: number
  /** How many of them a step trains on. */
  readonly miniBatchSize: number
}

/** Above either limit XLA is faster than WebAssembly, which skips inputs that are zero. */
const LIMITS = { weightsAboveTheFirstLayer: 20_000, density: 0.6 }

/** From this mini-batch size on, XLA is faster than C too, if the inputs are dense. */
const LARGE_BATCH = 500

const weightsOf = (sizes: readonly number[]): number =>
  sizes.slice(1).reduce((sum, outputs, l) => sum + outputs * sizes[l]!, 0)

/** Whether WebAssembly is the fastest engine on every machine; where it is not, a machine with XLA chooses that. */
export const suitsWasm = ({ sizes: [, ...above], density }: Pick<Workload, 'sizes' | 'density'>): boolean =>
  weightsOf(above) <= LIMITS.weightsAboveTheFirstLayer && density <= LIMITS.density

/** Whether XLA is faster than the C engine, where both are there. */
export const suitsXla = ({ density, miniBatchSize }: Pick<Workload, 'density' | 'miniBatchSize'>): boolean =>
  density > LIMITS.density && miniBatchSize >= LARGE_BATCH

/**
 * The least number of weights times images for which C is chosen. Compiling the steps and the monitors of a training takes 0.8 s; an
 * epoch of [784, 30, 10] has 1.2e9 weights times images, and takes 0.07 s less in C.
 */
const WORTH_C = 1.4e10

/** Whether the C engine takes less time than the WebAssembly engine, even when it compiles for the first time. */
export const suitsC = ({ sizes, images }: Pick<Workload, 'sizes' | 'images'>): boolean =>
  images * weightsOf(sizes) >= WORTH_C
