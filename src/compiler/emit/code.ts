/**
 * The language in which kernels are written: the expressions and statements of a small machine, as data. TypeScript
 * checks the operands and results of each operation, and the text of a kernel reads like a loop. A writer turns it
 * into the code of a real machine.
 */

import type { VectorUnit } from './layout.ts'

/** An integer, which is an address or a truth value; a number; a vector of lanes of 32 bits. */
export type Kind = 'i32' | 'f32' | 'v128'

type Comparison = 'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'ge'

/** Operations with a value that are determined by their operands alone. */
export type PlainOp =
  | `i32.${'add' | 'sub' | 'mul' | 'and' | 'or' | 'shl' | 'eq' | 'ne' | 'ltU' | 'geU' | 'ctz' | 'popcnt'}`
  | `f32.${'ne' | 'lt' | 'gt' | 'add'}`
  | `v128.${'not' | 'and' | 'or' | 'xor' | 'select'}`
  | `f32x4.${Comparison | 'ceil' | 'floor' | 'trunc' | 'nearest' | 'abs' | 'neg' | 'sqrt' | 'fromInts'}`
  | `f32x4.${'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'splat'}`
  | `i32x4.${Comparison | 'abs' | 'neg' | 'add' | 'sub' | 'mul' | 'min' | 'max' | 'splat' | 'fromFloats'}`
  | `i8x16.${'ne' | 'bitmask'}`
  | `i32.${'atomicLoad' | 'atomicAdd' | 'atomicWait'}`

/** Operations with a value and a constant: a number, an offset to add to the address, how many bits to shift. */
export type ConstantOp =
  | 'i32.const'
  | 'f32.const'
  | 'f32x4.const'
  | 'i32x4.const'
  | `i32.${'load' | 'load8U' | 'loadPointer'}`
  | 'f32.load'
  | `v128.${'load' | 'loadSplat'}`
  | `i32x4.${'shl' | 'shrS' | 'shrU'}`

/** Code that has a value. */
export type Expr<K extends Kind = Kind> = { readonly kind: K } & (
  | { readonly op: 'local'; readonly index: number }
  | { readonly op: PlainOp; readonly args: readonly Expr[] }
  | { readonly op: ConstantOp; readonly args: readonly Expr[]; readonly constant: number }
  | { readonly op: 'v128.firstLanes'; readonly count: number }
  | { readonly op: 'i32x4.places' }
  | { readonly op: 'function'; readonly name: string; readonly args: readonly Expr[] }
  | { readonly op: 'v128.rotate'; readonly args: readonly Expr[]; readonly by: number }
  | { readonly op: 'v128.shuffle'; readonly args: readonly Expr[]; readonly places: readonly number[] }
)

export type StoreOp = `${'i32' | 'f32' | 'v128'}.store` | 'v128.storeFirst' | 'i32.atomicStore'

type Statement =
  | { readonly do: 'set'; readonly index: number; readonly value: Expr }
  | {
      readonly do: 'store'
      readonly op: StoreOp
      readonly address: I32
      readonly value: Expr
      readonly offset: number
    }
  | { readonly do: 'if'; readonly condition: I32; readonly then: Code }
  | { readonly do: 'repeat'; readonly body: Code; readonly condition: I32 }
  | { readonly do: 'call'; readonly index: number }
  | { readonly do: 'copy'; readonly to: I32; readonly from: I32; readonly bytes: I32 }
  | { readonly do: 'clear'; readonly address: I32; readonly bytes: I32 }
  /** Stops the program: a kernel was given a row number that does not exist. */
  | { readonly do: 'trap' }
  /** Waits until all threads are here. */
  | { readonly do: 'barrier' }
  /** Computes a value that nothing uses: a load brings what it reads into the cache. */
  | { readonly do: 'keep'; readonly value: I32 }

/** Statements as a tree: code is put together without copying it. */
export type Code = Statement | readonly Code[]

export type I32 = Expr<'i32'>
export type F32 = Expr<'f32'>
/** Lanes of 32 bits, 4, 8 or 16: floats, integers, or truth values (0 or 1; in a mask, all bits or none). */
export type V128 = Expr<'v128'>

export type Local<K extends Kind> = Expr<K> & { readonly set: (value: Expr<K>) => Code }

/** A function of a vector, by the name by which it is called. */
export type VectorFunction = {
  readonly name: string
  readonly locals: readonly Kind[]
  readonly body: Code
  readonly value: V128
}

/** The locals of a function that is being written for a machine. */
export type Locals = {
  readonly kinds: Kind[]
  readonly params: number
  readonly machine: VectorUnit
  /** The functions of a vector that its module has. */
  readonly vectorFunctions: Map<string, VectorFunction>
}

export const locals = (
  machine: VectorUnit,
  params = 0,
  vectorFunctions: Locals['vectorFunctions'] = new Map(),
): Locals => ({ kinds: [], params, machine, vectorFunctions })

