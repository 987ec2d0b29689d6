/**
 * Kernels that are loops of their own: they move numbers about, or make one number of many.
 */
import type { DataType } from '@tensorflow/tfjs-core'
import type { Node, Spec } from '../program.ts'
import { TraceError } from '../trace.ts'
import type { Code } from './assembler.ts'
import {
  clear,
  copy,
  f32,
  f32x4,
  i32,
  i32x4,
  local,
  let_,
  mulAdd,
  for_,
  unreachable,
  v128,
  if_,
  type I32,
  type Local,
  type Locals,
  type V128,
} from './code.ts'
import { axesOf } from '../passes/shapes.ts'
import { bytesOf, paddedLayout, LANES, VECTOR } from './layout.ts'
import type { TensorBuffer, TensorBuffers } from './buffer.ts'
import { eachEntry, entriesOf, tile } from './matmul.ts'

type Lowering = (fn: Locals, node: Node, inputs: TensorBuffers, output: TensorBuffer) => Code

/** Rows of up to so many vectors are moved vector by vector. */
const SHORT = 16

const gatherSparse: Lowering = (fn, _node, [table, indices], output) => {
  const { rows, pitch } = paddedLayout(output.spec)
  const column = local(fn, 'i32')
  return [
    clear(i32.const(output.address), i32.const(bytesOf(output.spec))),
    for_(fn, { to: rows }, row => {
      const { code, from, to } = entriesOf(fn, table!, indices!, row)
      return [
        code,
        eachEntry(from, to, (entry, offset) => [
          column.set(i32.add(i32.mul(row, i32.const(pitch)), i32.shl(i32.load(entry, offset), i32.const(2)))),
          // added, for what only fills up a group is a zero in some column
          f32.store(
            column,
            f32.add(f32.load(column, output.address), f32.load(entry, offset + 4)),
            output.address,
          ),
        ]),
      ]
    }),
  ]
}

const gatherDense: Lowering = (fn, _node, [table, indices], output) => {
  const { rows, pitch, vectors } = paddedLayout(output.spec)
  const [index, from, to] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  const start = table!.table === undefined ? i32.const(table!.address) : i32.load(i32.const(table!.address))
  return for_(fn, { to: rows }, row => [
    index.set(i32.load(i32.shl(row, i32.const(2)), indices!.address)),
    if_(i32.geU(index, i32.const(paddedLayout(table!.spec).rows)), unreachable),
    from.set(i32.add(start, i32.mul(index, i32.const(pitch)))),
    to.set(i32.add(i32.const(output.address), i32.mul(row, i32.const(pitch)))),
    vectors <= SHORT
      ? Array.from({ length: vectors }, (_, j) => v128.store(to, v128.load(from, j * VECTOR), j * VECTOR))
      : copy(to, from, i32.const(pitch)),
  ])
}

const gather: Lowering = (fn, node, inputs, output) => {
  const [table, indices] = inputs as [TensorBuffer, TensorBuffer]
  const plain = Number(node.attributes.axis) === 0 && Number(node.attributes.batchDims ?? 0) === 0
  if (!plain || table.spec.shape.length !== 2 || indices.spec.shape.length !== 1)
    throw new TraceError('the kernel GatherV2 has a lowering for rows of a matrix only')
  return (table.table === 'sparse' ? gatherSparse : gatherDense)(fn, node, inputs, output)
}

/** Four vectors turned: their first numbers, their second numbers, and so on. */
const turnFour = (
  fn: Locals,
  rows: readonly V128[],
): { readonly code: Code; readonly columns: readonly V128[] } => {
  const [a, b, c, d] = rows as [V128, V128, V128, V128]
  const pairs = [
    let_(fn, v128.shuffle(a, b, 0, 4, 1, 5)),
    let_(fn, v128.shuffle(c, d, 0, 4, 1, 5)),
    let_(fn, v128.shuffle(a, b, 2, 6, 3, 7)),
    let_(fn, v128.shuffle(c, d, 2, 6, 3, 7)),
  ]
  const [ab, cd, AB, CD] = pairs.map(({ value }): V128 => value) as [V128, V128, V128, V128]
  return {
    code: pairs.map(({ code }) => code),
    columns: [
      v128.shuffle(ab, cd, 0, 1, 4, 5),
      v128.shuffle(ab, cd, 2, 3, 6, 7),
      v128.shuffle(AB, CD, 0, 1, 4, 5),
      v128.shuffle(AB, CD, 2, 3, 6, 7),
    ],
  }
}

