import { engine, gather, matMul, setBackend, tensor1d, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { byteTensor, scaledBytesOf } from '../../src/core/byte-tensor.ts'
import { crossEntropy } from '../../src/core/costs/cross-entropy.ts'
import type { Batch } from '../../src/core/network.ts'
import { fromParams, initialValues, toParams } from '../../src/core/params.ts'
import { fold, key, normalNumbers, permutation } from '../../src/core/rng.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { dispose, using, withTensors } from '../../src/core/scope.ts'
import { train } from '../../src/core/train.ts'
import { trace } from '../../src/compiler/trace.ts'
import { interpreterOf, pairs, useBackend } from '../support/engines.ts'

const BYTES = Uint8Array.of(0, 1, 255, 128, 0, 7)

const numbersOf = (make: () => Tensor2D): readonly number[] =>
  withTensors(make, tensor => [...tensor.dataSync()])

afterEach(async () => {
  vi.restoreAllMocks()
  await setBackend('cpu')
})

describe('a byte tensor', () => {
  it('has the numbers byte / divisor, in float32', async () => {
    const tensor = byteTensor(BYTES, [2, 3], 256)
    expect(tensor.dtype).toBe('float32')
    const numbers = [0, 1 / 256, 255 / 256, 0.5, 0, 7 / 256]
    expect([...tensor.dataSync()]).toEqual(numbers)
    expect([...(await tensor.data())]).toEqual(numbers)
    expect(scaledBytesOf(tensor)?.bytes).toBe(BYTES)
    tensor.dispose()
    expect(scaledBytesOf(tensor)).toBeUndefined()
  })

  it('is refused where the bytes do not fill the shape', () =>
    expect(() => byteTensor(BYTES, [2, 4], 1)).toThrow('6 bytes for a tensor of the shape [2,4]'))

  it('is no byte tensor once a backend computes with it', () => {
    const x = byteTensor(BYTES, [2, 3], 1)
    expect(numbersOf(() => matMul(x, tensor2d([1, 10, 100], [3, 1])))).toEqual([25510, 828])
    expect(scaledBytesOf(x)).toBeUndefined()
    expect([...x.dataSync()]).toEqual([...BYTES])
    x.dispose()
  })

  it('can be in a function that is traced, whatever computes with it', () => {
    const x = byteTensor(BYTES, [2, 3], 1)
    const { nodes } = trace((x: Tensor2D) => matMul(x, x, false, true), [['x', x]])
    expect(nodes.map(({ kernel }) => kernel)).toEqual(['BatchMatMul'])
    x.dispose()
  })
})

const N = 60
const WIDTH = 9

/** Numbers of which some are zero, and labels, as bytes and as floats. */
const pixels = Uint8Array.from(normalNumbers(key(5), N * WIDTH), x => (x < 0 ? 0 : 100 * x))
const labels = Uint8Array.from({ length: N * 3 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1 : 0))
const asBytes = (): Batch => ({ x: byteTensor(pixels, [N, WIDTH], 256), y: byteTensor(labels, [N, 3], 1) })
const asFloats = (): Batch => ({
  x: tensor2d(
    Float32Array.from(pixels, byte => byte / 256),
    [N, WIDTH],
  ),
  y: tensor2d(Float32Array.from(labels), [N, 3]),
})

/** The parameters and the metrics after two epochs. */
const trained = (interpreter: Interpreter, set: Batch): readonly unknown[] => {
  const settings = {
    cost: crossEntropy,
    epochs: 2,
    miniBatchSize: 7,
    eta: 0.5,
    lmbda: 0.1,
    order: (epoch: number) => permutation(fold(key(1), epoch), N),
  }
  const params = toParams(initialValues('default', key(2), [WIDTH, 4, 3]))
  const training = train(interpreter, settings, { training: set, observed: { training: set } }, { params })
  const seen: unknown[] = []
  let next = training.next()
  for (; !next.done; next = training.next()) if (next.value.kind === 'epoch') seen.push(next.value.metrics)
  const values = using(next.value, ({ params }) => fromParams(params).map(({ w, b }) => [[...w], [...b]]))
  dispose(params)
  return [values, seen]
}

for (const pair of pairs)
  describe.skipIf(pair.needs.isMissing)(`${pair.backend}, ${pair.engine}`, pair.needs.why, () => {
    it('trains on bytes with the same bits as on floats', async () => {
      const interpreter = await interpreterOf(pair)
      const [bytes, floats] = [asBytes(), asFloats()]
      expect(trained(interpreter, bytes)).toEqual(trained(interpreter, floats))
      dispose([bytes, floats])
      interpreter.dispose()
    })

    // XLA is given the whole set as float32
    if (pair.engine !== 'xla')
      it('never makes floats of the whole set', async () => {
        const interpreter = await interpreterOf(pair)
        const set = asBytes()
        const [read, move] = [vi.spyOn(engine(), 'readSync'), vi.spyOn(engine(), 'moveData')]
        trained(interpreter, set)
        for (const { dataId } of [set.x, set.y]) {
          expect(read.mock.calls.some(([id]) => id === dataId)).toBe(false)
          expect(move.mock.calls.some(([, id]) => id === dataId)).toBe(false)
          expect(scaledBytesOf({ dataId })).toBeDefined()
        }
        dispose(set)
        interpreter.dispose()
      })

    it('gathers rows of bytes as it does of floats', async () => {
      await useBackend(pair.backend)
      const [bytes, floats] = [asBytes(), asFloats()]
      const rows = (from: Tensor2D) => numbersOf(() => gather(from, tensor1d([3, 0, 59, 3], 'int32')))
      expect(rows(bytes.x)).toEqual(rows(floats.x))
      const columns = (from: Tensor2D) => numbersOf(() => gather(from, tensor1d([8, 0], 'int32'), 1))
      expect(() => numbersOf(() => gather(bytes.x, tensor1d([60], 'int32')))).toThrow(
        'gather: row 60 of a tensor with 60 rows',
      )
      expect(columns(bytes.x)).toEqual(columns(floats.x))
      dispose([bytes, floats])
    })
  })