/** A parameter of a function, by its position. */
export const param = <K extends Kind>(index: number, kind: K): Local<K> => ({
  kind,
  op: 'local',
  index,
  set: value => ({ do: 'set', index, value }),
})

export const local = <K extends Kind>({ kinds, params }: Locals, kind: K): Local<K> =>
  param(params + kinds.push(kind) - 1, kind)

/** Stores a value in a new local, so that it is computed once and can be read several times. */
export const let_ = <K extends Kind>(
  fn: Locals,
  value: Expr<K>,
): { readonly code: Code; readonly value: Local<K> } => {
  const variable = local(fn, value.kind)
  return { code: variable.set(value), value: variable }
}

/** A vector, with the statements that must run before it. */
export type Computed = { readonly before: Code; readonly value: V128 }

/**
 * A function of a vector: written out, or called on a machine that calls them. In the module it is written once.
 *
 * @param name its name in the module
 */
export const vectorFunction =
  (name: string, write: (fn: Locals, x: V128) => Computed) =>
  (fn: Locals, x: V128): Computed => {
    const { machine, vectorFunctions } = fn
    if (!machine.callsMath) return write(fn, x)
    if (!vectorFunctions.has(name)) {
      const own = locals(machine, 1, vectorFunctions)
      const { before, value } = write(own, param(0, 'v128'))
      vectorFunctions.set(name, { name, locals: own.kinds, body: before, value })
    }
    return { before: [], value: { kind: 'v128', op: 'function', name, args: [x] } }
  }

type Operator<K extends Kind, R extends Kind = K> = (a: Expr<K>, b: Expr<K>) => Expr<R>
type Function1<K extends Kind, R extends Kind = K> = (a: Expr<K>) => Expr<R>

const unary =
  <K extends Kind, R extends Kind>(op: PlainOp, kind: R): Function1<K, R> =>
  a => ({ kind, op, args: [a] })
const binary =
  <K extends Kind, R extends Kind>(op: PlainOp, kind: R): Operator<K, R> =>
  (a, b) => ({ kind, op, args: [a, b] })

const ints = (op: PlainOp): Operator<'i32'> => binary(op, 'i32')
const lanes = (op: PlainOp): Operator<'v128'> => binary(op, 'v128')
const lane = (op: PlainOp): Function1<'v128'> => unary(op, 'v128')

const constant =
  <K extends Kind>(op: ConstantOp, kind: K) =>
  (value: number): Expr<K> => ({ kind, op, args: [], constant: value })

const load =
  <K extends Kind>(op: ConstantOp, kind: K) =>
  (address: I32, offset = 0): Expr<K> => ({ kind, op, args: [address], constant: offset })

const store =
  <K extends Kind>(op: StoreOp) =>
  (address: I32, value: Expr<K>, offset = 0): Code => ({ do: 'store', op, address, value, offset })

export const i32 = {
  const: constant('i32.const', 'i32'),
  add: ints('i32.add'),
  sub: ints('i32.sub'),
  mul: ints('i32.mul'),
  and: ints('i32.and'),
  or: ints('i32.or'),
  shl: ints('i32.shl'),
  eq: ints('i32.eq'),
  ne: ints('i32.ne'),
  ltU: ints('i32.ltU'),
  geU: ints('i32.geU'),
  /** How many of the lowest bits are 0, up to the first 1. */
  ctz: unary<'i32', 'i32'>('i32.ctz', 'i32'),
  /** How many bits are 1. */
  popcnt: unary<'i32', 'i32'>('i32.popcnt', 'i32'),
  load8U: load('i32.load8U', 'i32'),
  load: load('i32.load', 'i32'),
  /** An address that the host has written: it counts from the start of the whole memory. */
  loadPointer: load('i32.loadPointer', 'i32'),
  store: store<'i32'>('i32.store'),
}

/** What threads tell each other, in the one order that all of them see. */
export const atomic = {
  load: unary<'i32', 'i32'>('i32.atomicLoad', 'i32'),
  /** Adds to what is at an address, and gives what was there before. */
  add: ints('i32.atomicAdd'),
  /** Sleeps for a short time, if a value is still at an address. */
  wait: ints('i32.atomicWait'),
  store: store<'i32'>('i32.atomicStore'),
}

export const f32 = {
  const: constant('f32.const', 'f32'),
  ne: binary<'f32', 'i32'>('f32.ne', 'i32'),
  lt: binary<'f32', 'i32'>('f32.lt', 'i32'),
  gt: binary<'f32', 'i32'>('f32.gt', 'i32'),
  add: binary<'f32', 'f32'>('f32.add', 'f32'),
  load: load('f32.load', 'f32'),
  store: store<'f32'>('f32.store'),
}

