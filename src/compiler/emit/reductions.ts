/**
 * Reductions: sums, maxima, minima, and the place of the maximum.
 */
import type { DataType } from '@tensorflow/tfjs-core'
import { CompileError } from '../../core/scan.ts'
import type { ArgMaxNode, ReductionNode, SumNode } from '../kernel-program.ts'
import type { Spec } from '../program.ts'
import { accumulators, lastVectorMask, type BlockSource } from './register-blocks.ts'
import type { BufferOf, TensorBuffer } from './buffer.ts'
import {
  clear,
  f32,
  f32x4,
  for_,
  i32,
  i32x4,
  if_,
  let_,
  local,
  v128,
  type I32,
  type Local,
  type Locals,
  type V128,
  type Code,
} from './code.ts'
import type { Share } from './layout.ts'

/** The sum of all rows, block by block: the start of a chain. */
export const sumOfRows = ({ inputs }: SumNode, bufferOf: BufferOf, { columns }: Share): BlockSource => {
  const input = bufferOf(inputs[0])
  const { bytes, pitch, vectorBytes } = input.layout
  return {
    size: { rows: 1, vectors: Math.min(8, columns.end - columns.first) },
    compute: (fn, { column, vectors }) => {
      const sums = accumulators(fn, vectors)
      const at = local(fn, 'i32')
      const code = [
        sums.map(sum => sum.set(f32x4.const(0))),
        for_(fn, { to: bytes, step: pitch }, row => [
          at.set(i32.add(row, column)),
          sums.map((sum, j) => sum.set(f32x4.add(sum, v128.load(at, input.address + j * vectorBytes)))),
        ]),
      ]
      return { code, values: sums }
    },
  }
}

type Monoid = {
  readonly empty: V128
  readonly combine: (a: V128, b: V128) => V128
  /** Whether zero is the empty element, so that the zeros which fill up a row do not change the result. */
  readonly zeroIsEmpty: boolean
}

const monoidOf = (kernel: ReductionNode['kernel'], dtype: DataType): Monoid => {
  const float = dtype === 'float32'
  const largest = float ? f32x4.const(Infinity) : i32x4.const(0x7fffffff)
  const smallest = float ? f32x4.const(-Infinity) : i32x4.const(-0x80000000)
  switch (kernel) {
    case 'Max':
      return { empty: smallest, combine: float ? f32x4.max : i32x4.max, zeroIsEmpty: false }
    case 'Min':
      return { empty: largest, combine: float ? f32x4.min : i32x4.min, zeroIsEmpty: false }
    case 'Sum':
      return { empty: i32x4.const(0), combine: float ? f32x4.add : i32x4.add, zeroIsEmpty: true }
  }
}

/** Independent partial results of a row, in numbers: with few, each step would wait for the one before. */
const PARTIAL = 16

/**
 * Combines the numbers of all partial results into the first number of the first: four by four in their order, then
 * halves of the four. So the order is the same for any number of lanes.
 */
const combineAll = (
  fn: Locals,
  partial: readonly [Local<'v128'>, ...Local<'v128'>[]],
  combine: Monoid['combine'],
): Code => {
  const fours = partial.flatMap(part =>
    Array.from({ length: fn.machine.lanes / 4 }, (_, i) => (i === 0 ? part : v128.rotate(part, 4 * i))),
  )
  const four = let_(fn, fours.reduce(combine))
  const half = let_(fn, combine(four.value, v128.rotate(four.value, 2)))
  return [four.code, half.code, partial[0].set(combine(half.value, v128.rotate(half.value, 1)))]
}

/** What is reduced to one number: each row, or the whole tensor. */
const reducedPart = ({ kernel, attributes: { axes } }: ReductionNode, { shape }: Spec): 'row' | 'all' => {
  const kept = shape.filter((_, i) => !axes.includes(i)).reduce((a, b) => a * b, 1)
  if (kept === 1) return 'all'
  if (shape.length === 2 && String(axes) === '1') return 'row'
  throw new CompileError(
    `the kernel ${kernel} of [${shape.join()}] along axis ${axes.join()} is not supported by the compiler`,
  )
}

export const reduction = (
  fn: Locals,
  node: ReductionNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
): Code => {
  const input = bufferOf(node.inputs[0])
  const { layout } = input
  const { bytes, vectors, vectorBytes, pitch } = layout
  const { empty, combine, zeroIsEmpty } = monoidOf(node.kernel, input.spec.dtype)
  const mask = zeroIsEmpty ? undefined : lastVectorMask(layout)
  const whole = mask === undefined ? vectors : vectors - 1
  const first = local(fn, 'v128')
  const others = accumulators(fn, Math.min(PARTIAL / fn.machine.lanes, Math.max(1, whole)) - 1)
  const partial = [first, ...others] as const
  const at = local(fn, 'i32')
  const clearAll = partial.map(sum => sum.set(empty))
  const stride = partial.length * vectorBytes
  const rest = whole % partial.length
  const addRow = (row: I32): Code => [
    for_(fn, { to: (whole - rest) * vectorBytes, step: stride }, column => [
      at.set(i32.add(row, column)),
      partial.map((sum, j) => sum.set(combine(sum, v128.load(at, input.address + j * vectorBytes)))),
    ]),
    at.set(row),
    partial
      .slice(0, rest)
      .map((sum, j) =>
        sum.set(combine(sum, v128.load(at, input.address + (whole - rest + j) * vectorBytes))),
      ),
    mask === undefined
      ? []
      : first.set(
          combine(first, v128.select(v128.load(at, input.address + whole * vectorBytes), empty, mask)),
        ),
  ]
  const reduce = combineAll(fn, partial, combine)
  if (reducedPart(node, input.spec) === 'all')
    return [
      clearAll,
      for_(fn, { to: bytes, step: pitch }, addRow),
      reduce,
      v128.store(i32.const(output.address), v128.and(first, v128.firstLanes(1))),
    ]
  const bytesPerRow = node.attributes.keepDims ? vectorBytes : 4
  const target = let_(fn, i32.const(0))
  return [
    clear(i32.const(output.address), i32.const(output.layout.bytes)),
    target.code,
    for_(fn, { to: bytes, step: pitch }, row => [
      clearAll,
      addRow(row),
      reduce,
      v128.storeFirst(target.value, first, output.address),
      target.value.set(i32.add(target.value, i32.const(bytesPerRow))),
    ]),
  ]
}

/** The place of the first of the largest numbers of each row. A NaN that is not the first number never counts. */
export const argMax = (
  fn: Locals,
  { inputs }: ArgMaxNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
): Code => {
  const input = bufferOf(inputs[0])
  const { bytes, columns, pitch } = input.layout
  const [largest, number] = [local(fn, 'f32'), local(fn, 'f32')]
  const [place, at, target] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  return [
    clear(i32.const(output.address), i32.const(output.layout.bytes)),
    target.set(i32.const(0)),
    for_(fn, { to: bytes, step: pitch }, row => [
      largest.set(f32.load(row, input.address)),
      place.set(i32.const(0)),
      for_(fn, { from: 1, to: columns }, column => [
        at.set(i32.add(row, i32.shl(column, i32.const(2)))),
        number.set(f32.load(at, input.address)),
        if_(f32.gt(number, largest), [largest.set(number), place.set(column)]),
      ]),
      i32.store(target, place, output.address),
      target.set(i32.add(target, i32.const(4))),
    ]),
  ]
}
