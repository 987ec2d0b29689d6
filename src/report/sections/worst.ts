/**
 * The digits that were classified worst, as pictures.
 */
import { html, type Html } from '../html.ts'
import { paragraph, section } from '../page.ts'
import { inkPng } from '../inline-png.ts'
import type { Mistake } from '../../runs/predictions.ts'
import type { PartAnswers } from '../run-record.ts'

export const worst = ({ part, worst: answers }: PartAnswers): Html | undefined =>
  answers.length === 0
    ? undefined
    : section(
        'The worst mistakes',
        paragraph(
          `The examples of the ${part} set with the most confident wrong predictions. Below each, the digit `,
          'that it is and the prediction, with the activations of the two output neurons.',
        ),
        html`<ul class="pictures">
          ${answers.map(answer => html`<li>${picture(answer)}</li>`)}
        </ul>`,
      )

const picture = ({ index, label, answer, activations, width, pixels }: Mistake): Html => {
  const said = (digit: number): string => (activations[digit] ?? NaN).toFixed(2)
  return html`<figure>
    <img
      class="ink"
      src="${inkPng(pixels, width)}"
      width="84"
      height="84"
      alt="Example ${index}: a ${label}, read as ${answer}"
    />
    <figcaption>
      <strong>${label}</strong>, answered <strong>${answer}</strong><br />${said(label)} against
      ${said(answer)}
    </figcaption>
  </figure>`
}
