/**
 * The confusion matrix: the digit in the image against the network's prediction.
 */
import { html, type Html } from '../html.ts'
import { counted } from '../../format.ts'
import { percent } from '../numbers.ts'
import { paragraph, section } from '../page.ts'
import type { PartAnswers } from '../run-record.ts'
import { scrolling } from '../table.ts'

export const confusion = ({ part, confusion: counts }: PartAnswers): Html => {
  const mistakes = counts.flatMap((row, label) =>
    row.map((count, answer) => ({ label, answer, count })).filter(({ answer }) => answer !== label),
  )
  const most = mistakes.toSorted((a, b) => b.count - a.count)
  const worst = Math.max(1, most[0]?.count ?? 0)
  const wrong = mistakes.reduce((sum, { count }) => sum + count, 0)
  const caption =
    `Predictions on the ${part} set: a row for each digit, a column for each prediction. ` +
    'Correct predictions are on the diagonal, in blue. The more frequent a mistake, the stronger the orange of its cell'
  return section(
    'Confusion matrix',
    wrong > 0
      ? paragraph(
          `${counted(wrong, 'prediction was', 'predictions were')} wrong. Most often, `,
          most
            .slice(0, 3)
            .filter(({ count }) => count > 0)
            .map(({ label, answer, count }) => `${label} was read as ${answer} (${times(count)})`)
            .join('; '),
          '.',
        )
      : undefined,
    scrolling(
      'Confusion matrix',
      html`<table class="confusion">
        <caption>
          ${caption}.
        </caption>
        <thead>
          <tr>
            <th scope="col">shown</th>
            ${counts.map((_, answer) => html`<th scope="col">${answer}</th>`)}
            <th scope="col">right</th>
          </tr>
        </thead>
        <tbody>
          ${counts.map(
            (row, label) =>
              html`<tr>
                <th scope="row">${label}</th>
                ${row.map(
                  (count, answer) => html`<td class="${shade(count, label === answer, worst)}">${count}</td>`,
                )}
                <td>${share(row, label)}</td>
              </tr> `,
          )}
        </tbody>
      </table>`,
    ),
  )
}

const times = (count: number): string => (count === 1 ? 'once' : counted(count, 'time'))

/** One of four shades for a mistake, by its frequency. */
const shade = (count: number, right: boolean, worst: number): string =>
  count === 0 ? 'zero' : right ? 'right' : `w${Math.ceil((4 * count) / worst)}`

const share = (row: readonly number[], label: number): string => {
  const shown = row.reduce((sum, count) => sum + count, 0)
  return shown === 0 ? '' : percent((row[label] ?? 0) / shown)
}
