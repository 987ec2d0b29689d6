/**
 * Random numbers without a hidden state: everything drawn is a function of a `Key`.
 *
 * A seed gives a key, and a key folded with an index gives another, independent one. So "the order of epoch 7"
 * is a value that can be computed at any time, alone, in any process: the ground of exact resumption.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/** A stream of random numbers: its seed of 128 bits, as four integers. */
export type Key = readonly [number, number, number, number]

/** The finaliser of MurmurHash3 (A. Appleby, public domain): every input bit reaches every output bit. */
const mix = (bits: number): number => {
  const a = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return b ^ (b >>> 16)
}

/** The golden ratio in 32 bits: it keeps the four lanes of a key apart. */
const GOLDEN = 0x9e3779b9

/**
 * The key of a seed.
 *
 * @param seed an integer; those up to 2^53 give different keys
 */
export const key = (seed: number): Key => {
  const low = seed | 0
  const high = Math.floor(seed / 2 ** 32) | 0
  const lane = (i: number): number => mix(mix(low + Math.imul(i, GOLDEN)) ^ (high + i))
  return [lane(1), lane(2), lane(3), lane(4)]
}

/** The key of the `index`-th thing under this one: an epoch of a run, a layer of a network. */
export const fold = (parent: Key, index: number): Key => {
  const lane = (i: 0 | 1 | 2 | 3): number => mix(parent[i] ^ mix(index + Math.imul(i + 1, GOLDEN)))
  return [lane(0), lane(1), lane(2), lane(3)]
}

/** A pure-rand generator for this key. It advances as it is read: keep it inside one function. */
export const generator = (of: Key): RandomGenerator => xoroshiro128plusFromState(of)

/** A random order of the n positions 0 … n-1, [n], every order equally likely (Fisher and Yates). */
export const permutation = (of: Key, n: number): Int32Array => {
  const random = generator(of)
  const order = Int32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i)
    const last = order[i]!
    order[i] = order[j]!
    order[j] = last
  }
  return order
}

/**
 * A number of draws from the normal distribution N(0, 1), [count], by Marsaglia's polar method.
 *
 * The bytes are the same on every machine with the same JavaScript engine; a test holds Node's to recorded ones. For
 * another engine they are not promised: the language leaves the last bits of `Math.log` open. Rounding to float32 hides
 * nearly all of it: a logarithm that differed in its last bit for a third of the arguments changed none of 23 million
 * numbers.
 */
export const normalNumbers = (of: Key, count: number): Float32Array => {
  const random = generator(of)
  const drawn = new Float32Array(count)
  for (let i = 0; i < count;) {
    const u = 2 * uniformFloat64(random) - 1
    const v = 2 * uniformFloat64(random) - 1
    const s = u * u + v * v
    if (s >= 1 || s === 0) continue
    const r = Math.sqrt((-2 * Math.log(s)) / s)
    drawn[i++] = u * r
    if (i < count) drawn[i++] = v * r
  }
  return drawn
}
