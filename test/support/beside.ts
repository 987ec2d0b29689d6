/**
 * An engine whose scans begin beside the caller as late as they may: when their result is waited for.
 */
import type { Interpreter } from '../../src/core/scan.ts'
import type { Tree } from '../../src/core/tree.ts'

export const beside = (engine: Interpreter): Interpreter => ({
  ...engine,
  scan: <S extends Tree, C extends Tree, X extends Tree>(f: (state: S, constants: C, x: X) => S) => {
    const run = engine.scan(f)
    return Object.assign((...args: Parameters<typeof run>) => run(...args), {
      begin:
        (...args: Parameters<typeof run>) =>
        () =>
          run(...args),
    })
  },
})
