import { expect, it } from 'vitest'
import { connectedStrokes, withoutSpecks, type Stroke } from '../../src/image/strokes.ts'

const drawn = (rows: readonly string[]): readonly Stroke[] =>
  connectedStrokes({
    width: rows[0]!.length,
    height: rows.length,
    pixels: Float32Array.from(rows.join(''), Number),
  })

const places = (strokes: readonly Stroke[]): readonly (readonly number[])[] =>
  strokes.map(({ places }) => places.toSorted((a, b) => a - b))

const strokes = (rows: readonly string[]): readonly (readonly number[])[] => places(drawn(rows))

it('pixels that touch, also at a corner, are one stroke', () => {
  expect(strokes(['1000', '0100', '1001'])).toEqual([[0, 5, 8], [11]])
})

it('the end of a row does not touch the beginning of the next, nor the last row the first', () => {
  expect(strokes(['0001', '1000', '0001', '1000'])).toEqual([[3], [4], [11], [12]])
  expect(strokes(['001', '000', '100'])).toEqual([[2], [6]])
})

it('strokes along each edge of the picture have all their pixels, and their box', () => {
  const whole = connectedStrokes({ width: 3, height: 3, pixels: Float32Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1) })
  expect(whole).toMatchObject([{ ink: 8, box: { left: 0, top: 0, right: 3, bottom: 3 } }])
  expect(whole[0]!.places).toHaveLength(8)
})

it('a stroke with little ink beside another one is a speck', () => {
  expect(places(withoutSpecks(drawn(['99900', '99901', '99900'])))).toEqual([[0, 1, 2, 5, 6, 7, 10, 11, 12]])
})
