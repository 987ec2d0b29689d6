/**
 * From a function to its program: run it once on an example, and write down each kernel that TensorFlow.js runs.
 *
 * It needs public API only: while the function runs, every kernel of the current backend is registered anew,
 * wrapped so that it computes as always and leaves a note.
 */
import {
  backend,
  engine,
  getBackend,
  getKernelsForBackend,
  registerKernel,
  tensor,
  unregisterKernel,
  type DataType,
  type KernelConfig,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { scoped } from '../core/scope.ts'
import { CompileError } from '../core/scan.ts'
import { leaves, map, paths, type Tree } from '../core/tree.ts'
import { shareConstants, type Constant, type Node, type Program, type Ref, type Values } from './program.ts'

/** Why a function has no program. */
export class TraceError extends CompileError {}

/** Kernels whose results do not follow from their inputs. */
const RANDOM = new Set(['Multinomial'])

type Known = { readonly dtype: DataType; readonly shape: readonly number[]; readonly ref: Ref }

/** What is written down while the function runs. */
type Notes = { readonly nodes: Node[]; readonly constants: Constant[]; readonly known: Map<object, Known[]> }

const sameShape = (a: readonly number[], b: readonly number[]): boolean => String(a) === String(b)

const know = ({ known }: Notes, { dataId, dtype, shape }: TensorInfo, ref: Ref): void => {
  const before = known.get(dataId) ?? []
  known.set(dataId, [{ dtype, shape: [...shape], ref }, ...before])
}

/**
 * Where a tensor that a kernel reads came from. Tensors that share their numbers under another shape (a reshape
 * without a kernel) are told apart; one that nobody has made is a constant that the function captured.
 */
const refOf = (notes: Notes, info: TensorInfo): Ref => {
  const handles = notes.known.get(info.dataId)
  const exact = handles?.find(({ dtype, shape }) => dtype === info.dtype && sameShape(shape, info.shape))
  if (exact !== undefined) return exact.ref
  const other = handles?.at(-1)
  if (other !== undefined) {
    const ref: Ref = { kind: 'node', index: notes.nodes.length, output: 0 }
    const kernel = other.dtype === info.dtype ? 'Reshape' : 'Cast'
    const attributes = kernel === 'Reshape' ? { shape: [...info.shape] } : { dtype: info.dtype }
    notes.nodes.push({
      kernel,
      inputs: [other.ref],
      attributes,
      outputs: [{ dtype: info.dtype, shape: [...info.shape] }],
    })
    know(notes, info, ref)
    return ref
  }
  const ref: Ref = { kind: 'constant', index: notes.constants.length }
  const values = (backend().readSync(info.dataId) as Values).slice()
  notes.constants.push({ dtype: info.dtype, shape: [...info.shape], values })
  know(notes, info, ref)
  return ref
}

/** The same kernel, which leaves a note of each outermost call. */
const wrapped = (config: KernelConfig, notes: Notes, depth: { now: number }): KernelConfig => ({
  ...config,
  kernelFunc: params => {
    if (depth.now > 0) return config.kernelFunc(params)
    if (RANDOM.has(config.kernelName))
      throw new TraceError(
        `${config.kernelName} draws at random: draw outside, and pass what was drawn as an argument`,
      )
    const inputs = Object.values(params.inputs)
      .flat()
      .filter(info => info !== undefined)
      .map(info => refOf(notes, info))
    depth.now++
    try {
      const result = config.kernelFunc(params)
      const outputs = Array.isArray(result) ? result : [result]
      const index = notes.nodes.length
      notes.nodes.push({
        kernel: config.kernelName,
        inputs,
        attributes: structuredClone(params.attrs ?? {}),
        outputs: outputs.map(({ dtype, shape }) => ({ dtype, shape: [...shape] })),
      })
      outputs.forEach((info, output) => know(notes, info, { kind: 'node', index, output }))
      return result
    } finally {
      depth.now--
    }
  },
})

/** Puts the wrapped kernels in place while `work` runs. */
const recording = <R>(notes: Notes, work: () => R): R => {
  const name = getBackend()
  const configs = getKernelsForBackend(name)
  const depth = { now: 0 }
  const swap = (to: (config: KernelConfig) => KernelConfig): void => {
    for (const config of configs) {
      unregisterKernel(config.kernelName, name)
      registerKernel(to(config))
    }
  }
  swap(config => wrapped(config, notes, depth))
  try {
    return work()
  } finally {
    swap(config => config)
  }
}

/** Makes reading a tensor back, and drawing at random, an error while `work` runs: neither can be in a program. */
const forbidding = <R>(work: () => R): R => {
  const refuse = (what: string) => (): never => {
    throw new TraceError(what)
  }
  const machine = engine()
  const { random } = Math
  const read = refuse('a value is read back while tracing: what depends on it cannot be in a program')
  // they shadow the methods of the class until they are taken away
  Object.assign(machine, { read, readSync: read })
  Math.random = refuse(
    'numbers are drawn at random while tracing: draw outside, and pass what was drawn as an argument',
  )
  try {
    return work()
  } finally {
    for (const name of ['read', 'readSync']) Reflect.deleteProperty(machine, name)
    Math.random = random
  }
}

/** The arguments of a traced function, each with the name that it has in the program. */
export type Arguments = readonly (readonly [name: string, tree: Tree])[]

/**
 * The program of a function.
 *
 * @param f a pure function of the arguments' trees; it is run once, on them as an example. Branches on shapes are
 *          decided for good; branches on numbers are refused
 * @param args an example of the arguments, with their names
 * @returns its inputs are the leaves of the arguments, its outputs those of the result, from left to right
 * @throws Untraceable when the result does not follow from the arguments alone
 */
export const trace = (f: (...args: never[]) => Tree, args: Arguments): Program => {
  const notes: Notes = { nodes: [], constants: [], known: new Map() }
  const inputs = args.flatMap(([name, tree]) => {
    const names = paths(tree, name)
    return leaves(tree).map(({ dtype, shape }, i) => ({ name: names[i]!, dtype, shape: [...shape] }))
  })
  let outputs: readonly Ref[] = []
  scoped(() => {
    const own = args.map(([, tree]) => map(tree, leaf => distinct(notes, leaf)))
    own.flatMap(leaves).forEach((leaf, index) => know(notes, leaf, { kind: 'input', index }))
    const result = forbidding(() => recording(notes, () => f(...(own as never[]))))
    outputs = leaves(result).map(leaf => refOf(notes, leaf))
    return []
  })()
  return shareConstants({ inputs, constants: notes.constants, nodes: notes.nodes, outputs })
}

/** The tensor itself, or a copy where two arguments share their numbers: the next call may give two. */
const distinct = (notes: Notes, leaf: Tensor): Tensor => {
  const one = notes.known.has(leaf.dataId) ? tensor(leaf.dataSync().slice(), leaf.shape, leaf.dtype) : leaf
  notes.known.set(one.dataId, [])
  return one
}
