/**
 * Samples of an expanded training set: some of its images, each with its copies, as `expanded.json` holds them.
 */
import * as t from 'io-ts'
import { labelsOf, type Examples } from '../data/dataset.ts'
import { copyWriter, EVERY_EPOCH } from '../data/expand.ts'
import { expansionPlanOf, type RunConfig } from './run-plan.ts'

/** An image of the training set, and distorted copies of it: grey values, row by row; 255 is full ink. */
export type ExpandedSample = {
  readonly label: number
  readonly image: Uint8Array
  readonly copies: readonly Uint8Array[]
}

export type ExpandedSamples = {
  /** The pixels in a row of an image. */
  readonly columns: number
  /** Whether the copies of an image are those of the first epochs, one each; else, they are the same in all epochs. */
  readonly eachEpoch: boolean
  readonly samples: readonly ExpandedSample[]
}

/** How many images are shown, and how many copies of each. */
const IMAGES = 6
const COPIES = 6

/** The samples of a run: the first images; undefined if its training set is not expanded. */
export const expandedSamples = (
  config: RunConfig,
  { size, inputs, desired }: Examples,
): ExpandedSamples | undefined => {
  const plan = expansionPlanOf(config, inputs)
  if (plan === undefined || inputs.kind !== 'bytes') return undefined
  const { width, bytes } = inputs
  const { copies } = plan
  const write = copyWriter(plan)
  const labels = labelsOf(desired)
  const count = Math.min(COPIES, copies ?? config.epochs)
  return {
    columns: plan.size.columns,
    eachEpoch: copies === undefined,
    samples: Array.from({ length: Math.min(IMAGES, size) }, (_, index) => {
      const image = bytes.subarray(index * width, (index + 1) * width)
      const copyOf = (i: number): Uint8Array => {
        const copy = new Uint8Array(width)
        if (copies === undefined) write(image, index, i + 1, 0, copy)
        else write(image, index, EVERY_EPOCH, i, copy)
        return copy
      }
      return { label: labels[index]!, image, copies: Array.from({ length: count }, (_, i) => copyOf(i)) }
    }),
  }
}

const Kept = t.type({
  columns: t.Int,
  eachEpoch: t.boolean,
  samples: t.array(t.type({ label: t.Int, image: t.string, copies: t.array(t.string) })),
})

const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** The text of `expanded.json`; pixels are in base64. */
export const encodeExpandedSamples = ({ samples, ...rest }: ExpandedSamples): string =>
  `${JSON.stringify({
    format: 1,
    ...rest,
    samples: samples.map(({ label, image, copies }) => ({
      label,
      image: encoded(image),
      copies: copies.map(encoded),
    })),
  })}\n`

/** The samples in the text of a file; undefined if it has none. */
export const decodeExpandedSamples = (json: unknown): ExpandedSamples | undefined => {
  const read = Kept.decode(json)
  if (read._tag === 'Left') return undefined
  const { columns, eachEpoch, samples } = read.right
  const decoded = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
  const all = samples.map(({ label, image, copies }) => ({
    label,
    image: decoded(image),
    copies: copies.map(decoded),
  }))
  // a picture that is damaged cannot be drawn
  const size = all[0]?.image.length ?? 0
  const isWhole = (picture: Uint8Array): boolean => picture.length === size && size > 0
  return columns > 0 &&
    size % columns === 0 &&
    all.every(({ image, copies }) => [image, ...copies].every(isWhole))
    ? { columns, eachEpoch, samples: all }
    : undefined
}
