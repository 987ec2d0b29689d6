/**
 * Elastic distortions. Source: P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural networks applied
 * to visual document analysis" (ICDAR 2003).
 */
import { generator } from '../../core/rng.ts'
import { drawSymmetric, type Expansion } from '../expansion.ts'
import { gaussianFilter } from '../gaussian.ts'
import { drawAffine, newSourcePlaces, placesUnder, resample } from '../resample.ts'

/**
 * Each pixel shows a place beside its own. The displacements, down and across, are drawn from -1 to 1, smoothed by a
 * Gaussian of standard deviation `sigma`, and multiplied by `alpha`: the paper's 4 and 34. With an `angle` or a
 * `translation`, an affine distortion comes first, as in the paper.
 */
export const elastic: Expansion = {
  name: 'elastic',
  label: 'elastically distorted',
  parameters: { sigma: 4, alpha: 34, angle: 0, translation: 0 },
  copier: (size, { sigma, alpha, ...map }) => {
    const places = newSourcePlaces(size)
    const addSmoothed = gaussianFilter(size, sigma)
    return (image, _, of, copy) => {
      const random = generator(of)
      const draw = (): number => drawSymmetric(random)
      placesUnder(size, drawAffine(random, map), places)
      addSmoothed(draw, alpha, places.rows)
      addSmoothed(draw, alpha, places.columns)
      resample(size, image, places, copy)
    }
  },
}
