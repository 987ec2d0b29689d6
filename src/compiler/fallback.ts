/**
 * An interpreter that falls back to another one for what it cannot compile.
 */
import { CompileError, type Beginning, type Interpreter } from '../core/scan.ts'

/**
 * Runs with `first`. Once it meets a function that it cannot compile, everything runs with `second`.
 *
 * @param onFallback receives the reason, once
 */
export const withFallback = (
  first: Interpreter,
  second: Interpreter,
  onFallback: (reason: string) => void,
): Interpreter => {
  let fellBack = false
  const guarded =
    <A extends readonly unknown[], R>(fast: (...args: A) => R, safe: (...args: A) => R) =>
    (...args: A): R => {
      if (fellBack) return safe(...args)
      try {
        return fast(...args)
      } catch (error) {
        if (!(error instanceof CompileError)) throw error
        fellBack = true
        onFallback(error.message)
        return safe(...args)
      }
    }
  const guardedScan = <A extends readonly unknown[], R>(
    fast: Beginning<A, R>,
    safe: Beginning<A, R>,
  ): Beginning<A, R> =>
    Object.assign(guarded(fast, safe), {
      begin:
        fast.begin &&
        guarded(fast.begin, (...args) => {
          const result = safe(...args)
          return () => result
        }),
    })
  return {
    get name() {
      return fellBack ? second.name : first.name
    },
    scan: f => guardedScan(first.scan(f), second.scan(f)),
    stackedScan: f => guardedScan(first.stackedScan(f), second.stackedScan(f)),
    compilations: () => first.compilations() + second.compilations(),
    dispose: () => {
      first.dispose()
      second.dispose()
    },
  }
}
