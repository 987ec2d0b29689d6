/**
 * Strided copies, which can add up: slices, padding, tiles, any transpose, concatenation, broadcasts, the windows of a
 * convolution and back; and rows that are added by their number.
 */
import type { MoveNode, MovePart, SegmentSumNode, Stride } from '../kernel-program.ts'
import { sizeOf } from '../program.ts'
import type { BufferOf, TensorBuffer } from './buffer.ts'
import { isRagged } from './layout.ts'
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
  type Locals,
  type Code,
} from './code.ts'

/** Bytes from a number to the next one along an axis. */
const bytesAlong = ({ spec: { shape }, layout }: TensorBuffer, axis: number): number =>
  axis === shape.length - 1 ? 4 : shape.slice(axis + 1, -1).reduce((a, b) => a * b, layout.pitch)

const strideBytes = (buffer: TensorBuffer, stride: Stride | undefined): number =>
  stride === undefined ? 0 : stride[1] * bytesAlong(buffer, stride[0])

const placeBytes = (buffer: TensorBuffer, place: readonly number[]): number =>
  place.reduce((sum, at, axis) => sum + at * bytesAlong(buffer, axis), 0)

const below = (base: I32, counter: I32, stride: number): I32 =>
  stride === 0 ? base : i32.add(base, i32.mul(counter, i32.const(stride)))

/** Vectors of a row that are copied one by one, without a loop. */
const SHORT = 8

/** Copies, or adds, numbers that follow one another. */
const run = (fn: Locals, count: number, from: I32, to: I32, adds: boolean, isFloat: boolean): Code => {
  const add = isFloat ? f32x4.add : i32x4.add
  const vector = (source: I32, target: I32, offset: number): Code => {
    const value = v128.load(source, offset)
    return v128.store(target, adds ? add(v128.load(target, offset), value) : value, offset)
  }
  const { lanes } = fn.machine
  const whole = Math.floor(count / lanes)
  return [
    whole <= SHORT
      ? Array.from({ length: whole }, (_, j) => vector(from, to, j * lanes * 4))
      : for_(fn, { to: whole * lanes * 4, step: lanes * 4 }, at =>
          vector(i32.add(from, at), i32.add(to, at), 0),
        ),
    Array.from({ length: count % lanes }, (_, j) => one(from, to, (whole * lanes + j) * 4, adds, isFloat)),
  ]
}

const one = (from: I32, to: I32, offset: number, adds: boolean, isFloat: boolean): Code => {
  if (!adds) return i32.store(to, i32.load(from, offset), offset)
  return isFloat
    ? f32.store(to, f32.add(f32.load(to, offset), f32.load(from, offset)), offset)
    : i32.store(to, i32.add(i32.load(to, offset), i32.load(from, offset)), offset)
}

const movePart = (
  fn: Locals,
  { loops, from, to }: MovePart,
  input: TensorBuffer,
  output: TensorBuffer,
  adds: boolean,
): Code => {
  const isFloat = output.spec.dtype === 'float32'
  const walks = loops
    .filter(({ extent }) => extent !== 1)
    .map(loop => ({
      extent: loop.extent,
      from: strideBytes(input, loop.from),
      to: strideBytes(output, loop.to),
    }))
  const walk = (depth: number, source: I32, target: I32): Code => {
    const loop = walks[depth]
    if (loop === undefined) return one(source, target, 0, adds, isFloat)
    if (depth === walks.length - 1 && loop.from === 4 && loop.to === 4)
      return run(fn, loop.extent, source, target, adds, isFloat)
    return for_(fn, { to: loop.extent }, counter => {
      const [at, goal] = [
        let_(fn, below(source, counter, loop.from)),
        let_(fn, below(target, counter, loop.to)),
      ]
      return [at.code, goal.code, walk(depth + 1, at.value, goal.value)]
    })
  }
  return walk(
    0,
    i32.const(input.address + placeBytes(input, from)),
    i32.const(output.address + placeBytes(output, to)),
  )
}

/** Writes one number to every place of a tensor whose padding is zero. */
const fillWith = (fn: Locals, value: number, { address, spec, layout }: TensorBuffer): Code => {
  if (value === 0 || sizeOf(spec) === 0) return []
  const { bytes, columns, pitch } = layout
  const number = spec.dtype === 'float32' ? f32.const(value) : undefined
  return for_(fn, { to: bytes, step: pitch }, row =>
    for_(fn, { to: columns * 4, step: 4 }, column => {
      const at = i32.add(row, column)
      return number === undefined ? i32.store(at, i32.const(value), address) : f32.store(at, number, address)
    }),
  )
}

/** Whether a copy writes every number of the result. Its parts, and the turns of its loops, write different ones. */
const coversAll = ({ parts, adds }: MoveNode['attributes'], { spec }: TensorBuffer): boolean => {
  const sizes = parts.map(({ loops }) => loops.reduce((size, { extent }) => size * extent, 1))
  const goesOn = parts.every(({ loops }) => loops.every(({ extent, to }) => extent === 1 || to !== undefined))
  return !adds && goesOn && sizes.reduce((a, b) => a + b, 0) === sizeOf(spec)
}

/** Makes the numbers that fill up the last vector of each row zero, and those before them in it. */
const clearPadding = (fn: Locals, { address, layout }: TensorBuffer): Code => {
  const { pitch, vectorBytes, bytes } = layout
  return isRagged(layout)
    ? for_(fn, { to: bytes, step: pitch }, row =>
        v128.store(row, i32x4.const(0), address + pitch - vectorBytes),
      )
    : []
}

export const move = (fn: Locals, node: MoveNode, bufferOf: BufferOf, output: TensorBuffer): Code => {
  const { parts, fill, adds } = node.attributes
  return [
    coversAll(node.attributes, output)
      ? clearPadding(fn, output)
      : [clear(i32.const(output.address), i32.const(output.layout.bytes)), fillWith(fn, fill, output)],
    parts.map(part => movePart(fn, part, bufferOf(node.inputs[part.input]!), output, adds)),
  ]
}

/** A row with a number that the result does not have is left out, as TensorFlow does. */
export const segmentSum = (
  fn: Locals,
  { inputs }: SegmentSumNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
): Code => {
  const [x, numbers] = [bufferOf(inputs[0]), bufferOf(inputs[1])]
  const { rows, pitch } = x.layout
  const [index, from, to] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  return [
    clear(i32.const(output.address), i32.const(output.layout.bytes)),
    for_(fn, { to: rows }, row => [
      index.set(i32.load(i32.shl(row, i32.const(2)), numbers.address)),
      if_(i32.ltU(index, i32.const(output.layout.rows)), [
        from.set(i32.add(i32.const(x.address), i32.mul(row, i32.const(pitch)))),
        to.set(i32.add(i32.const(output.address), i32.mul(index, i32.const(pitch)))),
        run(fn, pitch / 4, from, to, true, output.spec.dtype === 'float32'),
      ]),
    ]),
  ]
}
