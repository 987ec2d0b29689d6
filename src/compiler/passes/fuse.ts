/**
 * Fusion: a chain of element-wise kernels, with the product or sum that it starts from, becomes one node, whose
 * intermediate results stay in registers instead of going through memory.
 */
import {
  isElementwiseNode,
  type ChainNode,
  type ChainStart,
  type FusedBody,
  type KernelNode,
  type KernelProgram,
  type LoopNode,
  type LoopProgram,
} from '../kernel-program.ts'
import { specOf, type AnyNode, type Program, type Ref, type Spec } from '../program.ts'
import { sameShape } from './shapes.ts'

const isChainStart = (node: KernelNode, input: Spec): node is ChainStart =>
  node.kernel === 'BatchMatMul' ||
  node.kernel === 'SparseMatMul' ||
  (node.kernel === 'Sum' &&
    input.shape.length === 2 &&
    input.dtype === 'float32' &&
    node.attributes.axes.join() === '0')

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** For example `a = Sub(0, 1); Multiply(a, Sub(2, a))`, where numbers are the node's inputs. */
const expression = ({ nodes }: Program<AnyNode>): string => {
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

/** The nodes that a chain may contain, at their index; undefined for all others. */
type ChainNodes = readonly (ChainNode | undefined)[]

const chainNodes = (program: KernelProgram): ChainNodes =>
  program.nodes.map(node => {
    if (isElementwiseNode(node)) return node
    const [input] = node.inputs
    return isChainStart(node, specOf(program, input)) ? node : undefined
  })

/** The members of the chain that ends in a node: nodes that only the chain reads, and that have its shape. */
const chainOf = (
  nodes: ChainNodes,
  root: number,
  users: readonly (readonly number[])[],
): readonly number[] => {
  const last = nodes[root]!
  if (!isElementwiseNode(last)) return [root]
  const members = new Set([root])
  let start = -1
  for (let index = root - 1; index >= 0; index--) {
    const readBy = users[index]!
    const node = nodes[index]
    // the start reads its inputs as a whole: they cannot be computed while it runs
    const isInside = readBy.length > 0 && readBy.every(user => members.has(user) && user !== start)
    if (node === undefined || !isInside || !sameShape(node.outputs[0], last.outputs[0])) continue
    if (isElementwiseNode(node)) members.add(index)
    else if (start < 0) members.add((start = index))
  }
  return [...members].sort((a, b) => a - b)
}

/** The nodes that read each node; -1 stands for the program's outputs, which are in no chain. */
const usersOf = ({ nodes, outputs }: KernelProgram): readonly (readonly number[])[] => {
  const users: number[][] = nodes.map(() => [])
  nodes.forEach(({ inputs }, i) => {
    for (const ref of inputs) if (ref.kind === 'node') users[ref.index]!.push(i)
  })
  for (const ref of outputs) if (ref.kind === 'node') users[ref.index]!.push(-1)
  return users
}

const bodyOf = (
  program: KernelProgram,
  chain: ChainNodes,
  members: readonly number[],
): { readonly body: FusedBody; readonly inputs: readonly Ref[] } => {
  const inputs: Ref[] = []
  const outside = (ref: Ref): Ref => {
    const known = inputs.findIndex(other => JSON.stringify(other) === JSON.stringify(ref))
    return { kind: 'input', index: known >= 0 ? known : inputs.push(ref) - 1 }
  }
  const inside = (ref: Ref): Ref => {
    const index = ref.kind === 'node' ? members.indexOf(ref.index) : -1
    return index >= 0 ? { kind: 'node', index, output: 0 } : outside(ref)
  }
  const withInputs = <N extends AnyNode>(node: N): N => ({ ...node, inputs: node.inputs.map(inside) })
  const nodes = members.map(member => withInputs(chain[member]!))
  const body: Program<ChainNode> = {
    inputs: inputs.map((ref, i) => ({ ...specOf(program, ref), name: String(i) })),
    constants: [],
    nodes,
    outputs: [{ kind: 'node', index: nodes.length - 1, output: 0 }],
  }
  return { body: { ...body, toJSON: () => expression(body) }, inputs }
}

/** The program with its chains as `Fused` nodes. */
export const fuse = (program: KernelProgram): LoopProgram => {
  const users = usersOf(program)
  const chain = chainNodes(program)
  const taken = new Set<number>()
  const chains = new Map<number, readonly number[]>()
  for (let root = program.nodes.length - 1; root >= 0; root--) {
    if (taken.has(root) || chain[root] === undefined) continue
    const members = chainOf(chain, root, users)
    for (const member of members) taken.add(member)
    chains.set(root, members)
  }
  const places = new Map<number, number>()
  const nodes: LoopNode[] = []
  const moved = (ref: Ref): Ref => (ref.kind === 'node' ? { ...ref, index: places.get(ref.index)! } : ref)
  const withInputs = <N extends AnyNode>(node: N): N => ({ ...node, inputs: node.inputs.map(moved) })
  program.nodes.forEach((node, i) => {
    const members = chains.get(i)
    if (members === undefined && taken.has(i)) return
    if (members === undefined) nodes.push(withInputs(node))
    else {
      const { body, inputs } = bodyOf(program, chain, members)
      nodes.push({
        kernel: 'Fused',
        inputs: inputs.map(moved),
        attributes: { body },
        outputs: node.outputs,
      })
    }
    places.set(i, nodes.length - 1)
  })
  return { ...program, nodes, outputs: program.outputs.map(moved) }
}
