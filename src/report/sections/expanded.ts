/**
 * Images of an expanded training set beside their copies, as pictures.
 */
import type { ExpandedSamples } from '../../runs/expanded-samples.ts'
import { html, type Html } from '../html.ts'
import { inkPng } from '../inline-png.ts'
import { paragraph, section } from '../page.ts'
import { table } from '../table.ts'

/** The width of a picture, in pixels of the page. */
const WIDTH = 56

export const expandedSection = ({ columns, eachEpoch, samples }: ExpandedSamples): Html | undefined => {
  const names = (samples[0]?.copies ?? []).map((_, i) => `${eachEpoch ? 'epoch' : 'copy'} ${i + 1}`)
  if (names.length === 0) return undefined
  const picture = (pixels: Uint8Array, alt: string): Html => {
    const height = Math.round((WIDTH * pixels.length) / columns ** 2)
    return html`<img
      class="ink"
      src="${inkPng(pixels, columns)}"
      width="${WIDTH}"
      height="${height}"
      alt="${alt}"
    />`
  }
  return section(
    'Expanded training set',
    paragraph(
      eachEpoch
        ? 'Each epoch trained on new distorted copies, in place of the images.'
        : 'Each epoch trained on the images and on distorted copies of them.',
    ),
    table({
      caption: 'The first images of the training set, and their copies',
      columns: ['label', 'image', ...names],
      rows: samples.map(({ label, image, copies }) => [
        label,
        picture(image, `A ${label}`),
        ...copies.map((copy, i) => picture(copy, `The same ${label}, ${names[i]}`)),
      ]),
      words: names.map((_, i) => i + 2).concat(1),
    }),
  )
}
