/**
 * The language in which kernels are written: WebAssembly's instructions as typed expressions. TypeScript checks the
 * operands and results of each instruction, and the text of a kernel reads like a loop.
 */
import { float32Bytes, signedLeb128, unsignedLeb128, type Code, type Kind } from './bytes.ts'

/** Code that leaves one value on the stack. */
export type Expr<K extends Kind> = { readonly kind: K; readonly code: Code }

export type I32 = Expr<'i32'>
export type F32 = Expr<'f32'>
/** Four lanes of 32 bits: floats, integers, or truth values (0 or 1; in a mask, all bits or none). */
export type V128 = Expr<'v128'>

export type Local<K extends Kind> = Expr<K> & { readonly set: (value: Expr<K>) => Code }

/** The locals of a function that is being written. */
export type Locals = { readonly kinds: Kind[]; readonly params: number }

export const locals = (params = 0): Locals => ({ kinds: [], params })

export const local = <K extends Kind>({ kinds, params }: Locals, kind: K): Local<K> => {
  const index = unsignedLeb128(params + kinds.push(kind) - 1)
  return { kind, code: [0x20, index], set: value => [value.code, 0x21, index] }
}

export const param = <K extends Kind>(index: number, kind: K): Local<K> => ({
  kind,
  code: [0x20, unsignedLeb128(index)],
  set: value => [value.code, 0x21, unsignedLeb128(index)],
})

/** Stores a value in a new local, so that it is computed once and can be read several times. */
export const let_ = <K extends Kind>(
  fn: Locals,
  value: Expr<K>,
): { readonly code: Code; readonly value: Local<K> } => {
  const variable = local(fn, value.kind)
  return { code: variable.set(value), value: variable }
}

type Operator<K extends Kind, R extends Kind = K> = (a: Expr<K>, b: Expr<K>) => Expr<R>
type Function1<K extends Kind, R extends Kind = K> = (a: Expr<K>) => Expr<R>

const i32Expr = (...code: readonly (number | Code)[]): I32 => ({ kind: 'i32', code })
const f32Expr = (...code: readonly (number | Code)[]): F32 => ({ kind: 'f32', code })
const v128Expr = (...code: readonly (number | Code)[]): V128 => ({ kind: 'v128', code })

const simd = (op: number): Code => [0xfd, unsignedLeb128(op)]
const lanes =
  (op: number): Operator<'v128'> =>
  (a, b) =>
    v128Expr(a.code, b.code, simd(op))
const lane =
  (op: number): Function1<'v128'> =>
  a =>
    v128Expr(a.code, simd(op))

const ints =
  (op: number): Operator<'i32'> =>
  (a, b) =>
    i32Expr(a.code, b.code, op)

/** The immediates of a load or store: the alignment (2^align bytes), and an offset that is added to the address. */
const at = (align: number, offset: number): Code => [align, unsignedLeb128(offset)]

export const i32 = {
  const: (value: number): I32 => i32Expr(0x41, signedLeb128(value)),
  add: ints(0x6a),
  sub: ints(0x6b),
  mul: ints(0x6c),
  and: ints(0x71),
  or: ints(0x72),
  shl: ints(0x74),
  eq: ints(0x46),
  ne: ints(0x47),
  ltU: ints(0x49),
  geU: ints(0x4f),
  /** How many of the lowest bits are 0, up to the first 1. */
  ctz: (a: I32): I32 => i32Expr(a.code, 0x68),
  /** How many bits are 1. */
  popcnt: (a: I32): I32 => i32Expr(a.code, 0x69),
  load8U: (address: I32, offset = 0): I32 => i32Expr(address.code, 0x2d, at(0, offset)),
  load: (address: I32, offset = 0): I32 => i32Expr(address.code, 0x28, at(2, offset)),
  store: (address: I32, value: I32, offset = 0): Code => [address.code, value.code, 0x36, at(2, offset)],
}

export const f32 = {
  const: (value: number): F32 => f32Expr(0x43, float32Bytes(value)),
  ne: (a: F32, b: F32): I32 => i32Expr(a.code, b.code, 0x5c),
  lt: (a: F32, b: F32): I32 => i32Expr(a.code, b.code, 0x5d),
  gt: (a: F32, b: F32): I32 => i32Expr(a.code, b.code, 0x5e),
  add: (a: F32, b: F32): F32 => f32Expr(a.code, b.code, 0x92),
  load: (address: I32, offset = 0): F32 => f32Expr(address.code, 0x2a, at(2, offset)),
  store: (address: I32, value: F32, offset = 0): Code => [address.code, value.code, 0x38, at(2, offset)],
}

