/**
 * A whole report: one file that needs nothing beside it and asks nobody for anything.
 *
 * Its policy allows the one style sheet, by its hash, and pictures that are part of the file. Whatever a name or a
 * setting may say, no script, style or request can come of it.
 */
import { createHash } from 'node:crypto'
import { html, render, trusted, type Content, type Html } from './html.ts'
import { runStateLabels, type RunState } from './run-record.ts'
import { STYLE } from './style.ts'

export type Page = {
  readonly title: string
  /** How the thing stands: the first line. Without it, the page begins with its title. */
  readonly state?: { readonly state: RunState; readonly sentence: string }
  /** What it was and what came of it, below the title. */
  readonly lead: Content
  /** Those that there are. */
  readonly sections: readonly (Html | undefined)[]
}

const HASH = createHash('sha256').update(STYLE).digest('base64')

/** The very text that the hash is of: no space more. */
const SHEET = trusted(`<style>${STYLE}</style>`)

const POLICY = `default-src 'none'; style-src 'sha256-${HASH}'; img-src data:; base-uri 'none'; form-action 'none'`

/** The text of the file. */
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
              ${state && html`<p class="state ${state.state}">${standing(state)}</p> `}
              <h1>${title}</h1>
              ${lead}
            </header>
            ${sections.map(each => html`${each} `)}
          </main>
        </body>
      </html> `,
  )

/** The state in bold, then the rest of the sentence: a sentence may begin with the state, or leave it to us. */
const standing = ({ state, sentence }: NonNullable<Page['state']>): Html => {
  const word = runStateLabels[state]
  return sentence.startsWith(`${word} `)
    ? html`<strong>${word}</strong>${sentence.slice(word.length)}`
    : html`<strong>${word}.</strong> ${sentence}`
}

/** A part of a page under its own heading. */
export const section = (heading: string, ...content: readonly Content[]): Html =>
  html`<section>
    <h2>${heading}</h2>
    ${content.map(each => html`${each} `)}
  </section>`

export const paragraph = (...content: readonly Content[]): Html => html`<p>${content}</p>`

/** A remark about what is missing or must be known to read what follows. */
export const note = (...content: readonly Content[]): Html => html`<p class="note">${content}</p>`

/** A few numbers to see first: what, how much, and in small letters when or of what. */
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

/** The command line that makes it again. */
export const command = (line: string): Html => html`<pre><code>${line}</code></pre>`
