/**
 * A page whose worker has a WebAssembly engine with two threads. It shows what the products of ones are, what the engine
 * said, once a second thread has run a step or cannot; the thread of the page itself shows the same of an engine of its own.
 */
import '@tensorflow/tfjs-backend-cpu'
import { matMul, ones, type Rank, type Tensor2D } from '@tensorflow/tfjs-core'
import { jit, wasm } from '../../src/compiler/index.ts'
import { using, withTensors } from '../../src/core/scope.ts'

type Port = { postMessage: (message: object) => void; onmessage: (event: { data: unknown }) => void }
type Scope = Port & {
  document?: { body: { textContent: string }; currentScript: { src: string } }
  Worker: new (url: string) => Port
}
const scope = globalThis as unknown as Scope
const { document, Worker } = scope

const notices: string[] = []
const engine = wasm({ threads: 2, onNotice: line => notices.push(line) })
const square = jit(engine)((x: Tensor2D) => matMul(x, x))
const product = (): readonly number[] =>
  withTensors(
    () => ones<Rank.R2>([100, 100]),
    x => using(square(x), numbers => [...new Set(numbers.dataSync())]),
  )

if (document !== undefined) {
  const own = { product: product(), notices }
  new Worker(document.currentScript.src).onmessage = ({ data }) => {
    document.body.textContent = `result ${JSON.stringify({ page: own, worker: data })} end`
  }
} else {
  let hasRun = false
  scope.Worker = class extends Worker {
    constructor(url: string) {
      super(url)
      const post = this.postMessage.bind(this)
      this.postMessage = message => {
        hasRun ||= 'program' in message
        post(message)
      }
    }
  }
  const first = product()
  const goOn = (): void => {
    const last = product()
    if (hasRun || notices.length > 0) scope.postMessage({ first, last, notices })
    // the second thread starts when this one is idle
    else setTimeout(goOn)
  }
  goOn()
}