export const v128 = {
  ints: (...values: readonly [number, number, number, number]): V128 =>
    v128Expr(simd(0x0c), ...new Uint8Array(Int32Array.from(values).buffer)),
  load: (address: I32, offset = 0): V128 => v128Expr(address.code, simd(0x00), at(2, offset)),
  /** One number in all four lanes. */
  loadSplat: (address: I32, offset = 0): V128 => v128Expr(address.code, simd(0x09), at(2, offset)),
  /** One number in the first lane, zeros in the others. */
  loadFirst: (address: I32, offset = 0): V128 => v128Expr(address.code, simd(0x5c), at(2, offset)),
  store: (address: I32, value: V128, offset = 0): Code => [
    address.code,
    value.code,
    simd(0x0b),
    at(2, offset),
  ],
  storeFirst: (address: I32, value: V128, offset = 0): Code => [
    address.code,
    value.code,
    simd(0x5a),
    at(2, offset),
    0,
  ],
  not: lane(0x4d),
  and: lanes(0x4e),
  or: lanes(0x50),
  xor: lanes(0x51),
  /** The bits of `a` where the mask is 1, those of `b` where it is 0. */
  select: (a: V128, b: V128, mask: V128): V128 => v128Expr(a.code, b.code, mask.code, simd(0x52)),
  /** The lanes with these numbers: 0 to 3 are those of `a`, 4 to 7 those of `b`. */
  shuffle: (a: V128, b: V128, ...places: readonly [number, number, number, number]): V128 =>
    v128Expr(a.code, b.code, simd(0x0d), ...places.flatMap(p => [4 * p, 4 * p + 1, 4 * p + 2, 4 * p + 3])),
}

export const f32x4 = {
  const: (value: number): V128 => {
    const bytes = float32Bytes(value)
    return v128Expr(simd(0x0c), bytes, bytes, bytes, bytes)
  },
  splat: (a: F32): V128 => v128Expr(a.code, simd(0x13)),
  first: (a: V128): F32 => f32Expr(a.code, simd(0x1f), 0),
  eq: lanes(0x41),
  ne: lanes(0x42),
  lt: lanes(0x43),
  gt: lanes(0x44),
  le: lanes(0x45),
  ge: lanes(0x46),
  ceil: lane(0x67),
  floor: lane(0x68),
  trunc: lane(0x69),
  nearest: lane(0x6a),
  abs: lane(0xe0),
  neg: lane(0xe1),
  sqrt: lane(0xe3),
  add: lanes(0xe4),
  sub: lanes(0xe5),
  mul: lanes(0xe6),
  div: lanes(0xe7),
  min: lanes(0xe8),
  max: lanes(0xe9),
  fromInts: lane(0xfa),
}

/** a b + c, rounded twice: the same bits on every machine, which a fused multiply-and-add would not give. */
export const mulAdd = (a: V128, b: V128, c: V128): V128 => f32x4.add(f32x4.mul(a, b), c)

const shift =
  (op: number) =>
  (a: V128, by: number): V128 =>
    v128Expr(a.code, i32.const(by).code, simd(op))

export const i32x4 = {
  const: (value: number): V128 => v128.ints(value, value, value, value),
  splat: (a: I32): V128 => v128Expr(a.code, simd(0x11)),
  eq: lanes(0x37),
  ne: lanes(0x38),
  lt: lanes(0x39),
  gt: lanes(0x3b),
  le: lanes(0x3d),
  ge: lanes(0x3f),
  abs: lane(0xa0),
  neg: lane(0xa1),
  shl: shift(0xab),
  shrS: shift(0xac),
  shrU: shift(0xad),
  add: lanes(0xae),
  sub: lanes(0xb1),
  mul: lanes(0xb5),
  min: lanes(0xb6),
  max: lanes(0xb8),
  /** Rounds towards zero; a number that is too large becomes the largest integer, NaN becomes 0. */
  fromFloats: lane(0xf8),
}

/** 16 lanes of 8 bits. */
export const i8x16 = {
  ne: lanes(0x24),
  /** The highest bit of each lane, as the lowest bits of an integer. */
  bitmask: (a: V128): I32 => i32Expr(a.code, simd(0x64)),
}

const EMPTY = 0x40

export const if_ = (condition: I32, then: Code): Code => [condition.code, 0x04, EMPTY, then, 0x0b]

/** Runs `body` once, and again as long as the condition holds after it. */
export const repeatWhile = (body: Code, condition: I32): Code => [
  0x03,
  EMPTY,
  body,
  condition.code,
  0x0d,
  unsignedLeb128(0),
  0x0b,
]

export const unreachable: Code = [0x00]
export const call = (index: number, ...args: readonly I32[]): Code => [
  args.map(({ code }) => code),
  0x10,
  unsignedLeb128(index),
]

export const copy = (to: I32, from: I32, bytes: I32): Code => [
  to.code,
  from.code,
  bytes.code,
  [0xfc, unsignedLeb128(10), 0, 0],
]
export const clear = (address: I32, bytes: I32): Code => [
  address.code,
  i32.const(0).code,
  bytes.code,
  [0xfc, unsignedLeb128(11), 0],
]

/** A loop whose counter runs from `from` to `to`, exclusive. With a single turn the counter is a constant. */
export const for_ = (
  fn: Locals,
  { from = 0, to, step = 1 }: { readonly from?: number; readonly to: number; readonly step?: number },
  body: (counter: I32) => Code,
): Code => {
  if (from >= to) return []
  if (from + step >= to) return body(i32.const(from))
  const counter = local(fn, 'i32')
  return [
    counter.set(i32.const(from)),
    repeatWhile(
      [body(counter), counter.set(i32.add(counter, i32.const(step)))],
      i32.ltU(counter, i32.const(to)),
    ),
  ]
}
