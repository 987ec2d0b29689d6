import { tensor2d } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { byteTensor } from '../../src/core/byte-tensor.ts'
import { key, normal } from '../../src/core/rng.ts'
import { dispose } from '../../src/core/scope.ts'
import { newGatherSources } from '../../src/compiler/wasm/gather-sources.ts'
import { newMemory } from '../../src/compiler/wasm/memory.ts'

it('bytes have the same place in memory as the floats that they stand for, sparse or dense', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 11 }),
      fc.constantFrom(1, 3, 256),
      fc.uint8Array({ minLength: 66, maxLength: 66 }),
      fc.uint8Array({ minLength: 66, maxLength: 66, max: 1 }),
      (rows, columns, divisor, numbers, lit) => {
        // a view that is not aligned
        const all = Uint8Array.from([9, ...numbers.map((byte, i) => byte * lit[i]!)])
        const bytes = all.subarray(1, 1 + rows * columns)
        const placed = [
          byteTensor(bytes, [rows, columns], divisor),
          tensor2d(
            Float32Array.from(bytes, byte => byte / divisor),
            [rows, columns],
          ),
        ].map(tensor => {
          const memory = newMemory()
          const [source] = newGatherSources(memory)([tensor])
          dispose(tensor)
          return { source, words: [...memory.ints()] }
        })
        expect(placed[0]).toEqual(placed[1])
      },
    ),
  )
})

it('a new set takes the place of one that was disposed of', () => {
  const memory = newMemory()
  const sourcesOf = newGatherSources(memory)
  const [rows, columns] = [1000, 100]
  const bytes = Uint8Array.from(normal(key(3), rows * columns), x => (x < 0 ? 0 : 100 * x))
  const sizes = Array.from({ length: 5 }, () => {
    const set = byteTensor(bytes, [rows, columns], 256)
    const [source] = sourcesOf([set])
    expect(sourcesOf([set])[0]).toBe(source)
    dispose(set)
    return memory.memory.buffer.byteLength
  })
  expect(new Set(sizes)).toEqual(new Set([sizes[0]]))
})
