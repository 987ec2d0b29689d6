/**
 * Rewriting a program: its nodes are visited in their order, and each is replaced by what the visitor makes of it.
 */
import {
  printSpec,
  prune,
  same,
  specOf,
  type Input,
  type Node,
  type Program,
  type Ref,
  type Spec,
} from '../program.ts'
import { TraceError } from '../trace.ts'

/** What a visitor needs to make nodes of the new program. */
export type Builder = {
  /** Adds a node, or finds the equal one that is there already. */
  readonly emit: (node: Node) => Ref
  /** Adds a scalar. */
  readonly scalar: (value: number) => Ref
  /** Where a reference of the old program has gone. */
  readonly moved: (ref: Ref) => Ref
  /** The kind of what a reference of the new program points to. */
  readonly spec: (ref: Ref) => Spec
}

export type Rule = (node: Node, maker: Builder) => Ref

/** A node with one output. */
export const newNode = (
  kernel: string,
  inputs: readonly Ref[],
  output: Spec,
  attributes: Node['attributes'] = {},
): Node => ({
  kernel,
  inputs,
  attributes,
  outputs: [output],
})

/** The kind of a node's one output. */
export const outputOf = ({ kernel, outputs: [output, ...more] }: Node): Spec => {
  if (output === undefined || more.length > 0) throw new TraceError(`the kernel ${kernel} has no lowering`)
  return output
}

/** What stays a node as it is, its inputs renamed. */
export const unchanged: Rule = (old, { emit, moved }) => emit({ ...old, inputs: old.inputs.map(moved) })

const equalNodes = (a: Node, b: Node): boolean =>
  a.kernel === b.kernel &&
  a.inputs.length === b.inputs.length &&
  a.inputs.every((ref, i) => same(ref, b.inputs[i]!)) &&
  a.outputs.map(printSpec).join() === b.outputs.map(printSpec).join() &&
  JSON.stringify(a.attributes) === JSON.stringify(b.attributes)

/** How the program's own arguments are changed. */
export type ProgramInterface = {
  readonly inputs?: readonly Input[]
  /** What stands for an input of the old program. */
  readonly input?: (ref: Ref, maker: Builder) => Ref
  /** What is returned for an output of the old program. */
  readonly output?: (ref: Ref, position: number, maker: Builder) => Ref
}

export const rewrite = (
  program: Program,
  visit: Rule,
  { inputs = program.inputs, input, output }: ProgramInterface = {},
): Program => {
  const nodes: Node[] = []
  const constants = [...program.constants]
  const places: Ref[] = []
  const maker: Builder = {
    emit: made => {
      const known = nodes.findIndex(other => equalNodes(other, made))
      return { kind: 'node', index: known >= 0 ? known : nodes.push(made) - 1, output: 0 }
    },
    scalar: value => ({
      kind: 'constant',
      index: constants.push({ dtype: 'float32', shape: [], values: Float32Array.of(value) }) - 1,
    }),
    moved: ref =>
      ref.kind === 'node'
        ? places[ref.index]!
        : ref.kind === 'input' && input !== undefined
          ? input(ref, maker)
          : ref,
    spec: ref => specOf({ inputs, constants, nodes, outputs: [] }, ref),
  }
  for (const old of program.nodes) {
    outputOf(old)
    places.push(visit(old, maker))
  }
  const outputs = program.outputs.map((ref, i) => {
    const place = maker.moved(ref)
    return output === undefined ? place : output(place, i, maker)
  })
  return prune({ inputs, constants, nodes, outputs })
}

/** How often each node's output is read, by nodes and as a result. */
export const readers = ({ nodes, outputs }: Program): readonly number[] => {
  const counts = nodes.map(() => 0)
  for (const ref of [...nodes.flatMap(({ inputs }) => inputs), ...outputs])
    if (ref.kind === 'node') counts[ref.index]!++
  return counts
}
