/**
 * From a function to its program: the function runs once on an example, and each kernel that TensorFlow.js runs is
 * recorded.
 *
 * It uses public API only: while the function runs, the backend is `cpu`, whose kernels are replaced by wrappers that record the
 * call. That backend has every kernel, also those that the current one lacks: what was recorded is computed by an engine.
 */
import {
  backend,
  engine,
  findBackendFactory,
  getBackend,
  getKernel,
  getKernelsForBackend,
  registerKernel,
  setBackend,
  Tensor,
  tensor,
  unregisterKernel,
  Variable,
  zeros,
  type DataType,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { byteTensor, picksRows, scaledBytesOf } from '../core/byte-tensor.ts'
import { quietBackend } from '../core/quiet-backend.ts'
import { dispose, keptAside, scoped } from '../core/scope.ts'
import { CompileError } from '../core/scan.ts'
import { leaves, map, paths, type Tree } from '../core/tree.ts'
import { registerUniform } from './random.ts'
import {
  shareConstants,
  valuesOf,
  type Constant,
  type Node,
  type Program,
  type Ref,
  type Values,
} from './program.ts'
import { zeroProduct } from './unread-products.ts'

/** A function cannot be traced: the message says why. */
export class TraceError extends CompileError {
  override readonly name = 'TraceError'
}

/** Kernels whose results do not depend on their inputs alone. */
const RANDOM = new Set(['Multinomial'])

/** Kernels that may be given without some of their inputs: which ones are there is part of the program. */
const OPTIONAL = new Set(['_FusedMatMul', 'FusedConv2D', 'FusedDepthwiseConv2D', 'FusedBatchNorm'])

/** A tensor, or a list or record of them. */
type KernelInputs =
  TensorInfo | null | undefined | readonly KernelInputs[] | { readonly [name: string]: KernelInputs }

const isList = (inputs: object): inputs is readonly KernelInputs[] => Array.isArray(inputs)

const isTensorInfo = (inputs: object): inputs is TensorInfo => 'dataId' in inputs

type Known = { readonly dtype: DataType; readonly shape: readonly number[]; readonly ref: Ref }

/**
 * What is recorded while the function runs. `known` maps the data of a tensor to its references, `copies` the data of a captured
 * tensor of another backend to a copy on that of the trace.
 */
type Recording = {
  readonly nodes: Node[]
  readonly constants: Constant[]
  readonly known: Map<object, Known[]>
  readonly copies: Map<object, Tensor>
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean => String(a) === String(b)

const know = ({ known }: Recording, { dataId, dtype, shape }: TensorInfo, ref: Ref): void => {
  const before = known.get(dataId) ?? []
  known.set(dataId, [{ dtype, shape: [...shape], ref }, ...before])
}

/** The backend that has the numbers of a tensor. */
const homeOf = ({ dataId }: TensorInfo) => engine().state.tensorInfo.get(dataId)?.backend ?? backend()

/** The numbers of a captured tensor, from the backend that has them: they are not moved to that of the trace. */
const capturedValues = (info: TensorInfo): Values => {
  const values = homeOf(info).readSync(info.dataId)
  if (Array.isArray(values)) throw new TraceError('a tensor of strings cannot be in a program')
  return valuesOf(info.dtype, values).slice()
}

/** What a kernel can read: a tensor of another backend is copied, but not bytes where the kernel picks rows of them. */
const readable = ({ copies }: Recording, info: TensorInfo, areRowsPicked: boolean): TensorInfo => {
  if (homeOf(info) === backend() || (areRowsPicked && scaledBytesOf(info) !== undefined)) return info
  const copy = copies.get(info.dataId) ?? keptAside(tensor(capturedValues(info), info.shape, info.dtype))
  copies.set(info.dataId, copy)
  return { dataId: copy.dataId, shape: info.shape, dtype: info.dtype }
}

/**
 * The reference of a tensor that a kernel reads. Tensors that share their data under another shape (a reshape without
 * a kernel) are distinguished; a tensor that is neither an argument nor a result is a constant that the function
 * captured.
 */
const refOf = (recording: Recording, info: TensorInfo): Ref => {
  const handles = recording.known.get(info.dataId)
  const exact = handles?.find(({ dtype, shape }) => dtype === info.dtype && sameShape(shape, info.shape))
  if (exact !== undefined) return exact.ref
  const other = handles?.at(-1)
  if (other !== undefined) {
    const ref: Ref = { kind: 'node', index: recording.nodes.length, output: 0 }
    const kernel = other.dtype === info.dtype ? 'Reshape' : 'Cast'
    const attributes = kernel === 'Reshape' ? { shape: [...info.shape] } : { dtype: info.dtype }
    recording.nodes.push({
      kernel,
      inputs: [other.ref],
      attributes,
      outputs: [{ dtype: info.dtype, shape: [...info.shape] }],
    })
    know(recording, info, ref)
    return ref
  }
  if (info instanceof Variable) throw captured(info)
  const ref: Ref = { kind: 'constant', index: recording.constants.length }
  recording.constants.push({ dtype: info.dtype, shape: [...info.shape], values: capturedValues(info) })
  know(recording, info, ref)
  return ref
}

const captured = ({ name }: { readonly name: string }): TraceError =>
  new TraceError(
    `the function uses the variable ${name}, whose value a program cannot follow: pass the value as an argument, and return the new one`,
  )

/** The inputs of a kernel as it can read them. */
const readableInputs = (recording: Recording, inputs: KernelInputs, areRowsPicked: boolean): KernelInputs => {
  const readableOne = (one: KernelInputs) => readableInputs(recording, one, areRowsPicked)
  if (inputs === undefined || inputs === null) return inputs
  if (isList(inputs)) return inputs.map(readableOne)
  return isTensorInfo(inputs)
    ? readable(recording, inputs, areRowsPicked)
    : Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, readableOne(one)]))
}

