/**
 * Affine distortions: rotation, skew and translation.
 */
import { generator } from '../../core/rng.ts'
import type { Expansion } from '../expansion.ts'
import { drawAffine, newSourcePlaces, placesUnder, resample } from '../resample.ts'

/** A rotation and a skew of at most `angle` degrees each, and a translation of at most `translation` pixels each way. */
export const affine: Expansion = {
  name: 'affine',
  label: 'rotated, skewed and displaced',
  parameters: { angle: 10, translation: 2 },
  copier: (size, parameters) => {
    const places = newSourcePlaces(size)
    return (image, _, of, copy) => {
      placesUnder(size, drawAffine(generator(of), parameters), places)
      resample(size, image, places, copy)
    }
  },
}
