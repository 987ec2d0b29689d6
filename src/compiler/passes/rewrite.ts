/**
 * Rewriting a program: its nodes are visited in order, and a rule replaces each by nodes of the new program.
 */
import {
  printSpec,
  prune,
  specOf,
  type AnyNode,
  type Constant,
  type Input,
  type Program,
  type Ref,
  type Spec,
} from '../program.ts'

/** The new program while it is built. */
export type Builder<N extends AnyNode> = {
  /** Adds a node with one output, or finds the equal one that is there already. */
  readonly emit: (node: N) => Ref
  /** Adds a constant. */
  readonly constant: (constant: Constant) => Ref
  /** Adds a float32 constant without axes. */
  readonly scalar: (value: number) => Ref
  /** The reference of the new program that replaces one of the old program. */
  readonly moved: (ref: Ref) => Ref
  /** The dtype and shape of what a reference of the new program refers to. */
  readonly spec: (ref: Ref) => Spec
  /** The value of a constant without axes; undefined for anything else. */
  readonly numberOf: (ref: Ref) => number | undefined
}

/** Emits what replaces a node: one reference, or one for each of its outputs. */
export type Rule<From extends AnyNode, To extends AnyNode> = (
  node: From,
  builder: Builder<To>,
) => Ref | readonly Ref[]

/** Keeps a node, with its inputs moved. */
export const unchanged = <N extends AnyNode>(old: N, { emit, moved }: Builder<N>): readonly Ref[] => {
  const ref = emit({ ...old, inputs: old.inputs.map(moved) })
  return old.outputs.map((_, output) => ({ ...ref, output }))
}

/** Equal for nodes that compute the same. */
const keyOf = ({ kernel, inputs, attributes, outputs }: AnyNode): string =>
  JSON.stringify([
    kernel,
    inputs.map(ref => [ref.kind, ref.index, ref.kind === 'node' ? ref.output : 0]),
    attributes,
    outputs.map(printSpec),
  ])

/** How the arguments and results of the program change. */
export type ProgramInterface<N extends AnyNode> = {
  readonly inputs?: readonly Input[]
  /** Replaces a reference to an input of the old program. */
  readonly input?: (ref: Ref, builder: Builder<N>) => Ref
  /** Replaces an output of the old program. */
  readonly output?: (ref: Ref, position: number, builder: Builder<N>) => Ref
}

export const rewrite = <From extends AnyNode, To extends AnyNode>(
  program: Program<From>,
  rule: Rule<From, To>,
  { inputs = program.inputs, input, output }: ProgramInterface<To> = {},
): Program<To> => {
  const nodes: To[] = []
  const places = new Map<string, number>()
  const constants = [...program.constants]
  const replaced: (readonly Ref[])[] = []
  const builder: Builder<To> = {
    emit: node => {
      const key = keyOf(node)
      const index = places.get(key) ?? nodes.push(node) - 1
      places.set(key, index)
      return { kind: 'node', index, output: 0 }
    },
    constant: constant => ({ kind: 'constant', index: constants.push(constant) - 1 }),
    scalar: value => builder.constant({ dtype: 'float32', shape: [], values: Float32Array.of(value) }),
    moved: ref =>
      ref.kind === 'node'
        ? replaced[ref.index]![ref.output]!
        : ref.kind === 'input' && input !== undefined
          ? input(ref, builder)
          : ref,
    spec: ref => specOf({ inputs, constants, nodes, outputs: [] }, ref),
    numberOf: ref => {
      const constant = ref.kind === 'constant' ? constants[ref.index]! : undefined
      return constant?.shape.length === 0 ? constant.values[0] : undefined
    },
  }
  for (const old of program.nodes) replaced.push([rule(old, builder)].flat())
  const outputs = program.outputs.map((ref, i) => {
    const moved = builder.moved(ref)
    return output === undefined ? moved : output(moved, i, builder)
  })
  return prune({ inputs, constants, nodes, outputs })
}

/** How often each node's output is read, by nodes and as a result. */
export const readers = ({ nodes, outputs }: Program<AnyNode>): readonly number[] => {
  const counts = nodes.map(() => 0)
  for (const ref of [...nodes.flatMap(({ inputs }) => inputs), ...outputs])
    if (ref.kind === 'node') counts[ref.index]!++
  return counts
}
