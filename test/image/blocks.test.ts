import { expect, it } from 'vitest'
import { blockCharacters } from '../../src/image/blocks.ts'

it('shows two rows in one line, and faint ink as background', () => {
  const pixels = [9, 0, 9, 0, /**/ 9, 9, 0, 1, /**/ 0, 9, 8, 0]
  expect(blockCharacters({ width: 4, height: 3, pixels })).toEqual(['█▄▀ ', ' ▀▀ '])
})

it('shows an empty image as blank lines', () => {
  expect(blockCharacters({ width: 2, height: 2, pixels: [0, 0, 0, 0] })).toEqual(['  '])
})
