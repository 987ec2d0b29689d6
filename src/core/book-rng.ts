/**
 * The random numbers of the author's own program, so that his runs can be replayed from his seed.
 *
 * His scripts seed two generators alike: `numpy.random` draws the start of a network, and Python 2's `random` shuffles
 * the training set. Both are the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), filled from the seed in
 * two different ways.
 */
import { mersenne, mersenneFromState } from 'pure-rand/generator/mersenne'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { skipN } from 'pure-rand/utils/skipN'
import type { LayerValues, Sizes, Initializer } from './params.ts'

/** The seed of the author's scripts. */
export const BOOK_SEED = 12345678

/**
 * Where the author's program starts: his constructor draws the `default` start, all biases first, then all weights.
 * The `large` one replaces it afterwards, so that its numbers are the next ones of the same stream.
 *
 * His program has no `he` start: here it takes the numbers of the default one, and its own spread.
 *
 * Training draws nothing from this stream: a large start after a training is the same as one without.
 *
 * @param seed a whole number below 2^32
 * @returns drawn in float64, as numpy does, and rounded to float32
 */
export const bookStart = (start: Initializer, seed: number, sizes: Sizes): readonly LayerValues[] => {
  const numbers = randn(seed)
  if (start === 'he')
    return drawStart(numbers, sizes, inputs => Math.sqrt(inputs / 2)).map(layer => ({
      ...layer,
      b: new Float32Array(layer.outputs),
    }))
  const byDefault = drawStart(numbers, sizes, inputs => Math.sqrt(inputs))
  return start === 'default' ? byDefault : drawStart(numbers, sizes, () => 1)
}

const drawStart = (
  numbers: Iterator<number, never>,
  sizes: Sizes,
  divisor: (inputs: number) => number,
): readonly LayerValues[] => {
  const draw = (count: number, by = 1): Float32Array =>
    Float32Array.from({ length: count }, () => numbers.next().value / by)
  const layers = sizes.slice(1).map((outputs, l) => ({ inputs: sizes[l]!, outputs }))
  const biases = layers.map(({ outputs }) => draw(outputs))
  const weights = layers.map(({ inputs, outputs }) => draw(inputs * outputs, divisor(inputs)))
  return layers.map((layer, l) => ({ ...layer, w: weights[l]!, b: biases[l]! }))
}

/**
 * The order of n training examples in each epoch, from 1, as the author's program has it. It shuffles its list in
 * place, so each order is made from the one before; a second training on the same list goes on where the first
 * ended, with `epoch => order(epochsOfTheFirst + epoch)`.
 *
 * A function of its arguments. It remembers the last order only so as not to shuffle from the first again; an
 * earlier epoch than the last begins anew.
 *
 * @param seed a whole number below 2^32
 */
export const bookOrder = (seed: number, n: number): ((epoch: number) => Int32Array) => {
  const begin = () => ({
    epoch: 0,
    twister: pythonTwister(seed),
    order: Int32Array.from({ length: n }, (_, i) => i),
  })
  let last = begin()
  return epoch => {
    if (epoch < last.epoch) last = begin()
    for (; last.epoch < epoch; last.epoch++) shuffle(last.twister, last.order)
    return last.order.slice()
  }
}

/** Python 2's `random.shuffle`, in place. Python 3's draws its indices in another way. */
const shuffle = (twister: RandomGenerator, order: Int32Array): void => {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random(twister) * (i + 1))
    const last = order[i]!
    order[i] = order[j]!
    order[j] = last
  }
}

/**
 * What `numpy.random.randn` draws after `numpy.random.seed`, one by one: N(0, 1) by Marsaglia's polar method. The
 * logarithm is this machine's, which may differ from numpy's in the last digit of a float64.
 */
export function* randn(seed: number): Generator<number, never> {
  const twister = numpyTwister(seed)
  for (;;) {
    const u = 2 * random(twister) - 1
    const v = 2 * random(twister) - 1
    const s = u * u + v * v
    if (s >= 1 || s === 0) continue
    const r = Math.sqrt((-2 * Math.log(s)) / s)
    // numpy hands out the second of a pair first
    yield r * v
    yield r * u
  }
}

/** The next number of 0 … 1 with 53 random bits, as both Python's `random()` and numpy take it from the twister. */
export const random = (twister: RandomGenerator): number => {
  const high = twister.next() >>> 5
  const low = twister.next() >>> 6
  return (high * 2 ** 26 + low) / 2 ** 53
}

/** The twister after `numpy.random.seed(seed)`. */
export const numpyTwister = (seed: number): RandomGenerator => mersenne(word(seed))

/** How many words the twister's state has. */
const N = 624

/** The twister after Python's `random.seed(seed)`: its authors' `init_by_array`, for a key of one word. */
export const pythonTwister = (seed: number): RandomGenerator => {
  const key = word(seed)
  const state = new Int32Array(N)
  const stir = (i: number, factor: number, plus: number): void => {
    const before = state[i - 1]!
    state[i] = (state[i]! ^ Math.imul(before ^ (before >>> 30), factor)) + plus
  }
  state[0] = 19650218
  for (let i = 1; i < N; i++) stir(i, 1812433253, i)
  for (let i = 1; i < N; i++) stir(i, 1664525, key)
  state[0] = state[N - 1]!
  stir(1, 1664525, key)
  for (let i = 2; i < N; i++) stir(i, 1566083941, -i)
  state[0] = state[N - 1]!
  stir(1, 1566083941, -1)
  state[0] = 2 ** 31
  // pure-rand twists a word as soon as it is read, so that a state to begin from has been read through once
  const twister = mersenneFromState([0, ...state])
  skipN(twister, N)
  return twister
}

const word = (seed: number): number => {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed
  throw new RangeError(`book-rng: the seed ${seed} is not a whole number below 2^32`)
}