/** Cuts 0 … count into steps of four, the last of which may be shorter. */
const byFours = (fn: Locals, count: number, body: (at: I32, size: number) => Code): Code => {
  const rest = count % LANES
  return [
    for_(fn, { to: count - rest, step: LANES }, at => body(at, LANES)),
    rest > 0 ? body(i32.const(count - rest), rest) : [],
  ]
}

const transpose: Lowering = (fn, _node, [input], output) => {
  const from = paddedLayout(input!.spec)
  const to = paddedLayout(output.spec)
  const [source, target] = [local(fn, 'i32'), local(fn, 'i32')]
  return byFours(fn, from.rows, (row, rows) =>
    byFours(fn, from.columns, (column, columns) => {
      const lines = Array.from({ length: LANES }, (_, i) =>
        let_(fn, i < rows ? v128.load(source, input!.address + i * from.pitch) : f32x4.const(0)),
      )
      const turned = turnFour(
        fn,
        lines.map(({ value }) => value),
      )
      return [
        source.set(i32.add(i32.mul(row, i32.const(from.pitch)), i32.shl(column, i32.const(2)))),
        target.set(i32.add(i32.mul(column, i32.const(to.pitch)), i32.shl(row, i32.const(2)))),
        lines.map(({ code }) => code),
        turned.code,
        turned.columns
          .slice(0, columns)
          .map((line, j) => v128.store(target, line, output.address + j * to.pitch)),
      ]
    }),
  )
}

const reshape: Lowering = (fn, _node, [input], output) => {
  const from = paddedLayout(input!.spec)
  const to = paddedLayout(output.spec)
  if (from.columns === to.columns)
    return copy(i32.const(output.address), i32.const(input!.address), i32.const(bytesOf(output.spec)))
  const [target, column] = [local(fn, 'i32'), local(fn, 'i32')]
  return [
    clear(i32.const(output.address), i32.const(bytesOf(output.spec))),
    target.set(i32.const(0)),
    column.set(i32.const(0)),
    for_(fn, { to: from.rows * from.pitch, step: from.pitch }, row =>
      for_(fn, { to: from.columns * 4, step: 4 }, at => [
        i32.store(target, i32.load(i32.add(row, at), input!.address), output.address),
        target.set(i32.add(target, i32.const(4))),
        column.set(i32.add(column, i32.const(1))),
        if_(i32.eq(column, i32.const(to.columns)), [
          column.set(i32.const(0)),
          target.set(i32.add(target, i32.const(to.pitch - 4 * to.columns))),
        ]),
      ]),
    ),
  ]
}

type Fold = {
  readonly empty: V128
  readonly join: (a: V128, b: V128) => V128
  /** Whether the zeros that fill a row up do no harm. */
  readonly ignoresZeros: boolean
}

const foldOf = (kernel: string, dtype: DataType): Fold => {
  const float = dtype === 'float32'
  const most = float ? f32x4.const(Infinity) : i32x4.const(0x7fffffff)
  const least = float ? f32x4.const(-Infinity) : i32x4.const(-0x80000000)
  switch (kernel) {
    case 'Max':
      return { empty: least, join: float ? f32x4.max : i32x4.max, ignoresZeros: false }
    case 'Min':
      return { empty: most, join: float ? f32x4.min : i32x4.min, ignoresZeros: false }
    default:
      return { empty: i32x4.const(0), join: float ? f32x4.add : i32x4.add, ignoresZeros: true }
  }
}

/** All of a vector's numbers joined into its first one. */
const across = (fn: Locals, a: Local<'v128'>, join: Fold['join']): Code => {
  const half = let_(fn, join(a, v128.shuffle(a, a, 2, 3, 0, 1)))
  return [half.code, a.set(join(half.value, v128.shuffle(half.value, half.value, 1, 0, 3, 2)))]
}

