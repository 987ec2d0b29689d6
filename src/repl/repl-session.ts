/**
 * What a session has: the public names of the library, a data set that is loaded at first use, plots and help.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { orThrow } from '../api/network2-error.ts'
import type { Dataset, Examples } from '../data/dataset.ts'
import type { AppError } from '../errors.ts'
import * as library from '../index.ts'
import { load, loadData, save } from '../runs/promises.ts'
import { helpLines } from './help-text.ts'
import { plotLines } from './plot.ts'

/** The names that a session has in addition to those of the library. */
export type SessionNames = {
  /** The examples to train on. The data set is loaded when it is first used: MNIST, or the one that --data names. */
  readonly training: Examples | undefined
  /** The examples to choose hyper-parameters by; undefined if the data set has none. */
  readonly validation: Examples | undefined
  /** The examples to report results on; undefined if the data set has none. */
  readonly test: Examples | undefined
  /** TensorFlow.js (@tensorflow/tfjs-core), which has its own documentation: https://js.tensorflow.org/api/latest/ */
  readonly tf: typeof tf
  /** Draws what it is given: the learning curves of epochs, the digit of an example, a prediction, or numbers. Examples: plot([...epochs]), plot(test, 3), plot(predict(net, test)[3]). */
  readonly plot: (what: unknown, index?: number) => void
  /** Explains a name of the library: help(sgd), or for a type help('SgdOptions'). help() lists the names. */
  readonly help: (name?: unknown) => void
}

/** The parts of the data set. */
const PARTS = ['training', 'validation', 'test'] as const

export type Session = {
  /** The names, and what each is; those of the data set are undefined until it is loaded. */
  readonly names: Readonly<Record<string, unknown>>
  /** Whether a line needs the data set before it can run. */
  readonly needsData: (line: string) => boolean
  /** The parts of the data set, which is loaded once; throws a Network2Error if it cannot be loaded. */
  readonly data: () => Promise<Pick<SessionNames, (typeof PARTS)[number]>>
}

/**
 * @param dataset loads the data set
 * @param onLoaded receives it
 * @param print prints a line
 * @param width the number of columns of the terminal
 * @param valueOf the present value of a name
 */
export const openSession = (
  dataset: TaskEither<AppError, Dataset>,
  onLoaded: (dataset: Dataset) => void,
  print: (line: string) => void,
  width: () => number,
  valueOf: (name: string) => unknown,
): Session => {
  const own: SessionNames = {
    training: undefined,
    validation: undefined,
    test: undefined,
    tf,
    plot: (what, index = 0) => plotLines(what, index, width()).forEach(print),
    help: (...asked) => helpLines(asked, nameOf, width()).forEach(print),
  }
  const names: Readonly<Record<string, unknown>> = { ...library, load, loadData, save, ...own }
  const nameOf = (value: unknown): string | undefined =>
    typeof value === 'object' || typeof value === 'function'
      ? Object.keys(names).find(name => (names[name] ?? valueOf(name)) === value)
      : undefined

  let loaded: Dataset | undefined
  const declared = new Set<string>()
  return {
    names,
    needsData: line => {
      for (const [, pattern = ''] of line.matchAll(DECLARATIONS))
        for (const word of wordsIn(pattern)) declared.add(word)
      return loaded === undefined && wordsIn(line).some(word => !declared.has(word))
    },
    data: async () => {
      if (loaded === undefined) {
        loaded = orThrow('data')(await dataset())
        onLoaded(loaded)
      }
      const { training, validation, test } = loaded
      return { training, validation, test }
    },
  }
}

/** The parts of the data set that a line names: not a property (`.test`) or a key (`test:`) of that name. */
const wordsIn = (line: string): readonly string[] =>
  PARTS.filter(part => new RegExp(`(?<!(?<!\\.)\\.)\\b${part}\\b(?!:)`).test(line))

/** The names that a line declares: these are no longer those of the session. */
const DECLARATIONS = /\b(?:const|let|var)\s*([^=;]*)/g

const IMPORT = /^\s*import\s*\{([^}]*)\}\s*from\s*(["'])network2(\/\w+)?\2\s*;?\s*$/

/** Whether a line only imports names that the session has. */
export const isKnownImport = (line: string, names: Readonly<Record<string, unknown>>): boolean => {
  const [, imported] = IMPORT.exec(line) ?? []
  return imported?.split(',').every(name => name.trim() === '' || name.trim() in names) ?? false
}