export const v128 = {
  /** A mask with all bits of the first lanes. */
  firstLanes: (count: number): V128 => ({ kind: 'v128', op: 'v128.firstLanes', count }),
  load: load('v128.load', 'v128'),
  /** One number in all lanes. */
  loadSplat: load('v128.loadSplat', 'v128'),
  store: store<'v128'>('v128.store'),
  storeFirst: store<'v128'>('v128.storeFirst'),
  not: lane('v128.not'),
  and: lanes('v128.and'),
  or: lanes('v128.or'),
  xor: lanes('v128.xor'),
  /** The bits of `a` where the mask is 1, those of `b` where it is 0. */
  select: (a: V128, b: V128, mask: V128): V128 => ({ kind: 'v128', op: 'v128.select', args: [a, b, mask] }),
  /** Each lane takes the number that is `by` lanes further on; the last ones take the first numbers. */
  rotate: (a: V128, by: number): V128 => ({ kind: 'v128', op: 'v128.rotate', args: [a], by }),
  /** The lanes with these numbers, which count through `a` and then through `b`. */
  shuffle: (a: V128, b: V128, places: readonly number[]): V128 => ({
    kind: 'v128',
    op: 'v128.shuffle',
    args: [a, b],
    places,
  }),
}

export const f32x4 = {
  const: constant('f32x4.const', 'v128'),
  splat: unary<'f32', 'v128'>('f32x4.splat', 'v128'),
  eq: lanes('f32x4.eq'),
  ne: lanes('f32x4.ne'),
  lt: lanes('f32x4.lt'),
  gt: lanes('f32x4.gt'),
  le: lanes('f32x4.le'),
  ge: lanes('f32x4.ge'),
  ceil: lane('f32x4.ceil'),
  floor: lane('f32x4.floor'),
  trunc: lane('f32x4.trunc'),
  nearest: lane('f32x4.nearest'),
  abs: lane('f32x4.abs'),
  neg: lane('f32x4.neg'),
  sqrt: lane('f32x4.sqrt'),
  add: lanes('f32x4.add'),
  sub: lanes('f32x4.sub'),
  mul: lanes('f32x4.mul'),
  div: lanes('f32x4.div'),
  min: lanes('f32x4.min'),
  max: lanes('f32x4.max'),
  fromInts: lane('f32x4.fromInts'),
}

/** a b + c, rounded twice: the same bits on every machine, which a fused multiply-and-add would not give. */
export const mulAdd = (a: V128, b: V128, c: V128): V128 => f32x4.add(f32x4.mul(a, b), c)

const shift =
  (op: ConstantOp) =>
  (a: V128, by: number): V128 => ({ kind: 'v128', op, args: [a], constant: by })

export const i32x4 = {
  const: constant('i32x4.const', 'v128'),
  /** The number of each lane: 0, 1, 2, … */
  places: (): V128 => ({ kind: 'v128', op: 'i32x4.places' }),
  splat: unary<'i32', 'v128'>('i32x4.splat', 'v128'),
  eq: lanes('i32x4.eq'),
  ne: lanes('i32x4.ne'),
  lt: lanes('i32x4.lt'),
  gt: lanes('i32x4.gt'),
  le: lanes('i32x4.le'),
  ge: lanes('i32x4.ge'),
  abs: lane('i32x4.abs'),
  neg: lane('i32x4.neg'),
  shl: shift('i32x4.shl'),
  shrS: shift('i32x4.shrS'),
  shrU: shift('i32x4.shrU'),
  add: lanes('i32x4.add'),
  sub: lanes('i32x4.sub'),
  mul: lanes('i32x4.mul'),
  min: lanes('i32x4.min'),
  max: lanes('i32x4.max'),
  /** Rounds towards zero; a number that is too large becomes the largest integer, NaN becomes 0. */
  fromFloats: lane('i32x4.fromFloats'),
}

/** 16 lanes of 8 bits. */
export const i8x16 = {
  ne: lanes('i8x16.ne'),
  /** The highest bit of each lane, as the lowest bits of an integer. */
  bitmask: unary<'v128', 'i32'>('i8x16.bitmask', 'i32'),
}

export const if_ = (condition: I32, then: Code): Code => ({ do: 'if', condition, then })

/** Runs `body` once, and again as long as the condition holds after it. */
export const repeatWhile = (body: Code, condition: I32): Code => ({ do: 'repeat', body, condition })

/** Stops the program: a kernel was given a row number that does not exist. */
export const trap: Code = { do: 'trap' }

/** Calls a function of the module, by its position. */
export const call = (index: number): Code => ({ do: 'call', index })

/** Waits until all threads are here. */
export const barrier: Code = { do: 'barrier' }

export const copy = (to: I32, from: I32, bytes: I32): Code => ({ do: 'copy', to, from, bytes })
export const clear = (address: I32, bytes: I32): Code => ({ do: 'clear', address, bytes })

/** Computes a value that nothing uses: the loads in it bring what they read into the cache. */
export const keep = (value: I32): Code => ({ do: 'keep', value })

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
