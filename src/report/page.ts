/**
 * The frame of a report: one HTML file that loads nothing else.
 *
 * Its content security policy allows the one style sheet, by its hash, and pictures inside the file. So no name or
 * setting can add a script, a style or a request.
 */
import { createHash } from 'node:crypto'
import { html, render, trusted, type Content, type Html } from './html.ts'
import { runStateLabels, type RunState } from './run-record.ts'
import { STYLE } from './style.ts'

export type Page = {
  readonly title: string
  /** The state, in the first line. Without it, the page begins with its title. */
  readonly state?: { readonly state: RunState; readonly sentence: string }
  /** The summary below the title. */
  readonly lead: Content
  /** Undefined sections are left out. */
  readonly sections: readonly (Html | undefined)[]
}

const HASH = createHash('sha256').update(STYLE).digest('base64')

/** The hash is of exactly this text: added white space would break it. */
const SHEET = trusted(`<style>${STYLE}</style>`)

const POLICY = `default-src 'none'; style-src 'sha256-${HASH}'; img-src data:; base-uri 'none'; form-action 'none'`

/** The HTML text of the page. */
export const page = ({ title, state, lead, sections }: Page): string =>
  render(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>
            ${state === undefined ? title : `${title} (${runStateLabels[state.state].toLowerCase()})`}
          </title>
          <link rel="icon" href="data:," />
          ${SHEET}
        </head>
        <body>
          <main>
            <header>
              ${state && html`<p class="state ${state.state}">${stateLine(state)}</p> `}
              <h1>${title}</h1>
              ${lead}
            </header>
            ${sections.map(each => html`${each} `)}
          </main>
        </body>
      </html> `,
  )

/** The state in bold, then the sentence; if the sentence begins with the state, it is not repeated. */
const stateLine = ({ state, sentence }: NonNullable<Page['state']>): Html => {
  const word = runStateLabels[state]
  return sentence.startsWith(`${word} `)
    ? html`<strong>${word}</strong>${sentence.slice(word.length)}`
    : html`<strong>${word}.</strong> ${sentence}`
}

/** A section with a heading. */
export const section = (heading: string, ...content: readonly Content[]): Html =>
  html`<section>
    <h2>${heading}</h2>
    ${content.map(each => html`${each} `)}
  </section>`

export const paragraph = (...content: readonly Content[]): Html => html`<p>${content}</p>`

/** A remark: what is missing, or how to read what follows. */
export const note = (...content: readonly Content[]): Html => html`<p class="note">${content}</p>`

/** The key figures: name, value, and an optional remark in small letters. */
export const facts = (all: readonly (readonly [term: string, value: string, remark?: string])[]): Html =>
  html`<dl class="facts">
    ${all.map(
      ([term, value, remark]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}${remark === undefined ? undefined : html`<small>${remark}</small>`}</dd>
        </div>`,
    )}
  </dl>`

/** A command line. */
export const command = (line: string): Html => html`<pre><code>${line}</code></pre>`
