/**
 * `dispose` means the same for every engine: what is kept is released, and a scan compiles again when it is called.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { add, memory, scalar, setBackend, tensor1d, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eager } from '../../src/compiler/eager.ts'
import { withFallback } from '../../src/compiler/fallback.ts'
import { jit } from '../../src/compiler/jit.ts'
import { wasm } from '../../src/compiler/wasm/wasm.ts'
import { xla } from '../../src/compiler/xla/xla.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { using, withTensors } from '../../src/core/scope.ts'
import { sessions } from '../../src/runtime/backend.ts'
import { useBackend } from '../support/engines.ts'
import { native, need, type Need } from '../support/needs.ts'

if (!native.isMissing) await useBackend('native')
await setBackend('cpu')

/** The sessions of TensorFlow, counted while they are open. */
const counted = () => {
  const real = sessions()!
  const open = new Set<number>()
  return {
    open,
    sessions: {
      loadSavedModelMetaGraph: (folder: string, tags: string): number => {
        const session = real.loadSavedModelMetaGraph(folder, tags)
        open.add(session)
        return session
      },
      runSavedModel: real.runSavedModel.bind(real),
      deleteSavedModel: (session: number): void => {
        real.deleteSavedModel(session)
        open.delete(session)
      },
    },
  }
}

/** WebAssembly's memories, as long as nothing has freed them. */
const memories: WeakRef<object>[] = []
const W = (globalThis as unknown as { WebAssembly: { Memory: new (limits: object) => object } }).WebAssembly
const { Memory } = W
beforeEach(() => {
  memories.length = 0
  W.Memory = class extends Memory {
    constructor(limits: object) {
      super(limits)
      memories.push(new WeakRef(this))
    }
  }
})
afterEach(() => {
  W.Memory = Memory
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const memoriesInUse = async (): Promise<number> => {
  let inUse = memories.length
  // V8 may still be compiling a module, and holds it until then
  for (let round = 0; round < 20 && inUse > 0; round++) {
    // a WeakRef holds its object until the end of the task that read it
    await new Promise(setImmediate)
    collectGarbage()
    inUse = memories.filter(ref => ref.deref() !== undefined).length
  }
  return inUse
}

type Engine = { readonly engine: Interpreter; readonly inUse: () => number | Promise<number> }

const ofXla = (): Engine => {
  const { open, sessions: own } = counted()
  return { engine: xla(own), inUse: () => open.size }
}

const nothing = need(true, '')

/** Each engine, the backend it runs on, what that needs, and whether it compiles: eager does not. */
const ENGINES: readonly (readonly [string, backend: string, Need, compiles: number, () => Engine])[] = [
  ['eager', 'cpu', nothing, 0, () => ({ engine: eager, inUse: () => 0 })],
  ['wasm', 'cpu', nothing, 1, () => ({ engine: wasm(), inUse: memoriesInUse })],
  [
    'wasm, else eager',
    'cpu',
    nothing,
    1,
    () => ({ engine: withFallback(wasm(), eager, () => undefined), inUse: memoriesInUse }),
  ],
  ['xla', 'tensorflow', native, 1, ofXla],
]

for (const [name, backend, needs, compiles, make] of ENGINES)
  describe.skipIf(needs.isMissing)(name, needs.why, () => {
    beforeEach(async () => {
      await setBackend(backend)
    })
    afterEach(async () => {
      await setBackend('cpu')
    })

    it('holds nothing until a scan runs, releases it, and compiles again when it is called', async () => {
      const { engine, inUse } = make()
      const scan = engine.scan((s: Scalar, _c: [], x: Scalar) => add<Scalar>(s, x))
      const doubled = jit(engine)((x: Tensor1D) => add<Tensor1D>(x, x))
      const run = () =>
        withTensors(
          () => ({ s: scalar(5), xs: tensor1d([1, 2]) }),
          ({ s, xs }) => [
            using(scan(s, [], xs, [0, 2]), end => [...end.dataSync()]),
            using(doubled(xs), twice => [...twice.dataSync()]),
          ],
        )
      const held = 2 * compiles
      expect([(await inUse()) > 0, engine.compilations()]).toEqual([false, 0])
      const tensors = memory().numTensors
      for (const round of [1, 2, 3]) {
        expect(run()).toEqual([[8], [2, 4]])
        expect(run()).toEqual([[8], [2, 4]])
        expect(engine.compilations()).toBe(held * round)
        expect((await inUse()) > 0).toBe(compiles > 0)
        engine.dispose()
        expect(engine.compilations()).toBe(held * round)
        expect(await inUse()).toBe(0)
      }
      engine.dispose()
      expect(memory().numTensors).toBe(tensors)
    })
  })

describe.skipIf(native.isMissing)('xla', native.why, () => {
  it('closes the session of a step that does not compile, and does not count it', async () => {
    await setBackend('tensorflow')
    const { open, sessions: own } = counted()
    const broken = {
      ...own,
      runSavedModel: () => {
        throw new Error('XLA refuses')
      },
    }
    const engine = xla(broken)
    const scan = engine.scan((s: Scalar, _c: [], x: Scalar) => add<Scalar>(s, x))
    withTensors(
      () => ({ s: scalar(5), xs: tensor1d([1, 2]) }),
      ({ s, xs }) => expect(() => scan(s, [], xs, [0, 2])).toThrow('XLA refuses'),
    )
    expect([open.size, engine.compilations()]).toEqual([0, 0])
    await setBackend('cpu')
  })
})
