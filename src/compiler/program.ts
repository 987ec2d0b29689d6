/**
 * A program: what a pure function of tensors does, as a value. It can be printed, rewritten, and compiled.
 *
 * Its nodes stand in the order in which they run. Each is one kernel of TensorFlow.js, with the kernel's own
 * name and attributes, so that TensorFlow.js's documentation is the reference for their meaning.
 */
import type { DataType } from '@tensorflow/tfjs-core'

/** The kind of a tensor. */
export type Spec = { readonly dtype: DataType; readonly shape: readonly number[] }

/** Where a number comes from: an argument of the function, a constant it captured, or a node's output. */
export type Ref =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'constant'; readonly index: number }
  | { readonly kind: 'node'; readonly index: number; readonly output: number }

export type Input = Spec & { readonly name: string }

export type Values = Float32Array | Int32Array | Uint8Array

export type Constant = Spec & { readonly values: Values }

export type Attributes = Readonly<Record<string, unknown>>

export type Node = {
  readonly kernel: string
  readonly inputs: readonly Ref[]
  readonly attributes: Attributes
  readonly outputs: readonly Spec[]
}

export type Program = {
  readonly inputs: readonly Input[]
  readonly constants: readonly Constant[]
  readonly nodes: readonly Node[]
  readonly outputs: readonly Ref[]
}

/** The kind of what a reference points to. */
export const specOf = ({ inputs, constants, nodes }: Program, ref: Ref): Spec => {
  switch (ref.kind) {
    case 'input':
      return inputs[ref.index]!
    case 'constant':
      return constants[ref.index]!
    case 'node':
      return nodes[ref.index]!.outputs[ref.output]!
  }
}

export const sizeOf = ({ shape }: Spec): number => shape.reduce((a, b) => a * b, 1)

/** Whether two references point to the same number. */
export const same = (a: Ref, b: Ref): boolean =>
  a.kind === b.kind &&
  a.index === b.index &&
  (a.kind === 'node' && b.kind === 'node' ? a.output === b.output : true)

/** A node's reference moved elsewhere. */
type Renaming = (ref: Ref) => Ref

const renamed = (nodes: readonly Node[], rename: Renaming): readonly Node[] =>
  nodes.map(node => ({ ...node, inputs: node.inputs.map(rename) }))

const keepIndices = (keep: readonly boolean[]): readonly number[] => {
  let next = 0
  return keep.map(kept => (kept ? next++ : -1))
}

/** The program without the nodes and constants on which no output depends. Inputs stay: they are its signature. */
export const prune = (program: Program): Program => {
  const nodes = program.nodes.map(() => false)
  const constants = program.constants.map(() => false)
  const visit = (ref: Ref): void => {
    if (ref.kind === 'constant') constants[ref.index] = true
    if (ref.kind === 'node' && nodes[ref.index] === false) nodes[ref.index] = true
  }
  program.outputs.forEach(visit)
  for (let i = program.nodes.length - 1; i >= 0; i--)
    if (nodes[i] === true) program.nodes[i]!.inputs.forEach(visit)

  const [newNode, newConstant] = [keepIndices(nodes), keepIndices(constants)]
  const rename: Renaming = ref =>
    ref.kind === 'node'
      ? { ...ref, index: newNode[ref.index]! }
      : ref.kind === 'constant'
        ? { ...ref, index: newConstant[ref.index]! }
        : ref
  return {
    inputs: program.inputs,
    constants: program.constants.filter((_, i) => constants[i]),
    nodes: renamed(
      program.nodes.filter((_, i) => nodes[i]),
      rename,
    ),
    outputs: program.outputs.map(rename),
  }
}

const equalValues = (a: Constant, b: Constant): boolean =>
  a.dtype === b.dtype &&
  String(a.shape) === String(b.shape) &&
  a.values.length === b.values.length &&
  // Object.is keeps 0 and -0 apart, and finds NaN equal to itself
  a.values.every((value, i) => Object.is(value, b.values[i]))

/** The program with equal constants made one. */
export const shareConstants = (program: Program): Program => {
  const first = program.constants.map((constant, i) =>
    program.constants.findIndex((other, j) => j <= i && equalValues(other, constant)),
  )
  const rename: Renaming = ref => (ref.kind === 'constant' ? { ...ref, index: first[ref.index]! } : ref)
  return prune({
    ...program,
    nodes: renamed(program.nodes, rename),
    outputs: program.outputs.map(rename),
  })
}

/** Such as `float32[30,784]`. */
export const printSpec = ({ dtype, shape }: Spec): string => `${dtype}[${shape.join(',')}]`

/** The column of the remarks. */
const REMARKS = 74

/** How many numbers of a constant are shown. */
const SHOWN = 4

const printConstant = (constant: Constant): string =>
  `${Array.from(constant.values.subarray(0, SHOWN), value => String(Number(value.toPrecision(7)))).join(' ')}${
    constant.values.length > SHOWN ? ' …' : ''
  }`

const printAttributes = (attributes: Attributes): string =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== null && value !== false)
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    .join('')

/**
 * The program as text: a line for each constant and node, the inputs before them, the outputs after.
 *
 *     %2 = BatchMatMul(%1, params[0].w) transposeB=true : float32[10,30]
 *
 * @param remark what to write behind a node, if anything
 */
export const print = (program: Program, remark: (node: Node) => string = () => ''): string => {
  const { inputs, constants, nodes, outputs } = program
  const name = (ref: Ref): string =>
    ref.kind === 'input'
      ? inputs[ref.index]!.name
      : ref.kind === 'constant'
        ? `c${ref.index}`
        : `%${ref.index}${nodes[ref.index]!.outputs.length > 1 ? `.${ref.output}` : ''}`
  return [
    ...inputs.map(input => `input ${input.name} : ${printSpec(input)}`),
    ...constants.map((constant, i) => `c${i} = ${printConstant(constant)} : ${printSpec(constant)}`),
    ...nodes.map((node, i) => {
      const { kernel, inputs: from, attributes, outputs: specs } = node
      const line = `%${i} = ${kernel}(${from.map(name).join(', ')})${printAttributes(attributes)} : ${specs.map(printSpec).join(', ')}`
      const said = remark(node)
      return said === '' ? line : `${line.padEnd(REMARKS)} # ${said}`
    }),
    `return ${outputs.map(name).join(', ')}`,
  ].join('\n')
}
