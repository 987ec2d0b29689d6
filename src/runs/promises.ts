/**
 * Data sets and saved networks for programs: functions that return promises, and throw the library's error.
 */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { shownValue } from '../api/arguments.ts'
import type { CompleteDataset } from '../api/examples.ts'
import { netOfText, serialize, type ModelOptions, type Net } from '../api/net.ts'
import { Network2Error, orThrow } from '../api/network2-error.ts'
import type { Dataset } from '../data/dataset.ts'
import { dataIdentity } from '../data/fingerprint.ts'
import { loadChosenData } from '../data/load.ts'
import type { LoadProgress } from '../data/progress.ts'
import type { AppError } from '../errors.ts'
import { xla } from '../compiler/xla/xla.ts'
import type { Interpreter } from '../core/scan.ts'
import { writeText } from '../io/write.ts'
import { loadBackend, registerCpu, sessions } from '../runtime/backend.ts'
import { readModelText } from './resources.ts'

/** How to load data. */
export type LoadDataOptions = {
  /** Receives each line that a user should see, such as that MNIST could not be downloaded; `console.warn`. */
  readonly onNotice?: (line: string) => void
  /** Receives how much of a download, or of another long operation, is done. */
  readonly onProgress?: (progress: LoadProgress) => void
  /** Stops a long operation, with an error. */
  readonly signal?: AbortSignal
}

/** The value of the work; what is done with it computes on the plain JavaScript backend. */
const settled = async <A>(where: string, work: TaskEither<AppError, A>): Promise<A> => {
  await registerCpu()
  return orThrow(where)(await work())
}

/** The choices whose data sets have all three parts. */
type Complete = 'auto' | 'mnist' | 'digits'

/**
 * The data set that a name or a path stands for, as for `network2 train --data`.
 *
 * @param choice `mnist`: from $MNIST_DIR, or from data/mnist in the current folder, into which it is downloaded;
 *               `digits`: generated ones; `auto`, which is the default: MNIST, or generated digits if MNIST is not available; or the
 *               path of a folder of IDX files or of pictures, or of a JSON, CSV or pickle file
 * @throws Network2Error for data that are missing, damaged or of another kind
 * @example
 * ```ts
 * import { loadData } from 'network2/node'
 *
 * const { name, training, test } = await loadData('mnist')
 * console.log(name, training.size, test.size) // MNIST 50000 10000
 * ```
 */
export function loadData(choice?: Complete, options?: LoadDataOptions): Promise<CompleteDataset>
/** The data set of a path: it may have no validation or no test set. */
export function loadData(choice: string, options?: LoadDataOptions): Promise<Dataset>
export function loadData(choice: unknown = 'auto', options: LoadDataOptions = {}): Promise<Dataset> {
  if (typeof choice !== 'string' || choice === '')
    return Promise.reject(
      new Network2Error(
        'usage',
        'loadData, choice',
        `is ${shownValue(choice)}`,
        "give 'mnist', 'digits', or a path",
      ),
    )
  return settled(
    'loadData',
    loadChosenData({
      choice,
      env: process.env,
      onNotice: options.onNotice ?? (line => console.warn(line)),
      onProgress: options.onProgress ?? (() => undefined),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    }),
  )
}

/** The options of {@link save}. */
export type SaveOptions = {
  /** The data set that the network was trained on, whose name and fingerprint become part of the file. */
  readonly trainedOn?: Dataset
}

/**
 * Saves a network to a file, in the format of network2.py. The file is complete or not there.
 *
 * @throws Network2Error for what is not a network, and for a file that cannot be written
 * @example
 * ```ts
 * import { network } from 'network2'
 * import { load, save } from 'network2/node'
 *
 * await save(network([784, 30, 10]), 'net.json')
 * console.log((await load('net.json')).sizes) // [ 784, 30, 10 ]
 * ```
 */
export const save = async (net: Net, file: string, { trainedOn }: SaveOptions = {}): Promise<void> => {
  const text = serialize(net, trainedOn === undefined ? undefined : dataIdentity(trainedOn))
  await settled('save', writeText(file, text))
}

/**
 * The network in a file that `save`, `network2 train --save` or network2.py wrote, or in the folder of a run.
 *
 * @throws Network2Error for a file that is missing, or is not a network
 */
export const load = async (file: string, options: ModelOptions = {}): Promise<Net> => {
  const found = await settled('load', readModelText(file))
  return netOfText('load', found.file, found.text, options)
}

/**
 * The engine of TensorFlow's own library (XLA), whose backend becomes the current one: for `jit`, `scan` and `fit`.
 *
 * @returns an engine for the whole process; call its `dispose` when you need it no more
 * @throws Network2Error that says how to install the library, where it is missing
 */
export const xlaEngine = async (): Promise<Interpreter> => {
  await settled('xlaEngine', loadBackend('native'))
  return xla(sessions()!)
}
