/**
 * What an expansion of the training set is: how a distorted copy of an image is made. Each one has a file in
 * `expansions/` and a line in its registry.
 *
 * An image is grey, row by row, a byte a pixel; what is outside of it is background, 0.
 */
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import type { Key } from '../core/rng.ts'

/** The pixels of an image: its height and its width. */
export type PictureSize = { readonly rows: number; readonly columns: number }

/** What an expansion may depend on. */
export type ExpansionParameters = {
  /** The largest rotation, in degrees. */
  readonly angle: number
  /** The largest displacement of the whole image, in pixels, across and down. */
  readonly translation: number
  /** The standard deviation of the Gaussian that smooths the displacements, in pixels. */
  readonly sigma: number
  /** The factor of the displacements, in pixels. */
  readonly alpha: number
}

/**
 * Writes a copy of an image.
 *
 * @param number which of the copies of the image it is, from 0
 * @param of the key of that copy: all that is random is drawn from it
 */
export type Copier = (image: Uint8Array, number: number, of: Key, copy: Uint8Array) => void

export type Expansion = {
  readonly name: string
  /** What a copy is: a noun phrase. */
  readonly label: string
  /** The parameters that it takes, with their defaults for images of 28 x 28 pixels. */
  readonly parameters: Partial<ExpansionParameters>
  /** How many different copies an image has, where they are not drawn at random. */
  readonly fixedCopies?: number
  /** @returns a function that keeps its own working memory: use it for one image after the other */
  readonly copier: (size: PictureSize, parameters: ExpansionParameters) => Copier
}

/** Draws a number of [-1, 1), equally likely everywhere. */
export const drawSymmetric = (random: RandomGenerator): number => random.next() / 2 ** 31
