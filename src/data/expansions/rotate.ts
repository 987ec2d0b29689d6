/**
 * Rotations about the centre of the image.
 */
import { generator } from '../../core/rng.ts'
import { drawSymmetric, type Expansion } from '../expansion.ts'
import { newSourcePlaces, placesUnder, resample, rotation } from '../resample.ts'

/** A rotation of at most `angle` degrees, either way. */
export const rotate: Expansion = {
  name: 'rotate',
  label: 'rotated',
  parameters: { angle: 15 },
  copier: (size, { angle }) => {
    const places = newSourcePlaces(size)
    return (image, _, of, copy) => {
      placesUnder(size, rotation(angle * drawSymmetric(generator(of))), places)
      resample(size, image, places, copy)
    }
  },
}
