/**
 * The weights of the neurons in the first layer as pictures, if the inputs are square pictures.
 */
import type { LayerValues } from '../../core/params.ts'
import { html, type Html } from '../html.ts'
import { significant } from '../numbers.ts'
import { note, paragraph, section } from '../page.ts'
import { divergingPng } from '../inline-png.ts'
import { extent } from '../../extent.ts'
import { counted } from '../../format.ts'

/** The maximum number of neurons shown. */
const SHOWN = 100

export const weights = (layers: readonly LayerValues[]): Html | undefined => {
  const [first, second] = layers
  if (first === undefined) return undefined
  const kind = second === undefined ? 'output' : 'hidden'
  const heading = `Weights of the ${kind} neurons`
  const width = Math.sqrt(first.inputs)
  if (!Number.isInteger(width))
    return section(
      heading,
      note(
        `${counted(first.inputs, 'input does', 'inputs do')} not form a square picture, so the weights are not drawn.`,
      ),
    )
  const full = strong(first.w)
  const count = Math.min(SHOWN, first.outputs)
  const neurons = Array.from({ length: count }, (_, j) =>
    first.w.subarray(j * first.inputs, (j + 1) * first.inputs),
  )
  // with one hidden layer, the next layer is the output layer
  const answers = layers.length === 2 ? second : undefined
  return section(
    heading,
    paragraph(
      `The weights from the ${width} × ${width} pixels to each ${kind} neuron. Positive weights are blue, negative ones `,
      'orange. ',
      answers &&
        'Below each neuron: the digits for which its outgoing weight is highest (+) and lowest (−). ',
      first.outputs > count ? `The first ${count} of ${first.outputs} neurons are shown.` : undefined,
    ),
    scale(full),
    html`<ul class="pictures">
      ${neurons.map(
        (values, j) =>
          html`<li>${picture(kind, j, values, width, full, answers && extremeOutputs(answers, j))}</li>`,
      )}
    </ul>`,
  )
}

/** The 99th percentile of the absolute weights, so that one large weight does not make the others pale. */
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
  extremes: readonly [most: number, least: number] | undefined,
): Html => {
  const words = extremes && `, +${extremes[0]} −${extremes[1]}`
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
const extremeOutputs = ({ inputs, outputs, w }: LayerValues, j: number): readonly [number, number] => {
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
      alt="from orange, through transparent at zero, to blue"
    />
    +${significant(full)} and beyond
  </p>`
}