/** The same kernel, which records each call that another kernel does not make. */
const wrapped = (config: KernelConfig, recording: Recording, depth: { now: number }): KernelConfig => ({
  ...config,
  kernelFunc: params => {
    if (depth.now > 0) return config.kernelFunc(params)
    if (RANDOM.has(config.kernelName))
      throw new TraceError(
        `${config.kernelName} draws random numbers, the same in each step: draw them outside and pass them as an argument, or use uniform, normal or dropout of network2/compiler with a key`,
      )
    const given = Object.entries(
      params.inputs as Readonly<Record<string, TensorInfo | TensorInfo[] | null | undefined>>,
    ).filter(([, info]) => info !== undefined && info !== null)
    const inputs = given.flatMap(([, info]) => info ?? []).map(info => refOf(recording, info))
    const inputNames = OPTIONAL.has(config.kernelName) ? { inputNames: given.map(([name]) => name) } : {}
    depth.now++
    try {
      const result =
        zeroProduct(config.kernelName, params) ??
        config.kernelFunc({
          ...params,
          inputs: readableInputs(
            recording,
            params.inputs,
            picksRows(config.kernelName, params.attrs),
          ) as typeof params.inputs,
        })
      const outputs = Array.isArray(result) ? result : [result]
      const index = recording.nodes.length
      recording.nodes.push({
        kernel: config.kernelName,
        inputs,
        attributes: { ...structuredClone(params.attrs ?? {}), ...inputNames },
        outputs: outputs.map(({ dtype, shape }) => ({ dtype, shape: [...shape] })),
      })
      outputs.forEach((info, output) => know(recording, info, { kind: 'node', index, output }))
      return result
    } finally {
      depth.now--
    }
  },
})

/** How to undo what the traces that are under way have changed in TensorFlow.js. */
const underWay: (() => void)[] = []

/** Runs `work`, and then undoes what was changed for it. */
const untilDone = <R>(undo: () => void, work: () => R): R => {
  underWay.push(undo)
  try {
    return work()
  } finally {
    underWay.pop()?.()
  }
}

/** Ends the traces of a computation that was terminated, as Ctrl-C does in a REPL: its `finally` blocks have not run. */
export const abandonTraces = (): void => {
  for (const undo of underWay.splice(0).toReversed()) undo()
}

/** Replaces the kernels by their wrappers while `work` runs. */
const recordKernels = <R>(recording: Recording, work: () => R): R => {
  // a kernel that is first registered while the function runs would not be recorded
  registerUniform()
  const name = getBackend()
  const configs = getKernelsForBackend(name)
  const depth = { now: 0 }
  const swap = (to: (config: KernelConfig) => KernelConfig): void => {
    for (const config of configs) {
      if ((getKernel(config.kernelName, name) as unknown) != null) unregisterKernel(config.kernelName, name)
      registerKernel(to(config))
    }
  }
  const assign = Object.getOwnPropertyDescriptor(Variable.prototype, 'assign')!
  const undo = (): void => {
    Object.defineProperty(Variable.prototype, 'assign', assign)
    swap(config => config)
  }
  return untilDone(undo, () => {
    swap(config => wrapped(config, recording, depth))
    Variable.prototype.assign = function (this: Variable, value) {
      // a variable that the function makes of an argument has known data
      if (!recording.known.has(this.dataId)) throw captured(this)
      ;(assign.value as Variable['assign']).call(this, value)
    }
    return work()
  })
}

