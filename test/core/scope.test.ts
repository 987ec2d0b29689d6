import { add, memory, mul, scalar, tensor1d, type Scalar } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { using, foldScoped, dispose, clone, withTensors, scoped } from '../../src/core/scope.ts'

type State = { readonly sum: Scalar; readonly untouched: Scalar }

const start = (): State => ({ sum: scalar(0), untouched: scalar(7) })

/** Makes two tensors that nobody keeps, and passes one leaf through. */
const step = ({ sum, untouched }: State, x: number): State => ({
  sum: add<Scalar>(sum, mul(scalar(x), scalar(1))),
  untouched,
})

const value = (tensor: Scalar): number => tensor.dataSync()[0]!

describe('scoped', () => {
  it('leaves nothing behind but the result', () => {
    const result = scoped((x: number) => add(mul(scalar(x), 2), 1))(3)
    expect(memory().numTensors).toBe(1)
    expect(value(result as Scalar)).toBe(7)
    dispose(result)
  })

  it('leaves nothing behind after a throw', () => {
    const f = scoped((): Scalar => {
      scalar(1)
      throw new Error('in the middle')
    })
    expect(f).toThrow('in the middle')
    expect(memory().numTensors).toBe(0)
  })
})

describe('foldScoped', () => {
  it('owns its result and nothing else, and never frees what it borrowed', () => {
    const s0 = start()
    const s = foldScoped(step)(s0, [1, 2, 3])
    expect(memory().numTensors).toBe(4)
    expect([s.sum, s.untouched, s0.sum, s0.untouched].map(value)).toEqual([6, 7, 0, 7])
    dispose([s, s0])
  })

  it('hands out a copy of the start when there is nothing to fold', () => {
    const s0 = start()
    const s = foldScoped(step)(s0, [])
    dispose(s0)
    expect([s.sum, s.untouched].map(value)).toEqual([0, 7])
    dispose(s)
  })

  it('leaves nothing behind when a step throws', () => {
    const s0 = start()
    const breaking = (s: State, x: number): State => {
      if (x === 3) throw new Error('at 3')
      return step(s, x)
    }
    expect(() => foldScoped(breaking)(s0, [1, 2, 3])).toThrow('at 3')
    expect(memory().numTensors).toBe(2)
    expect(value(s0.untouched)).toBe(7)
    dispose(s0)
  })
})

describe('owned, consume and reading', () => {
  it('an owned copy outlives the original', () => {
    const original = tensor1d([1, 2])
    const copy = clone({ original })
    dispose(original)
    expect([...copy.original.dataSync()]).toEqual([1, 2])
    dispose(copy)
  })

  it('consume frees what it was given, also after a throw', () => {
    expect(using(scalar(5), value)).toBe(5)
    expect(() =>
      using(scalar(5), () => {
        throw new Error('while reading')
      }),
    ).toThrow('while reading')
    expect(memory().numTensors).toBe(0)
  })

  it('reading leaves plain values, and no tensors', () => {
    expect(withTensors(() => add<Scalar>(scalar(1), 2), value)).toBe(3)
    expect(memory().numTensors).toBe(0)
  })
})
