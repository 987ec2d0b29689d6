import { memory, scalar, tensor1d, tensor2d, type Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { withTensors } from '../../src/core/scope.ts'
import { leaves, map, signature, unflatten } from '../../src/core/tree.ts'

const make = () => [{ w: tensor2d([[1, 2]]), b: tensor1d([3]) }, scalar(4)] as const

const ids = (tensors: readonly Tensor[]): number[] => tensors.map(({ id }) => id)

describe('a tree of tensors', () => {
  it('has its leaves from left to right, at any depth', () => {
    withTensors(make, tree => expect(ids(leaves(tree))).toEqual([tree[0].w.id, tree[0].b.id, tree[1].id]))
  })

  it('keeps its form under map', () => {
    withTensors(make, tree => {
      const mapped = map(tree, leaf => leaf)
      expect(Array.isArray(mapped)).toBe(true)
      expect(Object.keys(mapped[0])).toEqual(['w', 'b'])
      expect(mapped[1]).toBe(tree[1])
    })
  })

  it('comes back from its leaves', () => {
    withTensors(make, tree => expect(unflatten(tree, leaves(tree))).toEqual(tree))
  })

  it('does not come back from too few or too many leaves', () => {
    withTensors(make, tree => {
      expect(() => unflatten(tree, leaves(tree).slice(1))).toThrow('2 tensors are too few')
      expect(() => unflatten(tree, [...leaves(tree), tree[1]])).toThrow('1 of 4 tensors are left over')
    })
  })

  it('has a signature of form, dtype and shape, but not of numbers', () => {
    withTensors(make, tree => expect(signature(tree)).toBe('[{w:float32[1,2],b:float32[1]},float32[]]'))
    withTensors(
      () => scalar(1, 'int32'),
      tree => expect(signature(tree)).toBe('int32[]'),
    )
    expect(memory().numTensors).toBe(0)
  })
})
