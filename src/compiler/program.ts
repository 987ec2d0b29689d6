/**
 * A program: the computation of a pure function of tensors, as data. It can be printed, rewritten and compiled.
 *
 * The nodes are in the order in which they run. In a traced program each is one kernel of TensorFlow.js, with the
 * kernel's own name and attributes: see TensorFlow.js's documentation for their meaning.
 */
import type { DataType, NamedAttrMap } from '@tensorflow/tfjs-core'

/** The dtype and shape of a tensor. */
export type Spec = {
  /** The type of its numbers, in TensorFlow.js's words. */
  readonly dtype: DataType
  /** The length of each axis: a list of sizes of any length. */
  readonly shape: readonly number[]
}

/** A tensor of a program: an argument of the function, a constant that it captured, or an output of a node. */
export type Ref =
  | {
      readonly kind: 'input'
      /** The position among the program's inputs, from 0. */
      readonly index: number
    }
  | {
      readonly kind: 'constant'
      /** The position among the program's constants, from 0. */
      readonly index: number
    }
  | {
      readonly kind: 'node'
      /** The position among the program's nodes, from 0. */
      readonly index: number
      /** The position among the outputs of the node, from 0. */
      readonly output: number
    }

/** An argument of the function: a leaf of its trees, with its path, such as `params[0].w`. */
export type Input = Spec & {
  /** The path of the leaf. */
  readonly name: string
}

export type Values = Float32Array | Int32Array | Uint8Array

/**
 * The numbers of a tensor, in the array that its dtype has here. (TensorFlow.js keeps whole numbers as an Int32Array when
 * it casts them to float32: their bits are not those of the floats.)
 */
export const valuesOf = (dtype: DataType, numbers: Values): Values => {
  const arrayType = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array
  return numbers instanceof arrayType ? numbers : arrayType.from(numbers)
}

/** A tensor that the function captured, with its numbers. */
export type Constant = Spec & {
  /** Its numbers in row-major order. */
  readonly values: Values
}

/** A node of any kind of program. */
export type AnyNode = {
  /** The name of the kernel that it runs. */
  readonly kernel: string
  /** The tensors that it reads. */
  readonly inputs: readonly Ref[]
  /** The settings of the kernel, such as the axes of a sum. */
  readonly attributes: object
  /** The dtype and shape of each tensor that it makes. */
  readonly outputs: readonly Spec[]
}

/** A call of a kernel of TensorFlow.js. */
export type Node = AnyNode & {
  /** The attributes of the kernel, by TensorFlow.js's names. */
  readonly attributes: Readonly<NamedAttrMap>
}

/** A program whose nodes are of one kind: kernels of TensorFlow.js, as `trace` returns it, unless another is named. */
export type Program<N extends AnyNode = Node> = {
  /** The leaves of the arguments. */
  readonly inputs: readonly Input[]
  /** The tensors that the function captured. */
  readonly constants: readonly Constant[]
  /** The kernels in the order in which they run. */
  readonly nodes: readonly N[]
  /** The leaves of the result. */
  readonly outputs: readonly Ref[]
}

/** The dtype and shape of what a reference refers to. */
export const specOf = ({ inputs, constants, nodes }: Program<AnyNode>, ref: Ref): Spec => {
  switch (ref.kind) {
    case 'input':
      return inputs[ref.index]!
    case 'constant':
      return constants[ref.index]!
    case 'node':
      return nodes[ref.index]!.outputs[ref.output]!
  }
}

export const sizeOf = ({ shape }: Pick<Spec, 'shape'>): number => shape.reduce((a, b) => a * b, 1)

export const sameRef = (a: Ref, b: Ref): boolean =>
  a.kind === b.kind &&
  a.index === b.index &&
  (a.kind === 'node' && b.kind === 'node' ? a.output === b.output : true)

type Renaming = (ref: Ref) => Ref

const renamed = <N extends AnyNode>(nodes: readonly N[], rename: Renaming): readonly N[] =>
  nodes.map(node => ({ ...node, inputs: node.inputs.map(rename) }))

const keepIndices = (keep: readonly boolean[]): readonly number[] => {
  let next = 0
  return keep.map(kept => (kept ? next++ : -1))
}

/** Drops the nodes and constants on which no output depends. All inputs stay: they are the program's signature. */
export const prune = <N extends AnyNode>(program: Program<N>): Program<N> => {
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
  // Object.is distinguishes 0 from -0, and NaN equals itself
  a.values.every((value, i) => Object.is(value, b.values[i]))

/** Makes equal constants one constant. */
export const shareConstants = <N extends AnyNode>(program: Program<N>): Program<N> => {
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

/** For example `float32[30,784]`. */
export const printSpec = ({ dtype, shape }: Spec): string => `${dtype}[${shape.join(',')}]`

const REMARK_COLUMN = 74

/** How many numbers of a constant are printed. */
const PRINTED = 4

const printConstant = (constant: Constant): string =>
  `${Array.from(constant.values.subarray(0, PRINTED), value => String(Number(value.toPrecision(7)))).join(' ')}${
    constant.values.length > PRINTED ? ' …' : ''
  }`

const printAttributes = (attributes: object): string =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== null && value !== false)
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    .join('')

/**
 * The program as text: the inputs, a line for each constant and node, the outputs.
 *
 *     %2 = BatchMatMul(%1, params[0].w) transposeB=true : float32[10,30]
 *
 * @param remark a comment for the end of a node's line, or ''
 */
export const print = <N extends AnyNode>(
  program: Program<N>,
  remark: (node: N) => string = () => '',
): string => {
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
      const comment = remark(node)
      return comment === '' ? line : `${line.padEnd(REMARK_COLUMN)} # ${comment}`
    }),
    `return ${outputs.map(name).join(', ')}`,
  ].join('\n')
}
