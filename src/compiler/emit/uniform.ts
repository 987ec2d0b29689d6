/**
 * Random numbers in [0, 1): Threefry-2x32 of a key and the place of each number.
 */
import type { UniformNode } from '../kernel-program.ts'
import { GROUPS, ONE_BITS, PARITY, ROTATIONS, SHOWN_BITS } from '../threefry.ts'
import type { BufferOf, TensorBuffer } from './buffer.ts'
import { f32x4, for_, i32, i32x4, let_, local, v128, type Locals, type V128, type Code } from './code.ts'
import { lastVectorMask } from './register-blocks.ts'

const rotated = (x: V128, by: number): V128 => v128.or(i32x4.shl(x, by), i32x4.shrU(x, 32 - by))

export const emitUniform = (
  fn: Locals,
  { inputs }: UniformNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
): Code => {
  const { address } = bufferOf(inputs[0])
  const { layout } = output
  const { rows, columns, vectors, vectorBytes, pitch } = layout
  const mask = lastVectorMask(layout)
  const k0 = let_(fn, v128.loadSplat(i32.const(address)))
  const k1 = let_(fn, v128.loadSplat(i32.const(address), 4))
  const k2 = let_(fn, v128.xor(v128.xor(k0.value, k1.value), i32x4.const(PARITY)))
  const words = [k0.value, k1.value, k2.value]
  const [x, y] = [local(fn, 'v128'), local(fn, 'v128')]
  const rounds = Array.from({ length: GROUPS }, (_, group): Code => [
    ROTATIONS[group % 2]!.map(by => [x.set(i32x4.add(x, y)), y.set(v128.xor(rotated(y, by), x))]),
    x.set(i32x4.add(x, words[(group + 1) % 3]!)),
    y.set(i32x4.add(i32x4.add(y, words[(group + 2) % 3]!), i32x4.const(group + 1))),
  ])
  const number = f32x4.sub(v128.or(i32x4.shrU(x, 32 - SHOWN_BITS), i32x4.const(ONE_BITS)), f32x4.const(1))
  return [
    [k0, k1, k2].map(({ code }) => code),
    for_(fn, { to: rows }, row =>
      for_(fn, { to: vectors }, vector => {
        const first = i32.add(i32.mul(row, i32.const(columns)), i32.mul(vector, i32.const(vectorBytes / 4)))
        const at = i32.add(i32.mul(row, i32.const(pitch)), i32.mul(vector, i32.const(vectorBytes)))
        return [
          x.set(i32x4.add(i32x4.add(i32x4.splat(first), i32x4.places()), k0.value)),
          y.set(k1.value),
          rounds,
          v128.store(at, number, output.address),
        ]
      }),
    ),
    // the padding of each row stays zero
    mask === undefined
      ? []
      : for_(fn, { to: rows }, row => {
          const at = i32.mul(row, i32.const(pitch))
          const last = (vectors - 1) * vectorBytes + output.address
          return v128.store(at, v128.and(v128.load(at, last), mask), last)
        }),
  ]
}
