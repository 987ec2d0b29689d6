/**
 * What training and evaluation need: the data, a backend and an interpreter.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import { loadBackend, preloadBackend, type Backend, type BackendChoice } from '../runtime/backend.ts'
import { density, type Dataset } from '../data/dataset.ts'
import { loadChosenData } from '../data/load.ts'
import {
  hasOwnThreads,
  selectBackend,
  selectEngine,
  threadsFor,
  type EngineChoice,
  type ThreadsChoice,
} from '../runtime/engine.ts'
import { dataError, interrupted, type AppError } from '../errors.ts'
import type { Interpreter } from '../core/scan.ts'
import type { Sizes } from '../core/params.ts'
import { decodeModel, type ModelFile } from '../io/model.ts'
import { exists, isFolder, readText } from '../io/read.ts'
import { noProgressBar, type Env } from '../io/env.ts'

export type Resources = {
  readonly dataset: Dataset
  readonly backend: Backend
  readonly interpreter: Interpreter
}

export type Request = {
  readonly data: string
  readonly backend: BackendChoice
  readonly engine: EngineChoice
  readonly threads?: ThreadsChoice | undefined
  /** How many epochs are trained, on how many examples: none, and all of the training set, if they are left out. */
  readonly epochs?: number | undefined
  readonly trainSize?: number | undefined
  /** Small, if it is left out. */
  readonly miniBatchSize?: number | undefined
  /** The sizes of the network for a data set. */
  readonly sizesFor: (dataset: Dataset) => Sizes
}

/** Loads the data, and then the backend and engine for the data and the network. */
export const loadResources = (
  { data, sizesFor, ...choice }: Request,
  env: Env,
): TE.TaskEither<AppError, Resources> =>
  pipe(
    loadDataset(data, env),
    // another thread unpacks the files
    TE.apFirst(TE.fromTask(preloadBackend(choice.backend))),
    TE.flatMap(dataset =>
      pipe(
        loadEngine(choice, sizesFor(dataset), dataset, env, choice.threads === undefined),
        TE.map(machine => ({ dataset, ...machine })),
      ),
    ),
    TE.tapIO(({ backend: { notice } }) => () => {
      if (notice !== undefined) env.log(`network2: ${notice}`)
    }),
  )

/**
 * The backend and engine that were asked for, or those that are fastest for this network and data.
 *
 * @param beside whether monitors may run on another core: not where other processes use the cores
 */
export const loadEngine = (
  {
    backend: wanted,
    engine,
    threads: choice,
    epochs = 0,
    trainSize,
    miniBatchSize = 1,
  }: Omit<Request, 'data' | 'sizesFor'>,
  sizes: Sizes,
  { training }: Dataset,
  env: Env,
  beside = false,
): TE.TaskEither<AppError, Omit<Resources, 'dataset'>> => {
  const threads = threadsFor(choice, engine)
  const workload = {
    ...{ sizes, miniBatchSize },
    density: density(training.inputs),
    images: epochs * (trainSize ?? training.size),
  }
  return pipe(
    loadBackend(selectBackend(wanted, engine, workload), threads),
    TE.bindTo('backend'),
    TE.bindW('interpreter', ({ backend }) =>
      TE.fromEither(
        selectEngine(engine, backend.name, line => env.log(`network2: ${line}`), threads, workload, beside),
      ),
    ),
    TE.map(({ backend, interpreter }) => ({
      // the threads of these engines are their own
      backend: hasOwnThreads(interpreter.name) ? { ...backend, threads: threads ?? 1 } : backend,
      interpreter,
    })),
  )
}

/** The data set that `--data` names; shows the progress of downloads. */
export const loadDataset = (choice: string, env: Env): TE.TaskEither<AppError, Dataset> => {
  const bar = env.bar ?? noProgressBar
  return pipe(
    loadChosenData({
      choice,
      env: env.variables,
      signal: env.abortSignal,
      onNotice: line => {
        bar.clear()
        env.log(line)
      },
      onProgress: ({ what, done, of }) => bar.update(of > 0 ? done / of : 0, what, ''),
    }),
    TE.tapIO(() => () => bar.clear()),
    TE.tapError(() => TE.fromIO(bar.clear)),
    TE.mapLeft((error): AppError => {
      const by = env.stopReason()
      return by === undefined
        ? error
        : interrupted(by, 'stopped before the data was loaded', 'run the same command again')
    }),
  )
}

/** In bytes: the longest string of Node has about 2^29 characters. */
const LARGEST_MODEL = 2 ** 29 - 2 ** 10

/** Reads a saved network, or the network of a finished run from its folder. */
export const readModel = (path: string): TE.TaskEither<AppError, ModelFile> =>
  pipe(
    readModelText(path),
    TE.flatMapEither(({ file, text }) => decodeModel(file, text)),
  )

/** The text of a saved network, and the file that it is in. */
export const readModelText = (
  path: string,
): TE.TaskEither<AppError, { readonly file: string; readonly text: string }> =>
  pipe(
    modelPath(path),
    TE.bindTo('file'),
    TE.bindW('text', ({ file }) => readText(file, 'a network that was saved with --save', LARGEST_MODEL)),
  )

const modelPath = (path: string): TE.TaskEither<AppError, string> => {
  const inFolder = join(path, 'model.json')
  return pipe(
    isFolder(path),
    TE.flatMap(folder =>
      folder
        ? pipe(
            exists(inFolder),
            TE.filterOrElse(
              there => there,
              () =>
                dataError(
                  `${path}: this folder has no model.json, which a run writes when it ends`,
                  'give the folder of a run that has ended, or a FILE.json',
                ),
            ),
            TE.map(() => inFolder),
          )
        : TE.right(path),
    ),
  )
}
