/**
 * A thread that makes the images of an expanded training set, while the main thread trains.
 *
 * It loads no TensorFlow, whose native library does not survive a second thread. `serveExpansion` runs in the thread,
 * which scripts/expand-images.mjs starts; `expansionThread` is the main thread's side.
 */
import * as E from 'fp-ts/lib/Either.js'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { root } from '#scripts/package'
import { expandedImages, type ExpansionPlan } from '../data/expand.ts'

/** What the thread is started with. */
type ThreadData = { readonly plan: ExpansionPlan; readonly images: Uint8Array }

type ThreadMessage = { readonly epoch: number; readonly expanded: Uint8Array<ArrayBuffer> }

/** Answers each epoch number with the images of that epoch. */
export const serveExpansion = (): void => {
  const { plan, images } = workerData as ThreadData
  parentPort?.on('message', (epoch: number) => {
    const expanded = expandedImages(plan, images, epoch)
    parentPort?.postMessage({ epoch, expanded } satisfies ThreadMessage, [expanded.buffer])
  })
}

export type ExpansionThread = {
  /** The images of an epoch; why there are none, if the thread has ended. */
  readonly expanded: (epoch: number) => Promise<E.Either<string, Uint8Array>>
  readonly close: () => void
}

/** The module that the thread runs. */
const entryOf = (): URL => pathToFileURL(join(root, 'scripts', 'expand-images.mjs'))

/** Starts a thread. It ends when it is closed, and with the process. */
export const expansionThread = (
  plan: ExpansionPlan,
  images: Uint8Array,
  entry: URL = entryOf(),
): ExpansionThread => {
  // the thread gets a copy of its own: a Buffer, or a view, is a part of a buffer that others use
  const own = new Uint8Array(images)
  const worker = new Worker(entry, {
    workerData: { plan, images: own } satisfies ThreadData,
    transferList: [own.buffer],
  })
  const waiting = new Map<number, (images: E.Either<string, Uint8Array>) => void>()
  let ended: string | undefined
  const end = (why: string): void => {
    ended ??= why
    for (const settle of waiting.values()) settle(E.left(ended))
    waiting.clear()
  }
  worker.on('message', ({ epoch, expanded }: ThreadMessage) => {
    waiting.get(epoch)?.(E.right(expanded))
    waiting.delete(epoch)
  })
  worker.on('error', error => end(error instanceof Error ? error.message : String(error)))
  worker.on('exit', code => end(`exit code ${code}`))
  return {
    expanded: epoch =>
      new Promise(settle => {
        if (ended !== undefined) {
          settle(E.left(ended))
          return
        }
        waiting.set(epoch, settle)
        worker.postMessage(epoch)
      }),
    close: () => void worker.terminate(),
  }
}
