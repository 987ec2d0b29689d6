import { cast, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { byteTensor } from '../../src/core/byte-tensor.ts'
import { key, normalNumbers } from '../../src/core/rng.ts'
import { dispose } from '../../src/core/scope.ts'
import { newGatherSources, type GatherSource } from '../../src/compiler/wasm/gather-sources.ts'
import { WASM_VECTORS } from '../../src/compiler/wasm/instructions.ts'
import { newMemory } from '../../src/compiler/wasm/memory.ts'

/** The words of each row: entries of a column and a number, if the source is sparse. */
const rowsAt = (words: Int32Array, { form, address }: GatherSource, rows: number, columns: number) =>
  Array.from({ length: rows }, (_, row) => {
    const [at, pitch] = [address / 4 + row, Math.ceil(columns / 4) * 4]
    return form === 'sparse'
      ? [...words.subarray(words[at]! / 4, words[at + 1]! / 4)]
      : [...words.subarray(address / 4 + row * pitch, address / 4 + (row + 1) * pitch)]
  })

it('the rows of bytes are those of the floats that they stand for, sparse or dense', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(1, 3, 256),
      fc.uint8Array({ minLength: 240, maxLength: 240 }),
      fc.uint8Array({ minLength: 240, maxLength: 240, max: 1 }),
      (rows, columns, divisor, numbers, lit) => {
        // a view that is not aligned
        const all = Uint8Array.from([9, ...numbers.map((byte, i) => byte * lit[i]!)])
        const bytes = all.subarray(1, 1 + rows * columns)
        const [found, wanted] = [
          byteTensor(bytes, [rows, columns], divisor),
          tensor2d(
            Float32Array.from(bytes, byte => byte / divisor),
            [rows, columns],
          ),
        ].map(tensor => {
          const memory = newMemory(WASM_VECTORS)
          const [source] = newGatherSources(memory)([tensor])
          dispose(tensor)
          return { form: source!.form, rows: rowsAt(memory.ints(), source!, rows, columns) }
        })
        expect(found).toEqual(wanted)
      },
    ),
  )
})

it('the rows of whole numbers that were cast are those of floats', () => {
  const ones = tensor2d([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0], [2, 6], 'int32')
  const floats = tensor2d(Float32Array.from(ones.dataSync()), [2, 6])
  const rowsOf = (tensor: Tensor2D): number[][] => {
    const memory = newMemory(WASM_VECTORS)
    const [source] = newGatherSources(memory)([tensor])
    return rowsAt(memory.ints(), source!, 2, 6)
  }
  const numbers = cast<Tensor2D>(ones, 'float32')
  expect(rowsOf(numbers)).toEqual(rowsOf(floats))
  dispose([ones, floats, numbers])
})

it('a new set takes the place of one that was disposed of', () => {
  const memory = newMemory(WASM_VECTORS)
  const sourcesOf = newGatherSources(memory)
  const [rows, columns] = [1000, 100]
  const bytes = Uint8Array.from(normalNumbers(key(3), rows * columns), x => (x < 0 ? 0 : 100 * x))
  const sizes = Array.from({ length: 5 }, () => {
    const set = byteTensor(bytes, [rows, columns], 256)
    const [source] = sourcesOf([set])
    expect(sourcesOf([set])[0]).toBe(source)
    dispose(set)
    return memory.memory.buffer.byteLength
  })
  expect(new Set(sizes)).toEqual(new Set([sizes[0]]))
})