/** Sums kept apart while a row is read: one would wait for itself. */
const APART = 4

/** What is reduced: each row to a number of its own, or all of them to one. */
const reductionKind = (node: Node, spec: Spec): 'rows' | 'all' => {
  const axes = axesOf(node, spec)
  const kept = spec.shape.filter((_, i) => !axes.includes(i)).reduce((a, b) => a * b, 1)
  if (kept === 1) return 'all'
  if (spec.shape.length === 2 && String(axes) === '1') return 'rows'
  throw new TraceError(
    `the kernel ${node.kernel} has no lowering along ${axes.join()} of [${spec.shape.join()}]`,
  )
}

const reduction: Lowering = (fn, node, [input], output) => {
  const { rows, columns, vectors, pitch } = paddedLayout(input!.spec)
  const { empty, join, ignoresZeros } = foldOf(node.kernel, input!.spec.dtype)
  const used = columns - (vectors - 1) * LANES
  const bits = (lane: number): number => (lane < used ? -1 : 0)
  const mask = v128.ints(bits(0), bits(1), bits(2), bits(3))
  const masked = used < LANES && !ignoresZeros
  const whole = masked ? vectors - 1 : vectors
  const sums = Array.from({ length: Math.min(APART, Math.max(1, whole)) }, () => local(fn, 'v128'))
  const [first, ...others] = sums as [Local<'v128'>, ...Local<'v128'>[]]
  const at = local(fn, 'i32')
  const clearAll = sums.map(sum => sum.set(empty))
  const stride = sums.length * VECTOR
  const rest = whole % sums.length
  const joinRow = (row: I32): Code => [
    for_(fn, { to: (whole - rest) * VECTOR, step: stride }, column => [
      at.set(i32.add(row, column)),
      sums.map((sum, j) => sum.set(join(sum, v128.load(at, input!.address + j * VECTOR)))),
    ]),
    at.set(row),
    sums
      .slice(0, rest)
      .map((sum, j) => sum.set(join(sum, v128.load(at, input!.address + (whole - rest + j) * VECTOR)))),
    masked
      ? first.set(join(first, v128.select(v128.load(at, input!.address + whole * VECTOR), empty, mask)))
      : [],
  ]
  const joinAll = [others.map(other => first.set(join(first, other))), across(fn, first, join)]
  if (reductionKind(node, input!.spec) === 'all')
    return [
      clearAll,
      for_(fn, { to: rows * pitch, step: pitch }, joinRow),
      joinAll,
      v128.store(i32.const(output.address), v128.and(first, v128.ints(-1, 0, 0, 0))),
    ]
  const perRow = node.attributes.keepDims === true ? VECTOR : 4
  const target = let_(fn, i32.const(0))
  return [
    clear(i32.const(output.address), i32.const(bytesOf(output.spec))),
    target.code,
    for_(fn, { to: rows * pitch, step: pitch }, row => [
      clearAll,
      joinRow(row),
      joinAll,
      v128.storeFirst(target.value, first, output.address),
      target.value.set(i32.add(target.value, i32.const(perRow))),
    ]),
  ]
}

/** The place of the first of the largest numbers of a row; a NaN that is not the first is never the largest. */
const argMax: Lowering = (fn, node, [input], output) => {
  const { spec } = input!
  const { rows, columns, pitch } = paddedLayout(spec)
  if (
    spec.dtype !== 'float32' ||
    spec.shape.length > 2 ||
    String(axesOf(node, spec)) !== String(spec.shape.length - 1)
  )
    throw new TraceError(`the kernel ArgMax has no lowering for this axis, or for ${spec.dtype}`)
  const [most, number, place, at, target] = [
    local(fn, 'f32'),
    local(fn, 'f32'),
    local(fn, 'i32'),
    local(fn, 'i32'),
    local(fn, 'i32'),
  ]
  return [
    clear(i32.const(output.address), i32.const(bytesOf(output.spec))),
    target.set(i32.const(0)),
    for_(fn, { to: rows * pitch, step: pitch }, row => [
      most.set(f32.load(row, input!.address)),
      place.set(i32.const(0)),
      for_(fn, { from: 1, to: columns }, column => [
        at.set(i32.add(row, i32.shl(column, i32.const(2)))),
        number.set(f32.load(at, input!.address)),
        if_(f32.gt(number, most), [most.set(number), place.set(column)]),
      ]),
      i32.store(target, place, output.address),
      target.set(i32.add(target, i32.const(4))),
    ]),
  ]
}

