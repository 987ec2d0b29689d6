/**
 * Shifts by one pixel, as the book's `expand_mnist.py` makes them.
 */
import type { Expansion } from '../expansion.ts'

/** Down, up, right, left, in rows and columns: the order of the author's program. */
const DIRECTIONS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const

/** Displacements by one pixel down, up, right and left; the row or column that comes in is background. */
export const shift: Expansion = {
  name: 'shift',
  label: 'displaced by one pixel',
  parameters: {},
  fixedCopies: DIRECTIONS.length,
  copier:
    ({ rows, columns }) =>
    (image, number, _, copy) => {
      const [down, right] = DIRECTIONS[number]!
      copy.fill(0)
      for (let row = Math.max(0, down); row < rows + Math.min(0, down); row++)
        for (let column = Math.max(0, right); column < columns + Math.min(0, right); column++)
          copy[row * columns + column] = image[(row - down) * columns + column - right]!
    },
}
