/** Data that a small network learns in an epoch or two: three classes of noisy patterns of eight inputs. */
import { fold, key, normalNumbers } from '../../src/core/rng.ts'
import { examples } from '../../src/api/examples.ts'
import type { Examples } from '../../src/data/dataset.ts'

/** Rows and their labels, as a JSON file would hold them. */
export const smallRows = (stream: number, n: number) => {
  const noise = normalNumbers(fold(key(9), stream), n * 8)
  const labels = Array.from({ length: n }, (_, i) => i % 3)
  const inputs = labels.map((label, i) =>
    Array.from({ length: 8 }, (_, k) => (k % 3 === label ? 1 : 0) + 0.5 * noise[8 * i + k]!),
  )
  return { inputs, labels }
}

export const smallExamples = (stream: number, n: number): Examples => examples(smallRows(stream, n))
