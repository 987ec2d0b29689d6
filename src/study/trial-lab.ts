/**
 * What the trials of a process share: an engine with the steps that it has compiled, and the sets that lie in its memory. A
 * study has thousands of short trials, which would take longer to prepare than to train.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Batch } from '../core/network.ts'
import type { Sizes } from '../core/params.ts'
import { networkNamed, partsNamed, type PartNames } from '../core/parts.ts'
import { dispose } from '../core/scope.ts'
import { prepareTraining, type PreparedTraining } from '../core/train.ts'
import { toBatch } from '../data/batch.ts'
import type { Dataset, Examples } from '../data/dataset.ts'
import { answersOf, type Answers } from '../data/output-activations.ts'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { loadEngine, type Request, type Resources } from '../runs/resources.ts'

/** The step and the monitors of a network, and what it answers: all are compiled once. */
export type LabNetwork = PreparedTraining & { readonly answers: Answers }

/** An engine for one data set and networks of the same sizes, and what it keeps. */
export type TrialLab = Omit<Resources, 'dataset'> & {
  readonly networkOf: (names: PartNames) => LabNetwork
  /** The batch of a part of the data set, which stays the lab's. */
  readonly batchOf: (examples: Examples) => Batch
  readonly close: () => void
}

const numbersOf = ({ inputs }: Examples): Uint8Array | Float32Array =>
  inputs.kind === 'bytes' ? inputs.bytes : inputs.floats

const isSame = (one: Uint8Array | Float32Array, other: Uint8Array | Float32Array): boolean =>
  one.buffer === other.buffer && one.byteOffset === other.byteOffset && one.length === other.length

const openLab = (machine: Omit<Resources, 'dataset'>, sizes: Sizes): TrialLab => {
  const { interpreter } = machine
  const networks = new Map<string, LabNetwork>()
  const batches: { readonly numbers: Uint8Array | Float32Array; readonly batch: Batch }[] = []
  return {
    ...machine,
    networkOf: ({ cost, activation, regularizer, optimizer }) => {
      const name = [cost, activation, regularizer, optimizer].join()
      const names = { cost, activation, regularizer, optimizer }
      const known = networks.get(name) ?? {
        ...prepareTraining(interpreter, partsNamed(names)),
        answers: answersOf(interpreter, networkNamed(names)),
      }
      networks.set(name, known)
      return known
    },
    batchOf: examples => {
      const numbers = numbersOf(examples)
      const known = batches.find(one => isSame(one.numbers, numbers))
      if (known !== undefined) return known.batch
      const batch = toBatch(examples, sizes.at(-1)!)
      batches.push({ numbers, batch })
      return batch
    },
    close: () => {
      dispose(batches.map(({ batch }) => batch))
      interpreter.dispose()
    },
  }
}

/** The number of compilations after which another engine is opened: an engine keeps each compiled program in its memory. */
const MOST_COMPILED = 100

/** An engine is chosen for a study, which has this many epochs or more, and not for one of its trials. */
export const STUDY_EPOCHS = 100

type Choice = Pick<Request, 'backend' | 'engine' | 'threads'>

export type TrialLabs = {
  /** Finds the lab of a choice of engine, data and sizes, or opens it and closes the one before. */
  readonly find: (choice: Choice, sizes: Sizes, dataset: Dataset) => TE.TaskEither<AppError, TrialLab>
  readonly close: () => void
}

/** The labs of a process, one at a time. */
export const trialLabs = (env: Env): TrialLabs => {
  type Open = {
    readonly key: string
    readonly dataset: Dataset
    readonly lab: TrialLab
    readonly engine: string
  }
  let open: Open | undefined
  /** An engine that fell back to another one stays with that, and the next trial must not. */
  const isFresh = ({ lab: { interpreter }, engine }: Open): boolean =>
    interpreter.name === engine && interpreter.compilations() < MOST_COMPILED
  const find: TrialLabs['find'] = ({ backend, engine, threads }, sizes, dataset) => {
    const key = JSON.stringify([backend, engine, threads, sizes])
    if (open?.key === key && open.dataset === dataset && isFresh(open)) return TE.right(open.lab)
    return pipe(
      loadEngine({ backend, engine, threads, epochs: STUDY_EPOCHS }, sizes, dataset, env),
      TE.tapIO(({ backend: { notice } }) => () => {
        if (notice !== undefined) env.log(`network2: ${notice}`)
      }),
      TE.map(machine => {
        open?.lab.close()
        open = { key, dataset, lab: openLab(machine, sizes), engine: machine.interpreter.name }
        return open.lab
      }),
    )
  }
  return { find, close: () => open?.lab.close() }
}
