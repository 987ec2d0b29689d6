/**
 * Trees of tensors: a tensor, or an array or record of trees. Parameters, batches and states of a fold are
 * trees, so that one function frees, copies or compiles any of them.
 *
 * Declare the records with `type`: an `interface` has no index signature and is no tree to the compiler.
 */
import { Tensor } from '@tensorflow/tfjs-core'

/** A tensor of any shape, or an array or record of trees. */
export type Tree = Tensor | readonly Tree[] | { readonly [name: string]: Tree }

const isArray = (tree: Tree): tree is readonly Tree[] => Array.isArray(tree)

/**
 * The tensors of a tree, of any shapes, from left to right.
 *
 * @throws where something stands that is no tree, which only unchecked code can bring about
 */
export const leaves = (tree: Tree): readonly Tensor[] => {
  if (tree instanceof Tensor) return [tree]
  if (typeof tree !== 'object')
    throw new TypeError(`${String(tree)} is no tensor, nor an array or record of them`)
  return (isArray(tree) ? tree : Object.values(tree)).flatMap(leaves)
}

/** Where each leaf stands, such as `params[0].w`, from left to right. */
export const paths = (tree: Tree, root: string): readonly string[] =>
  tree instanceof Tensor
    ? [root]
    : isArray(tree)
      ? tree.flatMap((child, i) => paths(child, `${root}[${i}]`))
      : Object.entries(tree).flatMap(([name, child]) => paths(child, root === '' ? name : `${root}.${name}`))

/** The same tree with every tensor, of any shape, replaced by its image. */
export const map = <T extends Tree>(tree: T, f: (leaf: Tensor) => Tensor): T => {
  const go = (at: Tree): Tree =>
    at instanceof Tensor
      ? f(at)
      : isArray(at)
        ? at.map(go)
        : Object.fromEntries(Object.entries(at).map(([name, child]) => [name, go(child)]))
  return go(tree) as T
}

/**
 * The tree of the same form as `like` that has these tensors, of any shapes, as leaves, from left to right: the inverse of
 * {@link leaves}.
 *
 * @throws when the number of tensors is not the number of leaves
 */
export const unflatten = <T extends Tree>(like: T, tensors: readonly Tensor[]): T => {
  const rest = [...tensors]
  const tree = map(like, () => {
    const next = rest.shift()
    if (next === undefined) throw new Error(`unflatten: ${tensors.length} tensors are too few for this tree`)
    return next
  })
  if (rest.length > 0) throw new Error(`unflatten: ${rest.length} of ${tensors.length} tensors are left over`)
  return tree
}

/** Form, dtypes and shapes as text, such as `[{w:float32[30,784],b:float32[30]}]`: equal for equal kinds of tree. */
export const signature = (tree: Tree): string =>
  tree instanceof Tensor
    ? `${tree.dtype}[${tree.shape.join(',')}]`
    : isArray(tree)
      ? `[${tree.map(signature).join(',')}]`
      : `{${Object.entries(tree)
          .map(([name, child]) => `${name}:${signature(child)}`)
          .join(',')}}`
