/**
 * The numbers of a tree of float32 tensors, outside TensorFlow.js, as a file holds them.
 */
import { tensor } from '@tensorflow/tfjs-core'
import { leaves, paths, unflatten, type Tree } from './tree.ts'

/** A tensor's numbers, row after row, with its path in the tree, such as `optimizer[0].w`. */
export type NamedValues = {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Reads a tree. The tree is borrowed. */
export const readTree = (tree: Tree, root: string): readonly NamedValues[] => {
  const names = paths(tree, root)
  return leaves(tree).map((leaf, i) => ({
    name: names[i]!,
    shape: leaf.shape,
    values: leaf.dataSync<'float32'>().slice(),
  }))
}

/**
 * The tree of the form of `like` with these numbers; the caller owns it.
 *
 * @throws if the number of tensors is not that of `like`
 */
export const treeOf = <T extends Tree>(like: T, values: readonly NamedValues[]): T =>
  unflatten(
    like,
    values.map(({ shape, values }) => tensor(values, [...shape], 'float32')),
  )
