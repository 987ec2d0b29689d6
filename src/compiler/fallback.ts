/**
 * An interpreter that falls back to another one for what it cannot compile.
 */
import { CompileError, type Interpreter } from '../core/scan.ts'

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
  return {
    get name() {
      return fellBack ? second.name : first.name
    },
    scan: f => guarded(first.scan(f), second.scan(f)),
    stackedScan: f => guarded(first.stackedScan(f), second.stackedScan(f)),
    compilations: () => first.compilations() + second.compilations(),
    dispose: () => {
      first.dispose()
      second.dispose()
    },
  }
}
