/**
 * Where everything lies, decided before anything runs. A node's result may take the place of one that nobody will
 * read again; a new state is written over the old one as soon as nobody needs the old one.
 */
import { printSpec, same, sizeOf, specOf, type Node, type Program, type Ref } from '../program.ts'
import { TraceError } from '../trace.ts'
import type { FusedBody } from './fuse.ts'
import { sameShape } from './shapes.ts'
import { bytesOf, VECTOR } from '../emit/layout.ts'
import { outputOf } from './rewrite.ts'

/** A state that has to be moved into its place at the end of a step. */
export type Move = { readonly from: number; readonly to: number; readonly bytes: number }

/** Addresses, counted from the start of the program's own part of the memory. */
export type MemoryPlan = {
  /** Of a table it is the place of a pointer to it. */
  readonly inputs: readonly number[]
  readonly constants: readonly number[]
  readonly nodes: readonly number[]
  readonly moves: readonly Move[]
  readonly bytes: number
}

/** Whether a node may overwrite an input as it goes: it reads each number only to compute the one in its place. */
const mayOverwrite = ({ kernel, inputs, attributes, outputs: [output] }: Node, ref: Ref): boolean => {
  const places = inputs.flatMap((input, i) => (same(input, ref) ? [i] : []))
  if (places.length === 0) return true
  if (kernel === 'RankUpdate') return String(places) === '0'
  if (kernel !== 'Fused') return false
  const body = attributes.body as FusedBody
  return places.every(
    place =>
      sameShape(body.inputs[place]!, output!) &&
      body.nodes.every(
        inner =>
          !['BatchMatMul', 'SparseMatMul', 'Sum'].includes(inner.kernel) ||
          inner.inputs.every(input => input.kind !== 'input' || input.index !== place),
      ),
  )
}

/** The node that makes a state anew, when it may do so in the state's place. */
const madeInPlace = ({ nodes, outputs }: Program, state: number): number | undefined => {
  const ref: Ref = { kind: 'input', index: state }
  const output = outputs[state]!
  if (output.kind !== 'node' || outputs.some((other, i) => i !== state && same(other, ref))) return undefined
  if (outputs.findIndex(other => same(other, output)) !== state) return undefined
  const last = nodes.findLastIndex(({ inputs }) => inputs.some(input => same(input, ref)))
  return last <= output.index && mayOverwrite(nodes[output.index]!, ref) ? output.index : undefined
}

type Span = { readonly from: number; readonly bytes: number; readonly until: number }

/** The first gap that is wide enough, between the spans that are in use. */
const firstFit = (inUse: readonly Span[], start: number, bytes: number): number => {
  let address = start
  for (const span of inUse.toSorted((a, b) => a.from - b.from)) {
    if (span.from >= address + bytes) break
    address = Math.max(address, span.from + span.bytes)
  }
  return address
}

/** A plan for a step whose first inputs are its state. */
export const planMemory = (program: Program, tables: ReadonlySet<number>): MemoryPlan => {
  const { inputs, constants, nodes, outputs } = program
  for (const spec of [...inputs, ...constants, ...nodes.map(outputOf)])
    if (sizeOf(spec) === 0) throw new TraceError(`there is no lowering for nothing: ${printSpec(spec)}`)
  outputs.forEach((ref, i) => {
    const [before, after] = [printSpec(inputs[i]!), printSpec(specOf(program, ref))]
    if (before !== after)
      throw new TraceError(
        `a scan's state must keep its kind: ${inputs[i]!.name} was ${before} and became ${after}`,
      )
  })

  let end = 0
  const next = (bytes: number): number => (end += bytes) - bytes
  const inputPlaces = inputs.map((spec, i) => next(tables.has(i) ? VECTOR : bytesOf(spec)))
  const constantPlaces = constants.map(spec => next(bytesOf(spec)))

  const inPlace = new Map(
    outputs.flatMap((_, state) => {
      const index = madeInPlace(program, state)
      return index === undefined ? [] : [[index, state] as const]
    }),
  )
  const lastRead = nodes.map((_, index) => {
    const ref: Ref = { kind: 'node', index, output: 0 }
    return outputs.some(output => same(output, ref))
      ? Infinity
      : nodes.findLastIndex(node => node.inputs.some(input => same(input, ref)))
  })

  let spans: readonly Span[] = []
  let bytes = end
  const take = (size: number, until: number): number => {
    const from = firstFit(spans, end, size)
    spans = [...spans, { from, bytes: size, until }]
    bytes = Math.max(bytes, from + size)
    return from
  }
  const nodePlaces = nodes.map((node, i) => {
    spans = spans.filter(({ until }) => until >= i)
    const state = inPlace.get(i)
    return state === undefined ? take(bytesOf(outputOf(node)), lastRead[i]!) : inputPlaces[state]!
  })

  const placeOf = (ref: Ref): number =>
    (ref.kind === 'input' ? inputPlaces : ref.kind === 'constant' ? constantPlaces : nodePlaces)[ref.index]!
  const moved = outputs.flatMap((ref, state) => {
    const [from, to] = [placeOf(ref), inputPlaces[state]!]
    return from === to ? [] : [{ ref, from, to, bytes: bytesOf(inputs[state]!) }]
  })
  // a state that becomes another one is put aside first: its own place may be written before it is read
  const aside = moved.map(({ ref, bytes: size }) =>
    ref.kind === 'input' && ref.index < outputs.length ? take(size, Infinity) : undefined,
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
