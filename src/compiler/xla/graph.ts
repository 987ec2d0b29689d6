/**
 * From a step's program to a graph of TensorFlow: the loop of a scan over it, which XLA compiles as a whole.
 */
import type { DataType } from '@tensorflow/tfjs-core'
import { CompileError } from '../../core/scan.ts'
import { specOf, type Program, type Ref, type Spec } from '../program.ts'
import { checkStateKinds } from '../rows.ts'
import { lowerings, type GraphBuilder } from './ops.ts'
import * as P from './proto.ts'

/** Collects the nodes of a graph or a function. */
const writer = (
  named: (node: string, output: string) => string,
): GraphBuilder & { readonly nodes: P.NodeDef[] } => {
  const nodes: P.NodeDef[] = []
  const op: GraphBuilder['op'] = (kind, input, attr, output) => {
    const name = `${kind}_${nodes.length}`
    nodes.push({ name, op: kind, input, attr })
    return named(name, output)
  }
  const constant: GraphBuilder['constant'] = (dtype, values) => {
    const list = [values].flat()
    const typed =
      dtype === 'float32'
        ? Float32Array.from(list)
        : dtype === 'bool'
          ? Uint8Array.from(list)
          : Int32Array.from(list)
    return op('Const', [], P.constant(dtype, Array.isArray(values) ? [list.length] : [], typed), 'output')
  }
  return { nodes, op, constant }
}

/** The name of an output inside a function: the node, the output's name in the operation, the index. */
const inFunction = (node: string, output: string): string => `${node}:${output}:0`

/** Writes a program's nodes, and returns the names of its outputs. */
const write = (program: Program, inputs: readonly string[], graph: GraphBuilder): readonly string[] => {
  const constants = program.constants.map(({ dtype, shape, values }) =>
    graph.op('Const', [], P.constant(dtype, shape, values), 'output'),
  )
  const results: string[] = []
  const nameOf = (ref: Ref): string =>
    (ref.kind === 'input' ? inputs : ref.kind === 'constant' ? constants : results)[ref.index]!
  for (const { kernel, attributes, inputs: from, outputs } of program.nodes) {
    const lower = Object.hasOwn(lowerings, kernel) ? lowerings[kernel] : undefined
    const [output, ...more] = outputs
    if (lower === undefined || output === undefined || more.length > 0)
      throw new CompileError(`the kernel ${kernel} is not supported by the XLA engine`)
    results.push(
      lower(
        {
          kernel,
          attributes,
          inputs: from.map(nameOf),
          specs: from.map(ref => specOf(program, ref)),
          output,
        },
        graph,
      ),
    )
  }
  return program.outputs.map(nameOf)
}

const define = (
  name: string,
  inputs: readonly (readonly [name: string, dtype: DataType])[],
  outputs: readonly DataType[],
  body: (graph: GraphBuilder) => readonly string[],
  attr: P.AttributeMap = {},
): P.FunctionDef => {
  const graph = writer(inFunction)
  const results = body(graph)
  return {
    signature: {
      name,
      inputArg: inputs.map(([arg, dtype]) => P.arg(arg, dtype)),
      outputArg: outputs.map((dtype, i) => P.arg(`out${i}`, dtype)),
    },
    nodeDef: graph.nodes,
    ret: Object.fromEntries(results.map((result, i) => [`out${i}`, result])),
    attr,
  }
}

/** Without it TensorFlow would interpret what XLA cannot compile, and not say so. */
const MUST_COMPILE: P.AttributeMap = { _XlaMustCompile: P.bool(true) }

/** A graph, with the names of the inputs and outputs of a session that runs it. */
export type Callable = {
  readonly graph: P.GraphDef
  readonly inputs: readonly { readonly name: string; readonly spec: Spec }[]
  readonly outputs: readonly string[]
}

/** The graph that calls one function with all inputs. */
const calling = (
  entry: P.FunctionDef,
  library: readonly P.FunctionDef[],
  inputs: readonly Spec[],
  outputs: number,
): Callable => {
  const placeholders = inputs.map(({ dtype, shape }, i) => ({
    name: `in${i}`,
    op: 'Placeholder',
    input: [],
    attr: { dtype: P.dtype(dtype), shape: P.shape(shape) },
  }))
  const { inputArg, outputArg } = entry.signature
  const call: P.NodeDef = {
    name: 'call',
    op: 'PartitionedCall',
    input: placeholders.map(({ name }) => name),
    attr: {
      Tin: { list: { type: inputArg.map(({ type }) => type) } },
      Tout: { list: { type: outputArg.map(({ type }) => type) } },
      f: P.func(entry.signature.name),
      config: P.string(''),
      config_proto: P.string(''),
      executor_type: P.string(''),
      ...MUST_COMPILE,
    },
  }
  return {
    graph: { node: [...placeholders, call], library: { function: [...library, entry] } },
    inputs: placeholders.map(({ name }, i) => ({ name, spec: inputs[i]! })),
    outputs: Array.from({ length: outputs }, (_, i) => `call:${i}`),
  }
}

const SCALAR: Spec = { dtype: 'int32', shape: [] }

/**
 * The loop of a scan as one graph: from two counters, the state, the constants and the stacked per-step inputs to the
 * state after the steps from the first counter up to the second.
 *
 * @param step the program of (state, constants, row) -> state
 * @param stacks the leaves of the per-step inputs, each [N, …]: the last inputs of the step are rows of them
 */
export const scanGraph = (step: Program, stacks: readonly Spec[]): Callable => {
  const carried = step.outputs.length
  const constants = step.inputs.slice(carried, step.inputs.length - stacks.length)
  const state = step.inputs.slice(0, carried)
  checkStateKinds(step)

  const all: readonly Spec[] = [SCALAR, SCALAR, ...state, ...constants, ...stacks]
  const [at, to] = ['arg0', 'arg1']
  const names = all.map((_, i) => `arg${i}`)
  const args = all.map(({ dtype }, i) => [names[i]!, dtype] as const)
  const types = all.map(({ dtype }) => dtype)

  const cond = define('cond', args, ['bool'], graph => [
    graph.op('Less', [at, to], { T: P.dtype('int32') }, 'z'),
  ])
  const body = define('body', args, types, graph => {
    const rows = stacks.map(({ dtype }, i) =>
      graph.op(
        'GatherV2',
        [names[names.length - stacks.length + i]!, at, graph.constant('int32', 0)],
        {
          Tparams: P.dtype(dtype),
          Tindices: P.dtype('int32'),
          Taxis: P.dtype('int32'),
          batch_dims: P.int(0),
        },
        'output',
      ),
    )
    const inputs = [...names.slice(2, names.length - stacks.length), ...rows]
    const next = graph.op('AddV2', [at, graph.constant('int32', 1)], { T: P.dtype('int32') }, 'z')
    return [next, to, ...write(step, inputs, graph), ...names.slice(2 + carried)]
  })
  const entry = define(
    'scan',
    args,
    state.map(({ dtype }) => dtype),
    graph => {
      const loop = graph.op(
        'StatelessWhile',
        names,
        {
          T: P.dtypes(types),
          cond: P.func('cond'),
          body: P.func('body'),
          output_shapes: P.shapes(all.map(({ shape }) => shape)),
          parallel_iterations: P.int(1),
        },
        'output',
      )
      // the loop has one output, a list: its members are named by their index
      return state.map((_, i) => loop.replace(/0$/, String(i + 2)))
    },
    MUST_COMPILE,
  )
  return calling(entry, [cond, body], all, carried)
}
