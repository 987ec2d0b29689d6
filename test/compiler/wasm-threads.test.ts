/**
 * The threads of the WebAssembly engine: what becomes of them, and of the steps where there are none. That they give the
 * bytes of one thread is in `c/same-bytes.test.ts`.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import workerThreads, { type Worker } from 'node:worker_threads'
import { matMul, ones, type Rank, type Tensor2D } from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jit } from '../../src/compiler/jit.ts'
import { barrierFunction, STOPPED, TEAM_WORDS } from '../../src/compiler/wasm/barrier.ts'
import { assemble } from '../../src/compiler/wasm/assembler.ts'
import { WASM_VECTORS } from '../../src/compiler/wasm/instructions.ts'
import { newMemory } from '../../src/compiler/wasm/memory.ts'
import { wasm } from '../../src/compiler/wasm/wasm.ts'
import { webAssembly } from '../../src/compiler/wasm/webassembly.ts'
import { using, withTensors } from '../../src/core/scope.ts'
import { builtFile } from '../support/built.ts'

/** The workers that were started, and the memories that were opened. */
const workers: Worker[] = []
const memories: { readonly shared?: boolean }[] = []
const { Worker: NodeWorker } = workerThreads
const W = (globalThis as unknown as { WebAssembly: { Memory: new (limits: object) => object } }).WebAssembly
const { Memory } = W
beforeEach(() => {
  workers.length = memories.length = 0
  workerThreads.Worker = class extends NodeWorker {
    constructor(...given: ConstructorParameters<typeof NodeWorker>) {
      super(...given)
      workers.push(this)
    }
  }
  W.Memory = class extends Memory {
    constructor(limits: object) {
      super(limits)
      memories.push(limits)
    }
  }
})
afterEach(() => {
  workerThreads.Worker = NodeWorker
  W.Memory = Memory
})

/** An engine, a product that is worth two threads, and what the engine says. */
const open = (threads?: number) => {
  const [notices, used]: [string[], number[]] = [[], []]
  const engine = wasm({
    ...(threads === undefined ? {} : { threads }),
    onNotice: line => notices.push(line),
    onCompile: listing => used.push(listing.threads),
  })
  const square = jit(engine)((x: Tensor2D) => matMul(x, x))
  /** How often each number is in the product of ones: each is the sum of 100. */
  const run = (): readonly number[] =>
    withTensors(
      () => ones<Rank.R2>([100, 100]),
      x => using(square(x), product => [...new Set(product.dataSync())]),
    )
  return { engine, run, notices, used }
}

const WANTED = [100]

it('one thread has a memory of its own, and no worker', () => {
  const { engine, run, used } = open()
  expect(run()).toEqual(WANTED)
  expect([used, workers.length, memories.map(({ shared }) => shared)]).toEqual([[1], 0, [undefined]])
  engine.dispose()
})

it('a worker for each further thread, which ends when the engine is disposed of', async () => {
  const { engine, run, used, notices } = open(3)
  expect(run()).toEqual(WANTED)
  expect([used, workers.length, memories.map(({ shared }) => shared)]).toEqual([[3], 2, [true]])
  const ended = workers.map(worker => once(worker, 'exit'))
  engine.dispose()
  await Promise.all(ended)
  expect(notices).toEqual([])
})

it('where a worker ends, one thread goes on, and a line says so', async () => {
  const { engine, run, notices } = open(2)
  expect(run()).toEqual(WANTED)
  await workers[0]!.terminate()
  expect(run()).toEqual(WANTED)
  expect(run()).toEqual(WANTED)
  expect(notices).toEqual(['one thread runs the steps, not 2: a worker has ended, or did not start'])
  engine.dispose()
})

it('where no worker starts, one thread runs the steps, and a line says so', () => {
  workerThreads.Worker = class extends NodeWorker {
    constructor() {
      super('', { eval: true, env: 1 as unknown as NodeJS.ProcessEnv })
    }
  }
  const { engine, run, notices } = open(2)
  expect(run()).toEqual(WANTED)
  expect(notices).toEqual(['one thread runs the steps, not 2: a worker has ended, or did not start'])
  engine.dispose()
})

describe('without workers', () => {
  const getBuiltinModule = process.getBuiltinModule.bind(process)
  const scope = globalThis as { crossOriginIsolated?: boolean }
  afterEach(() => {
    process.getBuiltinModule = getBuiltinModule
    delete scope.crossOriginIsolated
  })

  it.each([
    ['there are no workers', () => Object.assign(process, { getBuiltinModule: undefined })],
    ['the page is not cross-origin isolated', () => Object.assign(scope, { crossOriginIsolated: false })],
  ])('one thread runs the steps: %s', (why, prepare) => {
    const { engine, run, notices, used } = open(2)
    prepare()
    expect(run()).toEqual(WANTED)
    expect([notices.length, notices[0]]).toEqual([1, expect.stringContaining(`not 2: ${why}`)])
    expect([used, memories.map(({ shared }) => shared)]).toEqual([[1], [undefined]])
    engine.dispose()
  })
})

it('a thread that no other joins stops by itself', () => {
  const { Instance, Module, RuntimeError } = webAssembly()
  const { memory, ints } = newMemory(WASM_VECTORS, 2)
  const module = new Module(assemble([{ ...barrierFunction(2, 3), name: 'run' }], 2))
  expect(() => new Instance(module, { host: { memory } }).exports.run()).toThrow(RuntimeError)
  expect(ints()[TEAM_WORDS.stopped / 4]).toBe(STOPPED.byLoss)
})

it('a program ends though its engine was not disposed of', () => {
  const program = `
    import { matMul, ones } from '@tensorflow/tfjs-core'
    import '@tensorflow/tfjs-backend-cpu'
    import { jit, wasm } from ${JSON.stringify(builtFile('src/compiler/index.ts'))}
    const listings = []
    const product = jit(wasm({ threads: 2, onCompile: ({ threads }) => listings.push(threads) }))(x => matMul(x, x))
    console.log(product(ones([100, 100])).dataSync()[0], ...listings)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  expect([stdout, status]).toEqual(['100 2\n', 0])
})
