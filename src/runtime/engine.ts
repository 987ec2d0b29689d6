/**
 * Which interpreter runs the steps. Two axes, kept apart: a backend is where TensorFlow.js computes, an engine is
 * how.
 */
import * as E from 'fp-ts/lib/Either.js'
import type * as RNEA from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import { sessions, type BackendChoice, type BackendName } from './backend.ts'
import { usageError, type UsageError } from '../errors.ts'
import { eager } from '../compiler/eager.ts'
import { withFallback } from '../compiler/fallback.ts'
import type { EngineName, Interpreter } from '../core/scan.ts'
import { wasm } from '../compiler/wasm/wasm.ts'
import { xla } from '../compiler/xla/xla.ts'
import type { Sizes } from '../core/params.ts'

export type EngineChoice = EngineName | 'auto'

type Engine = readonly [name: EngineName, make: () => Interpreter]

const EAGER: Engine = ['eager', () => eager]

/** The engines that a backend has, the fastest first. */
export const engines = (backend: BackendName): RNEA.ReadonlyNonEmptyArray<Engine> => {
  if (backend === 'wasm') return [['staged', () => wasm()], EAGER]
  const native = backend === 'native' ? sessions() : undefined
  return native === undefined ? [EAGER] : [['staged', () => xla(native)], EAGER]
}

/** What decides which road is the faster one. */
export type Workload = {
  readonly sizes: Sizes
  /** The share of the inputs that are not zero. */
  readonly density: number
}

/** From here on XLA's dense products outrun those of WebAssembly, which skip the zeros of the inputs (`npm run bench`). */
const XLA_FROM = { weightsAboveTheFirstLayer: 20_000, density: 0.6 }

/**
 * The backend to take where the choice is left to us: staged in WebAssembly for small networks on sparse inputs, as
 * the book's are; else whatever TensorFlow.js is fastest on.
 */
export const selectBackend = (
  backend: BackendChoice,
  engine: EngineChoice,
  { sizes, density }: Workload,
): BackendChoice => {
  const [, ...above] = sizes
  const weights = above.slice(1).reduce((sum, outputs, l) => sum + outputs * above[l]!, 0)
  const small = weights <= XLA_FROM.weightsAboveTheFirstLayer && density <= XLA_FROM.density
  return backend === 'auto' && engine !== 'eager' && small ? 'wasm' : backend
}

/**
 * The interpreter of a pair of backend and engine, or what there is instead.
 *
 * `auto` is the fastest one; what it cannot compile is run eagerly instead.
 *
 * @param tell is given the sentence that says why, if that happens
 */
export const selectEngine = (
  choice: EngineChoice,
  backend: BackendName,
  tell: (line: string) => void,
): E.Either<UsageError, Interpreter> => {
  const there = engines(backend)
  const [[fastest, make]] = there
  if (choice === 'auto')
    return E.right(
      fastest === 'eager'
        ? eager
        : withFallback(make(), eager, reason =>
            tell(`training is slower, step by step (--engine eager): ${reason}`),
          ),
    )
  const found = there.find(([name]) => name === choice)
  return found === undefined
    ? E.left(
        usageError(
          `--engine ${choice}: there is none for --backend ${backend}`,
          `the nearest is --backend ${choice === 'staged' ? 'wasm --engine staged' : `${backend} --engine ${fastest}`}`,
        ),
      )
    : E.right(found[1]())
}
