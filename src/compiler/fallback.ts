/**
 * An interpreter that tries another one first, and is as good as its word when that cannot be.
 */
import { CompileError, type Interpreter } from '../core/scan.ts'

/**
 * Runs with `first`; what it cannot compile runs with `second`, and so does everything after that.
 *
 * @param tell is given the reason, once
 */
export const withFallback = (
  first: Interpreter,
  second: Interpreter,
  tell: (reason: string) => void,
): Interpreter => {
  let given = false
  return {
    get name() {
      return given ? second.name : first.name
    },
    scan: f => {
      const [fast, safe] = [first.scan(f), second.scan(f)]
      return (...args) => {
        if (given) return safe(...args)
        try {
          return fast(...args)
        } catch (error) {
          if (!(error instanceof CompileError)) throw error
          given = true
          tell(error.message)
          return safe(...args)
        }
      }
    },
    compilations: () => first.compilations() + second.compilations(),
    dispose: () => {
      first.dispose()
      second.dispose()
    },
  }
}
