/**
 * What a seed decides: the initial parameters, the order of the examples in each epoch, and what dropout deletes.
 */
import { bookOrder, bookStart } from './book-rng.ts'
import { dropoutOf, type Dropout } from './dropout.ts'
import { initialValues, type Initializer, type LayerValues, type Sizes } from './params.ts'
import { fold, key, permutation } from './rng.ts'

/**
 * Whose random numbers decide the start and the order: this program's, or those of the book's program. `book+30`
 * continues with the orders that follow a training of 30 epochs on the same data, as one of the author's scripts does.
 */
export type Rng = 'default' | 'book' | `book+${number}`

/** The streams of random numbers of a run, by number. */
export const STREAM = { order: 0, start: 1, dropout: 2, expansion: 3 } as const

/** Where learning starts. */
export const seededLayers = (
  { init, seed, rng }: { readonly init: Initializer; readonly seed: number; readonly rng: Rng },
  sizes: Sizes,
): readonly LayerValues[] =>
  rng === 'default' ? initialValues(init, fold(key(seed), STREAM.start), sizes) : bookStart(init, seed, sizes)

/** The order of the n examples of an epoch, a function of seed and epoch alone. */
export const seededOrder = (
  { seed, rng, shuffle }: { readonly seed: number; readonly rng: Rng; readonly shuffle: boolean },
  n: number,
): ((epoch: number) => Int32Array) => {
  if (shuffle && rng !== 'default') {
    const before = Number(rng.slice('book+'.length))
    const order = bookOrder(seed, n)
    return epoch => order(before + epoch)
  }
  const orders = fold(key(seed), STREAM.order)
  const asTheyCome = Int32Array.from({ length: n }, (_, i) => i)
  return shuffle ? epoch => permutation(fold(orders, epoch), n) : () => asTheyCome
}

/** What is left out of each mini-batch, a function of seed, epoch and step alone. */
export const seededDropout = ({
  dropout,
  seed,
}: {
  readonly dropout: number
  readonly seed: number
}): Dropout | undefined => (dropout === 0 ? undefined : dropoutOf(dropout, fold(key(seed), STREAM.dropout)))
