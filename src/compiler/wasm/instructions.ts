/**
 * WebAssembly's instructions for the language of the kernels.
 */
import type { VectorUnit } from '../emit/layout.ts'
import type { Code, ConstantOp, Expr, PlainOp, StoreOp } from '../emit/code.ts'
import { float32Bytes, int32Bytes, signedLeb128, unsignedLeb128, type Bytes } from './bytes.ts'

/** Of the 16 vector registers of a usual processor the JavaScript engine needs some itself. */
export const WASM_VECTORS: VectorUnit = { lanes: 4, registers: 12, callsMath: false }

/** The address to which values are written that nothing reads. */
export const SCRATCH = 0

/** How long a thread sleeps before it looks again, in nanoseconds. */
const SLEEP = 50_000

const simd = (op: number): Bytes => [0xfd, unsignedLeb128(op)]

/** The instruction that follows its operands. */
const PLAIN: Readonly<Record<PlainOp, Bytes>> = {
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.mul': [0x6c],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.shl': [0x74],
  'i32.eq': [0x46],
  'i32.ne': [0x47],
  'i32.ltU': [0x49],
  'i32.geU': [0x4f],
  'i32.ctz': [0x68],
  'i32.popcnt': [0x69],
  'f32.ne': [0x5c],
  'f32.lt': [0x5d],
  'f32.gt': [0x5e],
  'f32.add': [0x92],
  'v128.not': simd(0x4d),
  'v128.and': simd(0x4e),
  'v128.or': simd(0x50),
  'v128.xor': simd(0x51),
  'v128.select': simd(0x52),
  'f32x4.splat': simd(0x13),
  'f32x4.eq': simd(0x41),
  'f32x4.ne': simd(0x42),
  'f32x4.lt': simd(0x43),
  'f32x4.gt': simd(0x44),
  'f32x4.le': simd(0x45),
  'f32x4.ge': simd(0x46),
  'f32x4.ceil': simd(0x67),
  'f32x4.floor': simd(0x68),
  'f32x4.trunc': simd(0x69),
  'f32x4.nearest': simd(0x6a),
  'f32x4.abs': simd(0xe0),
  'f32x4.neg': simd(0xe1),
  'f32x4.sqrt': simd(0xe3),
  'f32x4.add': simd(0xe4),
  'f32x4.sub': simd(0xe5),
  'f32x4.mul': simd(0xe6),
  'f32x4.div': simd(0xe7),
  'f32x4.min': simd(0xe8),
  'f32x4.max': simd(0xe9),
  'f32x4.fromInts': simd(0xfa),
  'i32x4.splat': simd(0x11),
  'i32x4.eq': simd(0x37),
  'i32x4.ne': simd(0x38),
  'i32x4.lt': simd(0x39),
  'i32x4.gt': simd(0x3b),
  'i32x4.le': simd(0x3d),
  'i32x4.ge': simd(0x3f),
  'i32x4.abs': simd(0xa0),
  'i32x4.neg': simd(0xa1),
  'i32x4.add': simd(0xae),
  'i32x4.sub': simd(0xb1),
  'i32x4.mul': simd(0xb5),
  'i32x4.min': simd(0xb6),
  'i32x4.max': simd(0xb8),
  'i32x4.fromFloats': simd(0xf8),
  'i8x16.ne': simd(0x24),
  'i8x16.bitmask': simd(0x64),
  'i32.atomicLoad': [0xfe, 0x10, 2, 0],
  'i32.atomicAdd': [0xfe, 0x1e, 2, 0],
  'i32.atomicWait': [0x42, signedLeb128(SLEEP), 0xfe, 0x01, 2, 0],
}

/** The immediates of a load or store: the alignment (2^align bytes), and an offset that is added to the address. */
const at = (align: number, offset: number): Bytes => [align, unsignedLeb128(offset)]

const i32Const = (value: number): Bytes => [0x41, signedLeb128(value)]

const shift =
  (op: number) =>
  (by: number): Bytes => [i32Const(by), simd(op)]