/**
 * w - rate aᵀ d, or decay w - rate aᵀ d, for rows a of a sparse table, where w stands: each number that is not
 * zero changes one row of w. A decay of exactly 1 leaves w alone.
 */
const rankUpdate: Lowering = (fn, _node, inputs, output) => {
  const [w, table, rows, delta, rate, decay] = inputs as [
    TensorBuffer,
    TensorBuffer,
    TensorBuffer,
    TensorBuffer,
    TensorBuffer,
    TensorBuffer | undefined,
  ]
  const { rows: height, pitch, vectors } = paddedLayout(output.spec)
  const width = tile(vectors)
  const minusRate = let_(fn, f32x4.neg(v128.loadSplat(i32.const(rate.address))))
  const [at, number] = [local(fn, 'i32'), local(fn, 'v128')]
  const strip = (row: I32, column: I32, count: number): Code => {
    const { code, from, to } = entriesOf(fn, table, rows, row)
    const start = let_(fn, i32.add(i32.mul(row, i32.const(pitch)), column))
    const steps = Array.from({ length: count }, (_, j) =>
      let_(fn, f32x4.mul(minusRate.value, v128.load(start.value, delta.address + j * VECTOR))),
    )
    return [
      code,
      start.code,
      steps.map(step => step.code),
      eachEntry(from, to, (entry, offset) => [
        at.set(i32.add(i32.mul(i32.load(entry, offset), i32.const(pitch)), column)),
        number.set(v128.loadSplat(entry, offset + 4)),
        steps.map(({ value }, j) =>
          v128.store(
            at,
            mulAdd(number, value, v128.load(at, output.address + j * VECTOR)),
            output.address + j * VECTOR,
          ),
        ),
      ]),
    ]
  }
  const whole = Math.floor(vectors / width)
  const rest = vectors - whole * width
  return [
    w.address === output.address
      ? []
      : copy(i32.const(output.address), i32.const(w.address), i32.const(bytesOf(output.spec))),
    decay === undefined ? [] : scale(fn, decay, output, height * vectors),
    minusRate.code,
    for_(fn, { to: paddedLayout(delta.spec).rows }, row => [
      for_(fn, { to: whole * width * VECTOR, step: width * VECTOR }, column => strip(row, column, width)),
      rest > 0 ? strip(row, i32.const(whole * width * VECTOR), rest) : [],
    ]),
  ]
}

/** Vectors scaled in a turn. */
const AT_ONCE = 8

const scale = (fn: Locals, by: TensorBuffer, { address }: TensorBuffer, vectors: number): Code => {
  const factor = let_(fn, v128.loadSplat(i32.const(by.address)))
  const rest = vectors % AT_ONCE
  const some = (at: I32, count: number): Code =>
    Array.from({ length: count }, (_, j) =>
      v128.store(at, f32x4.mul(factor.value, v128.load(at, address + j * VECTOR)), address + j * VECTOR),
    )
  return if_(f32.ne(f32.load(i32.const(by.address)), f32.const(1)), [
    factor.code,
    for_(fn, { to: (vectors - rest) * VECTOR, step: AT_ONCE * VECTOR }, at => some(at, AT_ONCE)),
    some(i32.const((vectors - rest) * VECTOR), rest),
  ])
}

const STRUCTURE: Readonly<Record<string, Lowering>> = {
  ArgMax: argMax,
  GatherV2: gather,
  Max: reduction,
  Min: reduction,
  RankUpdate: rankUpdate,
  Reshape: reshape,
  Sum: reduction,
  Transpose: transpose,
}

/** The lowering of a kernel that is a loop of its own. */
export const dataMovement = (name: string): Lowering => {
  if (!Object.hasOwn(STRUCTURE, name)) throw new TraceError(`the kernel ${name} has no lowering`)
  return STRUCTURE[name]!
}
