/**
 * From a step's program to a graph of TensorFlow: the loop of a scan over it, which XLA compiles as a whole.
 */
import type { DataType } from '@tensorflow/tfjs-core'
import { CompileError } from '../../core/scan.ts'
import { specOf, type Program, type Ref, type Spec } from '../program.ts'
import { checkStateKinds, type StepLayout } from '../rows.ts'
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

/** The rows of a chunk: a graph is for as many, whatever the number of steps is, because XLA compiles for fixed shapes. */
const stackedBy = (rows: number, { dtype, shape }: Spec): Spec => ({ dtype, shape: [rows, ...shape] })

/** The stacked outputs with those of one step written at its row. */
const withRow = (
  graph: GraphBuilder,
  stack: string,
  row: string,
  { dtype, shape }: Spec,
  at: string,
): string => {
  const zero = graph.constant('int32', 0)
  const expanded = graph.op(
    'ExpandDims',
    [row, zero],
    { T: P.dtype(dtype), Tdim: P.dtype('int32') },
    'output',
  )
  const place = [at, ...shape.map(() => zero)]
  const indices = graph.op(
    'Pack',
    place,
    { T: P.dtype('int32'), N: P.int(place.length), axis: P.int(0) },
    'output',
  )
  return graph.op(
    'XlaDynamicUpdateSlice',
    [stack, expanded, indices],
    { T: P.dtype(dtype), Tindices: P.dtype('int32') },
    'output',
  )
}

/**
 * The loop of a scan as one graph: from the number of steps, the state, the constants and the stacked per-step inputs to the
 * state after the steps and the stacked outputs of the steps.
 *
 * @param capacity the rows of the stacked inputs and outputs, of which as many are used as there are steps
 */
export const scanGraph = (step: Program, layout: StepLayout, capacity: number): Callable => {
  checkStateKinds(step, layout)
  const { carried, rows } = layout
  const firstRow = step.inputs.length - rows
  const state = step.inputs.slice(0, carried)
  const constants = step.inputs.slice(carried, firstRow)
  const stacks = step.inputs.slice(firstRow).map(spec => stackedBy(capacity, spec))
  const outputs = step.outputs.slice(carried).map(ref => specOf(step, ref))
  const buffers = outputs.map(spec => stackedBy(capacity, spec))

  const given: readonly Spec[] = [SCALAR, ...state, ...constants, ...stacks]
  const all: readonly Spec[] = [SCALAR, ...given, ...buffers]
  const names = all.map((_, i) => `arg${i}`)
  const [at, to] = [names[0]!, names[1]!]
  const args = all.map(({ dtype }, i) => [names[i]!, dtype] as const)
  const types = all.map(({ dtype }) => dtype)
  const firstStack = 2 + firstRow

  const cond = define('cond', args, ['bool'], graph => [
    graph.op('Less', [at, to], { T: P.dtype('int32') }, 'z'),
  ])
  const body = define('body', args, types, graph => {
    const row = stacks.map(({ dtype }, i) =>
      graph.op(
        'GatherV2',
        [names[firstStack + i]!, at, graph.constant('int32', 0)],
        {
          Tparams: P.dtype(dtype),
          Tindices: P.dtype('int32'),
          Taxis: P.dtype('int32'),
          batch_dims: P.int(0),
        },
        'output',
      ),
    )
    const results = write(step, [...names.slice(2, firstStack), ...row], graph)
    const next = graph.op('AddV2', [at, graph.constant('int32', 1)], { T: P.dtype('int32') }, 'z')
    const written = outputs.map((spec, i) =>
      withRow(graph, names[firstStack + rows + i]!, results[carried + i]!, spec, at),
    )
    return [
      next,
      to,
      ...results.slice(0, carried),
      ...names.slice(2 + carried, firstStack + rows),
      ...written,
    ]
  })
  const entry = define(
    'scan',
    given.map(({ dtype }, i) => [names[1 + i]!, dtype] as const),
    [...state, ...buffers].map(({ dtype }) => dtype),
    graph => {
      const empty = buffers.map(({ dtype, shape }) =>
        graph.op(
          'Fill',
          [graph.constant('int32', shape), graph.constant(dtype, 0)],
          { T: P.dtype(dtype), index_type: P.dtype('int32') },
          'output',
        ),
      )
      const loop = graph.op(
        'StatelessWhile',
        [graph.constant('int32', 0), ...names.slice(1, 1 + given.length), ...empty],
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
      const result = (index: number): string => loop.replace(/0$/, String(index))
      return [...state.map((_, i) => result(i + 2)), ...buffers.map((_, i) => result(firstStack + rows + i))]
    },
    MUST_COMPILE,
  )
  return calling(entry, [cond, body], given, carried + buffers.length)
}
