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

/** With the image itself, five times as many images: as many as the book's expansion has. */
export const DEFAULT_COPIES = 4

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
  permutation(fold(key, STREAM.order), expandedSize(n, copies))

/** Writes copy `number` of the image with this index in an epoch, from the image. */
type CopyWriter = (image: Uint8Array, index: number, epoch: number, number: number, copy: Uint8Array) => void

/** What writes any copy that a plan makes. It keeps its own working memory. */
export const copyWriter = ({ name, parameters, key, size }: ExpansionPlan): CopyWriter => {
  const { copier }: Expansion = expansions[name]
  const copyTo = copier(size, parameters)
  const drawn = fold(key, STREAM.copies)
  return (image, index, epoch, number, copy) =>
    copyTo(image, number, fold(fold(fold(drawn, epoch), index), number), copy)
}

/** @param images [n, rows · columns] */
export const imageExpander = (plan: ExpansionPlan, images: Uint8Array): ImageExpander => {
  const pixels = plan.size.rows * plan.size.columns
  const places = plan.copies === undefined ? [] : placesOf(plan, images.length / pixels)
  const write = copyWriter(plan)
  const imageAt = (all: Uint8Array, i: number): Uint8Array => all.subarray(i * pixels, (i + 1) * pixels)
  return (epoch, from, to, expanded) => {
    for (let i = from; i < to; i++) {
      const image = imageAt(images, i)
      if (plan.copies === undefined) {
        write(image, i, epoch, 0, imageAt(expanded, i))
        continue
      }
      const first = i * (1 + plan.copies)
      imageAt(expanded, places[first]!).set(image)
      for (let number = 0; number < plan.copies; number++)
        write(image, i, epoch, number, imageAt(expanded, places[first + 1 + number]!))
    }
  }
}

/** All images of an expanded set: [expandedSize, rows · columns]. */
export const expandedImages = (
  plan: ExpansionPlan,
  images: Uint8Array,
  epoch: number,
): Uint8Array<ArrayBuffer> => {
  const n = images.length / (plan.size.rows * plan.size.columns)
  const expanded = new Uint8Array(expandedSize(images.length, plan.copies))
  imageExpander(plan, images)(epoch, 0, n, expanded)
  return expanded
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