/** The backend on which functions are traced, where the program has loaded it. */
const TRACING_BACKEND = 'cpu'

/** Runs `work` on the backend of traces. For the caller nothing changes: neither the backend, nor where a tensor has its numbers. */
const onTracingBackend = ({ copies }: Recording, work: () => void): void => {
  const before = getBackend()
  const isOther = before !== TRACING_BACKEND && (findBackendFactory(TRACING_BACKEND) as unknown) != null
  const undo = (): void => {
    dispose([...copies.values()])
    // it is set when the call returns: the promise is for backends that are initialized first
    if (isOther) void setBackend(before)
  }
  untilDone(undo, () => {
    if (isOther) {
      void setBackend(TRACING_BACKEND)
      quietBackend()
    }
    try {
      work()
    } catch (error) {
      const missing = error instanceof Error && /^Kernel '(.+)' not registered/.exec(error.message)
      if (!missing) throw error
      throw new TraceError(`the kernel ${missing[1]} is not supported by the compiler`, { cause: error })
    }
  })
}

/** Whether a function is being traced. */
export const isTracing = (): boolean => underWay.length > 0

/** Makes it an error to read a tensor or draw a random number while `work` runs: a program can do neither. */
const forbidding = <R>(work: () => R): R => {
  const refuse = (reason: string) => (): never => {
    throw new TraceError(reason)
  }
  const tfEngine = engine()
  const { random } = Math
  const read = refuse('a tensor is read while the function is traced: a program cannot depend on its numbers')
  const asynchronous = (['data', 'bytes', 'buffer', 'array'] as const).map(
    name => [name, Object.getOwnPropertyDescriptor(Tensor.prototype, name)!] as const,
  )
  const undo = (): void => {
    for (const name of ['read', 'readSync']) Reflect.deleteProperty(tfEngine, name)
    Math.random = random
    for (const [name, method] of asynchronous) Object.defineProperty(Tensor.prototype, name, method)
  }
  return untilDone(undo, () => {
    // own properties shadow the methods of the class until they are deleted
    Object.assign(tfEngine, { read, readSync: read })
    // at once, and not by a promise that nobody may wait for
    for (const [name] of asynchronous) Tensor.prototype[name] = read
    Math.random = refuse(
      'random numbers are drawn while the function is traced, and would be the same in each step: draw them outside and pass them as an argument, or use uniform, normal or dropout of network2/compiler with a key',
    )
    return work()
  })
}

/** Its numbers do not matter, and zeros are in the range of any index. Bytes stay bytes: a training set is large. */
const zerosLikeArgument = (leaf: Tensor): Tensor => {
  const given = scaledBytesOf(leaf)
  const { shape, dtype } = leaf
  return given === undefined
    ? zeros(shape, dtype)
    : byteTensor(new Uint8Array(given.bytes.length), shape as [number, number], given.divisor)
}

/** The arguments of a traced function, each with its name in the program. */
export type Arguments<A extends readonly Tree[]> = {
  readonly [K in keyof A]: readonly [name: string, tree: A[K]]
}

/**
 * The program of a function.
 *
 * @param f a pure function of the arguments' trees; it runs once, on zeros like the example. A branch on a shape is fixed by the
 *          example; a branch on a number is an error
 * @param args an example of the arguments, with their names. Only their dtypes and shapes count
 * @returns its inputs are the leaves of the arguments, its outputs those of the result, from left to right
 * @throws TraceError when the result does not depend on the arguments alone
 */
export const trace = <A extends readonly Tree[]>(f: (...args: A) => Tree, args: Arguments<A>): Program => {
  const recording: Recording = { nodes: [], constants: [], known: new Map(), copies: new Map() }
  const inputs = args.flatMap(([name, tree]) => {
    const names = paths(tree, name)
    return leaves(tree).map(({ dtype, shape }, i) => ({ name: names[i]!, dtype, shape: [...shape] }))
  })
  let outputs: readonly Ref[] = []
  onTracingBackend(recording, () => {
    scoped(() => {
      const examples = args.map(([, tree]) => map(tree, zerosLikeArgument))
      examples.flatMap(leaves).forEach((leaf, index) => know(recording, leaf, { kind: 'input', index }))
      // each tree kept its form
      const result = forbidding(() =>
        recordKernels(recording, () => f(...(examples as readonly Tree[] as A))),
      )
      outputs = leaves(result).map(leaf => refOf(recording, leaf))
      return []
    })()
  })
  return shareConstants({ inputs, constants: recording.constants, nodes: recording.nodes, outputs })
}
