/**
 * Workers that run their shares of the steps beside the thread of the engine. Between runs they wait for a message,
 * which takes no processor time; within a run they wait for each other in `barrier.ts`.
 */
import { STOPPED, TEAM_WORDS } from './barrier.ts'
import type { Memory } from './memory.ts'
import { startsWhileWaiting, startWorker, type ScriptWorker } from './workers.ts'

/** The positions of the words among the integers of the memory. */
const [ARRIVED, WHY, DONE] = [TEAM_WORDS.arrived / 4, TEAM_WORDS.stopped / 4, TEAM_WORDS.done / 4]

/** What a worker does: it makes an instance of each module, and runs it when it is told to. */
const SCRIPT = `
let memory, words, name
const runs = []
const receive = message => {
  try {
    if (message.memory) {
      ({ memory, name } = message)
      words = new Int32Array(memory.buffer)
    } else if (message.module)
      runs.push(new WebAssembly.Instance(message.module, { host: { memory } }).exports[name])
    else runs[message.program](...message.args)
  } catch (error) {
    const why = error instanceof WebAssembly.RuntimeError ? ${STOPPED.byTrap} : ${STOPPED.byLoss}
    Atomics.compareExchange(words, ${WHY}, 0, why)
  }
  Atomics.add(words, ${DONE}, 1)
  Atomics.notify(words, ${DONE})
}`

/** How long workers have to answer, in milliseconds: longer than any system takes to start them. */
const PATIENCE = 60_000

export type Team = {
  /** Gives the workers a module; returns the number by which they know it. */
  readonly add: (module: object) => number
  /** Whether the workers can run: in a browser they start while the caller goes on. */
  readonly isReady: () => boolean
  /**
   * Runs a module on all threads.
   *
   * @param args what each thread calls its function with
   * @param own calls that of this thread
   */
  readonly run: (program: number, args: readonly number[], own: () => void) => void
  readonly close: () => void
}

/**
 * Starts the workers.
 *
 * @param onLoss is called once if they cannot be started, or end
 */
export const openTeam = ({ memory, threads }: Memory, onLoss: () => void): Team => {
  const words = new Int32Array(memory.buffer)
  const workers: ScriptWorker[] = []
  let isOpen = true
  const close = (): void => {
    isOpen = false
    for (const worker of workers) void worker.terminate()
  }
  const lose = (): void => {
    if (!isOpen) return
    close()
    onLoss()
  }
  let sent = 0
  const post = (message: (worker: number) => object): void => {
    workers.forEach((worker, i) => worker.postMessage(message(i)))
    sent++
  }
  /** Whether the workers have dealt with all messages, or do so within a time in milliseconds. */
  const haveDone = (time: number): boolean => {
    for (;;) {
      const done = Atomics.load(words, DONE)
      if (done === sent * workers.length) return true
      if (Atomics.wait(words, DONE, done, time) === 'timed-out') return false
    }
  }
  try {
    while (workers.length < threads - 1) workers.push(startWorker(SCRIPT, lose))
    post(worker => ({ memory, name: `run${worker + 1}` }))
  } catch {
    lose()
  }
  let programs = 0
  return {
    add: module => {
      post(() => ({ module }))
      return programs++
    },
    isReady: () => {
      if (isOpen && startsWhileWaiting() && !haveDone(PATIENCE)) lose()
      return isOpen && haveDone(0)
    },
    run: (program, args, own) => {
      post(() => ({ program, args }))
      let failure: Error | undefined
      try {
        own()
      } catch (error) {
        failure = error as Error
        Atomics.compareExchange(words, WHY, 0, STOPPED.byTrap)
      }
      if (!haveDone(PATIENCE) || Atomics.load(words, WHY) === STOPPED.byLoss) {
        lose()
        throw new Error(
          'a thread of the WebAssembly engine does not answer; further steps run on one thread',
          { cause: failure },
        )
      }
      Atomics.store(words, WHY, 0)
      Atomics.store(words, ARRIVED, 0)
      if (failure !== undefined) throw failure
    },
    close,
  }
}
