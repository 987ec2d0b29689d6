/**
 * The regularizers, by name. To add one, write its file and add its line here.
 */
import type { Regularizer } from '../regularizer.ts'
import { l1 } from './l1.ts'
import { l2 } from './l2.ts'

/** The regularizers, by name. */
export const regularizers = { l2, l1 } as const satisfies Readonly<Record<string, Regularizer>>

/** The name of a regularizer. */
export type RegularizerName = keyof typeof regularizers
