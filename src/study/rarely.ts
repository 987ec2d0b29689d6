/**
 * Work that may take long, and is worth a limited share of the time.
 */
import type { Env } from '../io/env.ts'

/** @returns does the work, unless that would take more than a twentieth of the time */
export const rarely = ({ now }: Pick<Env, 'now'>, work: () => void): (() => void) => {
  let next = -Infinity
  return () => {
    const began = now()
    if (began < next) return
    work()
    next = now() + 20 * (now() - began)
  }
}
