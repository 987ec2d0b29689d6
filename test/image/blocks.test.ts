import { expect, it } from 'vitest'
import { blockCharacters } from '../../src/image/blocks.ts'

it('two rows become one line, and faint ink is paper', () => {
  const pixels = [9, 0, 9, 0, /**/ 9, 9, 0, 1, /**/ 0, 9, 8, 0]
  expect(blockCharacters({ width: 4, height: 3, pixels })).toEqual(['█▄▀ ', ' ▀▀ '])
})

it('an empty picture is empty lines', () => {
  expect(blockCharacters({ width: 2, height: 2, pixels: [0, 0, 0, 0] })).toEqual(['  '])
})
