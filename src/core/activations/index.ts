/**
 * The activation functions of hidden layers, by name. To add one, write its file and add its line here.
 */
import type { HiddenActivation } from '../activation.ts'
import { sigmoid } from './sigmoid.ts'

export const activations = { sigmoid } as const satisfies Readonly<Record<string, HiddenActivation>>

export type ActivationName = keyof typeof activations
