/**
 * Where each tensor of a step is in memory, decided before anything runs. A node's result may reuse the place of a
 * result that is not read again; a new state is written over the old one once the old one is no longer needed.
 */
import { CompileError } from '../../core/scan.ts'
import { bytesOf, wholeLines } from '../emit/layout.ts'
import type { LoopNode, LoopProgram } from '../kernel-program.ts'
import { printSpec, sameRef, sizeOf, type Ref } from '../program.ts'
import { checkStateKinds, type StepLayout } from '../rows.ts'
import { sameShape } from './shapes.ts'

/** A copy of a new state to its place at the end of a step. */
export type Move = { readonly from: number; readonly to: number; readonly bytes: number }

/** Addresses, relative to the start of the program's own part of the memory. */
export type MemoryPlan = {
  /** For a gather source the address of a pointer to it. */
  readonly inputs: readonly number[]
  readonly constants: readonly number[]
  readonly nodes: readonly number[]
  readonly moves: readonly Move[]
  readonly bytes: number
}

/** Whether a node may overwrite an input while it runs: it reads each number only to compute the one in its place. */
const mayOverwrite = (node: LoopNode, ref: Ref): boolean => {
  const positions = node.inputs.flatMap((input, i) => (sameRef(input, ref) ? [i] : []))
  if (positions.length === 0) return true
  if (node.kernel === 'RankUpdate') return String(positions) === '0'
  if (node.kernel !== 'Fused') return false
  const { body } = node.attributes
  return positions.every(
    position =>
      sameShape(body.inputs[position]!, node.outputs[0]) &&
      body.nodes.every(
        ({ kernel, inputs }) =>
          !['BatchMatMul', 'SparseMatMul', 'Sum'].includes(kernel) ||
          inputs.every(input => input.kind !== 'input' || input.index !== position),
      ),
  )
}

/** The node that computes a new state, if it may write it over the old one. */
const writesInPlace = ({ nodes, outputs }: LoopProgram, state: number): number | undefined => {
  const ref: Ref = { kind: 'input', index: state }
  const output = outputs[state]!
  if (output.kind !== 'node' || outputs.some((other, i) => i !== state && sameRef(other, ref)))
    return undefined
  if (outputs.findIndex(other => sameRef(other, output)) !== state) return undefined
  const last = nodes.findLastIndex(({ inputs }) => inputs.some(input => sameRef(input, ref)))
  return last <= output.index && mayOverwrite(nodes[output.index]!, ref) ? output.index : undefined
}

/** Memory in use until a node has run. */
type Span = { readonly from: number; readonly bytes: number; readonly until: number }

/** The first gap of this size between the spans in use. */
const firstFit = (inUse: readonly Span[], start: number, bytes: number): number => {
  let address = start
  for (const span of inUse.toSorted((a, b) => a.from - b.from)) {
    if (span.from >= address + bytes) break
    address = Math.max(address, span.from + span.bytes)
  }
  return address
}

/**
 * The plan of a step. What a step says is copied out before its moves.
 *
 * @param sources the gather sources among the inputs
 * @param lanes the numbers in a vector, to which rows are padded
 */
export const planMemory = (
  program: LoopProgram,
  sources: ReadonlySet<number>,
  layout: StepLayout,
  lanes: number,
): MemoryPlan => {
  const { inputs, constants, nodes, outputs } = program
  for (const spec of [...inputs, ...constants, ...nodes.map(node => node.outputs[0])])
    if (sizeOf(spec) === 0) throw new CompileError(`an empty tensor is not supported: ${printSpec(spec)}`)
  checkStateKinds(program, layout)
  const state = outputs.slice(0, layout.carried)

  // tensors begin at a line of the cache: two threads then own no part of the same
  let end = 0
  const next = (bytes: number): number => (end += wholeLines(bytes)) - wholeLines(bytes)
  const inputPlaces = inputs.map((spec, i) => next(sources.has(i) ? lanes * 4 : bytesOf(spec, lanes)))
  const constantPlaces = constants.map(spec => next(bytesOf(spec, lanes)))

  const inPlace = new Map(
    state.flatMap((_, position) => {
      const index = writesInPlace(program, position)
      return index === undefined ? [] : [[index, position] as const]
    }),
  )
  const lastRead = nodes.map((_, index) => {
    const ref: Ref = { kind: 'node', index, output: 0 }
    return outputs.some(output => sameRef(output, ref))
      ? Infinity
      : nodes.findLastIndex(node => node.inputs.some(input => sameRef(input, ref)))
  })

  let spans: readonly Span[] = []
  let bytes = end
  const take = (length: number, until: number): number => {
    const size = wholeLines(length)
    const from = firstFit(spans, end, size)
    spans = [...spans, { from, bytes: size, until }]
    bytes = Math.max(bytes, from + size)
    return from
  }
  const nodePlaces = nodes.map((node, i) => {
    spans = spans.filter(({ until }) => until >= i)
    const position = inPlace.get(i)
    return position === undefined
      ? take(bytesOf(node.outputs[0], lanes), lastRead[i]!)
      : inputPlaces[position]!
  })

  const placeOf = (ref: Ref): number =>
    (ref.kind === 'input' ? inputPlaces : ref.kind === 'constant' ? constantPlaces : nodePlaces)[ref.index]!
  const moved = state.flatMap((ref, position) => {
    const [from, to] = [placeOf(ref), inputPlaces[position]!]
    return from === to ? [] : [{ ref, from, to, bytes: bytesOf(inputs[position]!, lanes) }]
  })
  // a state that becomes another state is copied aside first: its own place may be written before it is read
  const aside = moved.map(({ ref, bytes: size }) =>
    ref.kind === 'input' && ref.index < state.length ? take(size, Infinity) : undefined,
  )
  return {
    inputs: inputPlaces,
    constants: constantPlaces,
    nodes: nodePlaces,
    moves: [
      ...moved.flatMap(({ from, bytes: size }, i) =>
        aside[i] === undefined ? [] : [{ from, to: aside[i], bytes: size }],
      ),
      ...moved.map(({ from, to, bytes: size }, i) => ({ from: aside[i] ?? from, to, bytes: size })),
    ],
    bytes,
  }
}
