/**
 * The linear output layer.
 */
import type { Activation } from '../activation.ts'

/** Linear outputs: the weighted input itself, as in the problem of (68). */
export const linear: Activation = {
  name: 'linear',
  equation: 'a = z',
  fn: z => z,
}
