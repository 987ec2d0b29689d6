/**
 * Threads of JavaScript: the workers of Node or of a browser. Node's are looked for when they are needed, so that a
 * browser can load this file.
 */

/** A thread that runs a text of JavaScript. */
export type ScriptWorker = {
  readonly postMessage: (message: object) => void
  readonly terminate: () => unknown
}

type WebWorker = ScriptWorker & { onerror?: () => void }

declare const Worker: (new (url: string) => WebWorker) | undefined
declare const crossOriginIsolated: boolean | undefined

/** Node's worker threads, if this is Node 20.16 or later. */
const nodeWorkers = () => {
  if (typeof process === 'undefined') return undefined
  const { getBuiltinModule } = process as Partial<typeof process>
  return getBuiltinModule?.('node:worker_threads')
}

/** Whether workers start while the thread that made them waits. Those of browsers may need its event loop. */
export const startsWhileWaiting = (): boolean => nodeWorkers() !== undefined

/** Why no workers can share memory with this thread; undefined where they can. */
export const whyNoWorkers = (): string | undefined => {
  if (
    typeof SharedArrayBuffer === 'undefined' ||
    (typeof crossOriginIsolated === 'boolean' && !crossOriginIsolated)
  )
    return 'the page is not cross-origin isolated'
  if (nodeWorkers() === undefined && typeof Worker === 'undefined')
    return 'there are no workers, which need Node 20.16 or later, or a browser'
  try {
    // 0 is not 1: it returns at once, or throws
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1)
    return undefined
  } catch {
    return 'the thread of a page may not wait: use the engine in a Web Worker'
  }
}

/**
 * Starts a worker. It does not keep a process of Node from ending.
 *
 * @param script JavaScript that defines `receive`, which is given each message
 * @param onEnd is called when it ends, or fails to start
 */
export const startWorker = (script: string, onEnd: () => void): ScriptWorker => {
  const node = nodeWorkers()
  if (node !== undefined) {
    const text = `${script}\nrequire('node:worker_threads').parentPort.on('message', receive)`
    const worker = new node.Worker(text, { eval: true, execArgv: [] })
    worker.on('error', onEnd).on('exit', onEnd).unref()
    return worker
  }
  const url = URL.createObjectURL(new Blob([`${script}\nonmessage = ({ data }) => receive(data)`]))
  const worker = new Worker!(url)
  worker.onerror = onEnd
  return worker
}
