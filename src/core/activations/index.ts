/**
 * The activation functions of hidden layers, by name. To add one, write its file and add its line here.
 */
import type { HiddenActivation } from '../activation.ts'
import { relu } from './relu.ts'
import { sigmoid } from './sigmoid.ts'
import { tanh } from './tanh.ts'

/** The activation functions of hidden layers, by name. */
export const activations = { sigmoid, tanh, relu } as const satisfies Readonly<
  Record<string, HiddenActivation>
>

/** The name of an activation function of hidden layers. */
export type ActivationName = keyof typeof activations
