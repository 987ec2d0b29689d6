/**
 * Which interpreter runs the steps. Two axes, kept apart: a backend is where TensorFlow.js computes, an engine is
 * how.
 */
import * as E from 'fp-ts/lib/Either.js'
import type * as RNEA from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import { sessions, type BackendName } from './backend.ts'
import { usage, type UsageError } from './errors.ts'
import { eager } from './interpreter/eager.ts'
import { orElse } from './interpreter/fallback.ts'
import type { EngineName, Interpreter } from './interpreter/index.ts'
import { xla } from './interpreter/xla/index.ts'

export type EngineChoice = EngineName | 'auto'

type Engine = readonly [name: EngineName, make: () => Interpreter]

const EAGER: Engine = ['eager', () => eager]

/** The engines that a backend has, the fastest first. */
export const engines = (backend: BackendName): RNEA.ReadonlyNonEmptyArray<Engine> => {
  const native = backend === 'native' ? sessions() : undefined
  return native === undefined ? [EAGER] : [['staged', () => xla(native)], EAGER]
}

/**
 * The interpreter of a pair of backend and engine, or what there is instead.
 *
 * `auto` is the fastest one; what it cannot compile is run eagerly instead.
 *
 * @param tell is given the sentence that says why, if that happens
 */
export const engineOf = (
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
        : orElse(make(), eager, reason =>
            tell(`training is slower, step by step (--engine eager): ${reason}`),
          ),
    )
  const found = there.find(([name]) => name === choice)
  return found === undefined
    ? E.left(
        usage(
          `--engine ${choice}: there is none for --backend ${backend}`,
          `the nearest is --backend ${backend} --engine ${fastest}`,
        ),
      )
    : E.right(found[1]())
}
