/**
 * Tables: a caption, headings with their scope, and a box of their own to scroll in when the page is narrow.
 */
import { html, type Content, type Html } from './html.ts'
import { settingText } from './numbers.ts'

export type TableSpec = {
  readonly caption: string
  /** The first heads the rows. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Content[])[]
  /** The columns that hold words, not numbers: they stand to the left. */
  readonly words?: readonly number[]
  /** The row to point out. */
  readonly best?: number | undefined
}

export const table = ({ caption, columns, rows, words = [], best }: TableSpec): Html => {
  const aligned = (i: number): Html | undefined => (words.includes(i) ? html` class="text"` : undefined)
  return scrolling(
    caption,
    html`<table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((column, i) => html`<th scope="col" ${aligned(i)}>${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, r) =>
            html`<tr${r === best ? html` class="best"` : undefined}>${row.map((cell, i) =>
              i === 0
                ? html`<th scope="row" ${aligned(i)}>${cell}</th>`
                : html`<td${aligned(i)}>${cell}</td>`,
            )}</tr>
`,
        )}
      </tbody>
    </table>`,
  )
}

/** A box that scrolls sideways by itself, and by the keyboard too. */
export const scrolling = (label: string, content: Html): Html =>
  html`<div class="scroll" role="group" tabindex="0" aria-label="${label}">${content}</div>`

/** Names and values, a row each. */
export const settingsTable = (caption: string, values: Readonly<Record<string, unknown>>): Html =>
  table({
    caption,
    columns: ['name', 'value'],
    rows: Object.entries(values).map(([name, value]) => [name, settingText(value)]),
    words: [1],
  })
