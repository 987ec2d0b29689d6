/**
 * Which interpreter runs the steps. Two axes, kept apart: a backend is where TensorFlow.js computes, an engine is
 * how.
 */
import * as E from 'fp-ts/lib/Either.js'
import { sessions, type BackendName } from './backend.ts'
import { usage, type UsageError } from './errors.ts'
import { eager } from './interpreter/eager.ts'
import type { EngineName, Interpreter } from './interpreter/index.ts'
import { xla } from './interpreter/xla/index.ts'

export type EngineChoice = EngineName | 'auto'

/** The engines that a backend has, the fastest first. */
export const engines = (backend: BackendName): readonly (readonly [EngineName, () => Interpreter])[] => {
  const native = backend === 'native' ? sessions() : undefined
  return [...(native === undefined ? [] : [['staged', () => xla(native)] as const]), ['eager', () => eager]]
}

/** The interpreter of a pair of backend and engine, or what there is instead. */
export const engineOf = (choice: EngineChoice, backend: BackendName): E.Either<UsageError, Interpreter> => {
  const there = engines(backend)
  const found = there.find(([name]) => choice === 'auto' || name === choice)
  return found === undefined
    ? E.left(
        usage(
          `--engine ${choice}: there is none for --backend ${backend}`,
          `the nearest is --backend ${backend} --engine ${there[0]![0]}`,
        ),
      )
    : E.right(found[1]())
}
