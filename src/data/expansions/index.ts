/**
 * The expansions of a training set, by name. To add one, write its file and add its line here.
 */
import type { Expansion } from '../expansion.ts'
import { affine } from './affine.ts'
import { elastic } from './elastic.ts'
import { rotate } from './rotate.ts'
import { shift } from './shift.ts'

/** The expansions of a training set, by name. */
export const expansions = { shift, rotate, affine, elastic } as const satisfies Readonly<
  Record<string, Expansion>
>

/** The name of an expansion. */
export type ExpansionName = keyof typeof expansions
