/**
 * Threefry-2x32 with 20 rounds: 64 random bits as a function of a key and a counter, with no hidden state. Source: J. K. Salmon
 * et al., "Parallel random numbers: as easy as 1, 2, 3" (2011), and their library Random123, whose test vectors hold here.
 */

/** How far each round rotates, in turns of four rounds. */
export const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const

/** Rounds come in groups of four; after each a part of the key is added. */
export const GROUPS = 5

/** What makes the third word of the key. */
export const PARITY = 0x1bd11bda

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

/** Two words of random bits, as signed 32-bit integers. */
export const threefry2x32 = (
  [k0, k1]: readonly [number, number],
  counter: readonly [number, number],
): readonly [number, number] => {
  const words = [k0, k1, k0 ^ k1 ^ PARITY]
  let x = (counter[0] + k0) | 0
  let y = (counter[1] + k1) | 0
  for (let group = 0; group < GROUPS; group++) {
    for (const by of ROTATIONS[group % 2]!) {
      x = (x + y) | 0
      y = rotated(y, by) ^ x
    }
    x = (x + words[(group + 1) % 3]!) | 0
    y = (y + words[(group + 2) % 3]! + group + 1) | 0
  }
  return [x, y]
}

/** The key of a seed; seeds up to 2^53 give different keys. */
export const keyWords = (seed: number): readonly [number, number] => [
  seed | 0,
  Math.floor(seed / 2 ** 32) | 0,
]

/** How many of the 32 bits a number in [0, 1) shows: all that float32 can hold. */
export const SHOWN_BITS = 23

/** The bits of 1 in float32: with others in its last 23 bits it is a number in [1, 2). */
export const ONE_BITS = 0x3f800000

/** The numbers 0 … n-1 of a key, each in [0, 1): the first word for each counter. */
export const uniformNumbers = (key: readonly [number, number], n: number): Float32Array => {
  const numbers = new Float32Array(n)
  const bits = new Int32Array(numbers.buffer)
  for (let i = 0; i < n; i++) bits[i] = (threefry2x32(key, [i, 0])[0] >>> (32 - SHOWN_BITS)) | ONE_BITS
  return numbers.map(x => x - 1)
}
