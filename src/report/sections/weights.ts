/**
 * What the first layer of neurons looks for: the weights of each as a picture, when its inputs are one.
 */
import type { LayerValues } from '../../core/params.ts'
import { html, type Html } from '../html.ts'
import { significant } from '../numbers.ts'
import { note, paragraph, section } from '../page.ts'
import { divergingPng } from '../inline-png.ts'
import { extent } from '../../study/statistics.ts'

/** So many neurons are shown. */
const SHOWN = 100

export const weights = (layers: readonly LayerValues[]): Html | undefined => {
  const [first, second] = layers
  if (first === undefined) return undefined
  const kind = second === undefined ? 'output' : 'hidden'
  const heading = `What the ${kind} neurons look for`
  const width = Math.sqrt(first.inputs)
  if (!Number.isInteger(width))
    return section(
      heading,
      note(`${first.inputs} inputs do not make a square picture, so the weights are not drawn.`),
    )
  const full = strong(first.w)
  const count = Math.min(SHOWN, first.outputs)
  const neurons = Array.from({ length: count }, (_, j) =>
    first.w.subarray(j * first.inputs, (j + 1) * first.inputs),
  )
  // with one hidden layer, the next neurons are the answers themselves
  const answers = layers.length === 2 ? second : undefined
  return section(
    heading,
    paragraph(
      `The weights from each of the ${width} × ${width} pixels to a ${kind} neuron: ink on blue excites it, ink on `,
      'orange quiets it. ',
      answers && 'Below each, the digit that it speaks for the most, and the one that it speaks against. ',
      first.outputs > count ? `The first ${count} of ${first.outputs} neurons are shown.` : undefined,
    ),
    scale(full),
    html`<ul class="pictures">
      ${neurons.map(
        (values, j) =>
          html`<li>${picture(kind, j, values, width, full, answers && spokenFor(answers, j))}</li>`,
      )}
    </ul>`,
  )
}

/** The size that 99 weights of a hundred do not exceed: one odd weight must not make the others pale. */
const strong = (w: Float32Array): number => {
  const sizes = w.map(Math.abs).filter(Number.isFinite).sort()
  return sizes[Math.floor(0.99 * (sizes.length - 1))] ?? 0
}

const picture = (
  kind: string,
  j: number,
  values: Float32Array,
  width: number,
  full: number,
  spoken: readonly [most: number, least: number] | undefined,
): Html => {
  const words = spoken && `, for ${spoken[0]}, against ${spoken[1]}`
  return html`<figure>
    <img
      src="${divergingPng(values, width, full)}"
      width="84"
      height="84"
      alt="Weights of ${kind} neuron ${j + 1}${words}"
    />
    <figcaption><strong>${j + 1}</strong>${words}</figcaption>
  </figure>`
}

/** The outputs to which hidden neuron j has its highest and its lowest weight. */
const spokenFor = ({ inputs, outputs, w }: LayerValues, j: number): readonly [number, number] => {
  const towards = Array.from({ length: outputs }, (_, output) => w[output * inputs + j]!)
  const [lowest, highest] = extent(towards)
  return [towards.indexOf(highest), towards.indexOf(lowest)]
}

const scale = (full: number): Html => {
  const steps = Float32Array.from({ length: 49 }, (_, i) => (full * (i - 24)) / 24)
  return html`<p class="scale">
    ${significant(-full)}
    <img
      src="${divergingPng(steps, 49, full)}"
      width="192"
      height="13"
      alt="from orange, through nothing at zero, to blue"
    />
    +${significant(full)} and beyond
  </p>`
}
