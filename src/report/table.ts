/**
 * Tables: a caption, headings with their scope, and a box that scrolls sideways on a narrow page.
 */
import { html, type Content, type Html } from './html.ts'
import { settingText } from './numbers.ts'

export type TableSpec = {
  readonly caption: string
  /** The headings; the first column holds the row headings. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Content[])[]
  /** The columns that hold words; they are aligned left, numbers right. */
  readonly words?: readonly number[]
  /** The row to highlight. */
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

/** A box that scrolls sideways, also by the keyboard. */
export const scrolling = (label: string, content: Html): Html =>
  html`<div class="scroll" role="group" tabindex="0" aria-label="${label}">${content}</div>`

/** A table of names and values. */
export const settingsTable = (caption: string, values: Readonly<Record<string, unknown>>): Html =>
  table({
    caption,
    columns: ['name', 'value'],
    rows: Object.entries(values).map(([name, value]) => [name, settingText(value)]),
    words: [1],
  })
