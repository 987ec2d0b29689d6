/**
 * The activation functions of hidden layers, by name. To add one, write its file and add its line here.
 */
import type { HiddenActivation } from '../activation.ts'
import { sigmoid } from './sigmoid.ts'

/** The activation functions of hidden layers, by name. */
export const activations = { sigmoid } as const satisfies Readonly<Record<string, HiddenActivation>>

/** The name of an activation function of hidden layers. */
export type ActivationName = keyof typeof activations