/** The instruction with its constant. */
const WITH_CONSTANT: Readonly<Record<ConstantOp, (constant: number) => Bytes>> = {
  'i32.const': i32Const,
  'f32.const': value => [0x43, float32Bytes(value)],
  'f32x4.const': value => [simd(0x0c), Array.from({ length: 4 }, () => float32Bytes(value))],
  'i32x4.const': value => [simd(0x0c), Array.from({ length: 4 }, () => int32Bytes(value))],
  'i32.load': offset => [0x28, at(2, offset)],
  'i32.loadPointer': offset => [0x28, at(2, offset)],
  'i32.load8U': offset => [0x2d, at(0, offset)],
  'f32.load': offset => [0x2a, at(2, offset)],
  'v128.load': offset => [simd(0x00), at(2, offset)],
  'v128.loadSplat': offset => [simd(0x09), at(2, offset)],
  'i32x4.shl': shift(0xab),
  'i32x4.shrS': shift(0xac),
  'i32x4.shrU': shift(0xad),
}

const STORE: Readonly<Record<StoreOp, (offset: number) => Bytes>> = {
  'i32.store': offset => [0x36, at(2, offset)],
  'f32.store': offset => [0x38, at(2, offset)],
  'v128.store': offset => [simd(0x0b), at(2, offset)],
  'v128.storeFirst': offset => [simd(0x5a), at(2, offset), 0],
  'i32.atomicStore': offset => [0xfe, 0x17, at(2, offset)],
}

const shuffle = (places: readonly number[]): Bytes => [
  simd(0x0d),
  places.flatMap(place => [4 * place, 4 * place + 1, 4 * place + 2, 4 * place + 3]),
]

const valueBytes = (expr: Expr): Bytes => {
  if ('index' in expr) return [0x20, unsignedLeb128(expr.index)]
  if (expr.op === 'i32x4.places') return [simd(0x0c), [0, 1, 2, 3].map(int32Bytes)]
  if ('count' in expr) return [simd(0x0c), [0, 1, 2, 3].map(lane => int32Bytes(lane < expr.count ? -1 : 0))]
  if ('name' in expr) throw new Error(`internal error: ${expr.name} is a function of its own`)
  const operands = expr.args.map(valueBytes)
  if ('by' in expr) return [operands, operands, shuffle([0, 1, 2, 3].map(lane => (lane + expr.by) % 4))]
  if ('places' in expr) return [operands, shuffle(expr.places)]
  return [operands, 'constant' in expr ? WITH_CONSTANT[expr.op](expr.constant) : PLAIN[expr.op]]
}

const EMPTY = 0x40
const END = 0x0b

const isList = (code: Code): code is readonly Code[] => Array.isArray(code)

/**
 * The bytes of statements.
 *
 * @param barrier the position of the function in which a thread waits for the others
 */
export const codeBytes = (code: Code, barrier: number): Bytes => {
  if (isList(code)) return code.map(part => codeBytes(part, barrier))
  switch (code.do) {
    case 'set':
      return [valueBytes(code.value), 0x21, unsignedLeb128(code.index)]
    case 'store':
      return [valueBytes(code.address), valueBytes(code.value), STORE[code.op](code.offset)]
    case 'if':
      return [valueBytes(code.condition), 0x04, EMPTY, codeBytes(code.then, barrier), END]
    case 'repeat':
      return [
        0x03,
        EMPTY,
        codeBytes(code.body, barrier),
        valueBytes(code.condition),
        0x0d,
        unsignedLeb128(0),
        END,
      ]
    case 'barrier':
      return [0x10, unsignedLeb128(barrier)]
    case 'call':
      return [0x10, unsignedLeb128(code.index)]
    case 'copy':
      return [[code.to, code.from, code.bytes].map(valueBytes), [0xfc, unsignedLeb128(10), 0, 0]]
    case 'clear':
      return [valueBytes(code.address), i32Const(0), valueBytes(code.bytes), [0xfc, unsignedLeb128(11), 0]]
    case 'trap':
      return [0x00]
    case 'keep':
      // stored, because an engine may drop a load whose result is not used
      return [i32Const(SCRATCH), valueBytes(code.value), STORE['i32.store'](0)]
  }
}
