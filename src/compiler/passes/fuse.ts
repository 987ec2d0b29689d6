/**
 * Fusion: a chain of element-wise kernels, with the product or sum that it starts from, becomes one node, which
 * computes in registers what would have gone through memory.
 */
import { sizeOf, specOf, type Node, type Program, type Ref, type Spec } from '../program.ts'
import { isElementwise } from '../emit/elementwise.ts'
import { axesOf, sameShape } from './shapes.ts'
import { outputOf } from './rewrite.ts'

/** What a fused node computes: a program of its inputs, with one output. It is printed as one expression. */
export type FusedBody = Program & { readonly toJSON: () => string }

/** Of the nodes that a chain can start from, the numbers come out in registers, as rows. */
export const canStartFusion = (node: Node, input: Spec): boolean =>
  node.kernel === 'BatchMatMul' ||
  node.kernel === 'SparseMatMul' ||
  (node.kernel === 'Sum' &&
    input.shape.length === 2 &&
    input.dtype === 'float32' &&
    axesOf(node, input).join() === '0')

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** Such as `a = Sub(0, 1); Multiply(a, Sub(2, a))`, where numbers are the node's inputs. */
const expression = ({ nodes }: Program): string => {
  const reads = (index: number): number =>
    nodes.flatMap(({ inputs }) => inputs).filter(ref => ref.kind === 'node' && ref.index === index).length
  const names = new Map<number, string>()
  const lines: string[] = []
  const write = (ref: Ref): string => {
    if (ref.kind !== 'node') return String(ref.index)
    const known = names.get(ref.index)
    if (known !== undefined) return known
    const { kernel, inputs } = nodes[ref.index]!
    const text = `${kernel}(${inputs.map(write).join(', ')})`
    if (reads(ref.index) < 2) return text
    const name = LETTERS[names.size] ?? `v${names.size}`
    names.set(ref.index, name)
    lines.push(`${name} = ${text}; `)
    return name
  }
  const result = write({ kind: 'node', index: nodes.length - 1, output: 0 })
  return lines.join('') + result
}

/** The members of the group that ends in a node: those that only the group reads, and that have its shape. */
const groupOf = (
  program: Program,
  root: number,
  users: readonly (readonly number[])[],
): readonly number[] => {
  const { nodes } = program
  const members = new Set([root])
  const shape = outputOf(nodes[root]!)
  const sourceIn = (index: number): boolean => {
    const { inputs } = nodes[index]!
    return inputs[0] !== undefined && canStartFusion(nodes[index]!, specOf(program, inputs[0]))
  }
  if (sourceIn(root)) return [root]
  let source = -1
  for (let index = root - 1; index >= 0; index--) {
    const readBy = users[index]!
    const candidate = nodes[index]!
    // what the source reads must be there as a whole before it starts
    const inside = readBy.length > 0 && readBy.every(user => members.has(user) && user !== source)
    if (!inside || !sameShape(outputOf(candidate), shape)) continue
    if (isElementwise(candidate.kernel)) members.add(index)
    else if (sourceIn(index) && source < 0) members.add((source = index))
  }
  return [...members].sort((a, b) => a - b)
}

/** Who reads each node; a result is read by -1, which is in no group. */
const usersOf = ({ nodes, outputs }: Program): readonly (readonly number[])[] => {
  const users: number[][] = nodes.map(() => [])
  nodes.forEach(({ inputs }, i) => {
    for (const ref of inputs) if (ref.kind === 'node') users[ref.index]!.push(i)
  })
  for (const ref of outputs) if (ref.kind === 'node') users[ref.index]!.push(-1)
  return users
}

const bodyOf = (
  program: Program,
  members: readonly number[],
): { readonly body: FusedBody; readonly inputs: readonly Ref[] } => {
  const inputs: Ref[] = []
  const outside = (ref: Ref): Ref => {
    const known = inputs.findIndex(other => JSON.stringify(other) === JSON.stringify(ref))
    return { kind: 'input', index: known >= 0 ? known : inputs.push(ref) - 1 }
  }
  const nodes = members.map(member => {
    const node = program.nodes[member]!
    return {
      ...node,
      inputs: node.inputs.map((ref): Ref => {
        const inside = ref.kind === 'node' ? members.indexOf(ref.index) : -1
        return inside >= 0 ? { kind: 'node', index: inside, output: 0 } : outside(ref)
      }),
    }
  })
  const inner: Program = {
    inputs: inputs.map((ref, i) => ({ ...specOf(program, ref), name: String(i) })),
    constants: [],
    nodes,
    outputs: [{ kind: 'node', index: nodes.length - 1, output: 0 }],
  }
  return { body: { ...inner, toJSON: () => expression(inner) }, inputs }
}

/** The program with its element-wise chains, and what they start from, as `Fused` nodes. */
export const fuse = (program: Program): Program => {
  const users = usersOf(program)
  const taken = new Set<number>()
  const groups = new Map<number, readonly number[]>()
  for (let root = program.nodes.length - 1; root >= 0; root--) {
    const made = program.nodes[root]!
    const first = made.inputs[0]
    const fusible =
      isElementwise(made.kernel) || (first !== undefined && canStartFusion(made, specOf(program, first)))
    if (taken.has(root) || !fusible || sizeOf(outputOf(made)) === 0) continue
    const members = groupOf(program, root, users)
    for (const member of members) taken.add(member)
    groups.set(root, members)
  }
  const places = new Map<number, number>()
  const nodes: Node[] = []
  const moved = (ref: Ref): Ref => (ref.kind === 'node' ? { ...ref, index: places.get(ref.index)! } : ref)
  program.nodes.forEach((made, i) => {
    const members = groups.get(i)
    if (members === undefined && taken.has(i)) return
    if (members === undefined) nodes.push({ ...made, inputs: made.inputs.map(moved) })
    else {
      const { body, inputs } = bodyOf(program, members)
      nodes.push({ kernel: 'Fused', inputs: inputs.map(moved), attributes: { body }, outputs: made.outputs })
    }
    places.set(i, nodes.length - 1)
  })
  return { ...program, nodes, outputs: program.outputs.map(moved) }
}
