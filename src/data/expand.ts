/**
 * Expanded training sets: the images of a set with their distorted copies, or the copies of an epoch in place of the
 * images. Everything is a function of the plan, the images and the epoch: the same bytes in any process, at any time.
 */
import { fold, permutation, type Key } from '../core/rng.ts'
import type { DesiredOutputs, Inputs } from './dataset.ts'
import type { Expansion, ExpansionParameters, PictureSize } from './expansion.ts'
import { expansions, type ExpansionName } from './expansions/index.ts'

/** How a training set is expanded: plain data, which can be sent to a thread. */
export type ExpansionPlan = {
  readonly name: ExpansionName
  readonly parameters: ExpansionParameters
  /** The copies of each image, beside it; undefined: each epoch has one copy of each image, in its place. */
  readonly copies: number | undefined
  /** What all copies are drawn from. */
  readonly key: Key
  readonly size: PictureSize
}

/** The size of the images: that of the data, or of squares with as many pixels. undefined: the inputs are no images. */
export const pictureSize = (inputs: Inputs): PictureSize | undefined => {
  if (inputs.kind !== 'bytes') return undefined
  const columns = inputs.columns ?? Math.sqrt(inputs.width)
  return Number.isInteger(columns) ? { rows: inputs.width / columns, columns } : undefined
}

/** The streams of random numbers of an expansion, by number. */
const STREAM = { copies: 0, order: 1 } as const

/** The images of an epoch, where the copies do not depend on the epoch. */
export const EVERY_EPOCH = 0

/** How many examples an expanded set of n has. */
export const expandedSize = (n: number, copies: number | undefined): number => n * (1 + (copies ?? 0))

/**
 * Writes copies of the images from `from` up to, but not including, `to`, to their places in the expanded set.
 *
 * @param epoch from 1; EVERY_EPOCH, where a plan has a number of copies
 */
export type ImageExpander = (epoch: number, from: number, to: number, expanded: Uint8Array) => void

/** Where each image of a set, and each of its copies, stands in the expanded set: [n, 1 + copies], in one random order. */
const placesOf = ({ key, copies }: ExpansionPlan, n: number): Int32Array =>
  copies === undefined
    ? Int32Array.from({ length: n }, (_, i) => i)
    : permutation(fold(key, STREAM.order), expandedSize(n, copies))

/** @param images [n, rows · columns] */
export const imageExpander = (plan: ExpansionPlan, images: Uint8Array): ImageExpander => {
  const { name, parameters, copies, key, size } = plan
  const expansion: Expansion = expansions[name]
  const pixels = size.rows * size.columns
  const places = placesOf(plan, images.length / pixels)
  const copyTo = expansion.copier(size, parameters)
  const drawn = fold(key, STREAM.copies)
  return (epoch, from, to, expanded) => {
    const ofEpoch = fold(drawn, epoch)
    const placeOf = (place: number): Uint8Array => expanded.subarray(place * pixels, (place + 1) * pixels)
    for (let i = from; i < to; i++) {
      const image = images.subarray(i * pixels, (i + 1) * pixels)
      const ofImage = fold(ofEpoch, i)
      if (copies === undefined) {
        copyTo(image, 0, fold(ofImage, 0), placeOf(places[i]!))
        continue
      }
      const first = i * (1 + copies)
      placeOf(places[first]!).set(image)
      for (let number = 0; number < copies; number++)
        copyTo(image, number, fold(ofImage, number), placeOf(places[first + 1 + number]!))
    }
  }
}

/** The desired outputs of an expanded set: those of the images, in the places of the images and their copies. */
export const expandDesired = (plan: ExpansionPlan, n: number, desired: DesiredOutputs): DesiredOutputs => {
  if (plan.copies === undefined) return desired
  const places = placesOf(plan, n)
  const times = places.length / n
  const spread = <A extends Uint8Array | Float32Array>(of: A, expanded: A, width: number): A => {
    places.forEach((place, i) => {
      const image = Math.floor(i / times)
      expanded.set(of.subarray(image * width, (image + 1) * width), place * width)
    })
    return expanded
  }
  return desired.kind === 'labels'
    ? { kind: 'labels', labels: spread(desired.labels, new Uint8Array(n * times), 1) }
    : {
        ...desired,
        targets: spread(desired.targets, new Float32Array(desired.targets.length * times), desired.width),
      }
}
