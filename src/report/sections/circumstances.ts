/**
 * How to make it again, and what it was made on.
 */
import { html, type Html } from '../html.ts'
import { command, paragraph, section } from '../page.ts'
import { settingsTable } from '../table.ts'

export type Provenance = {
  /** The command line that makes it again. */
  readonly command: string
  readonly config: Readonly<Record<string, unknown>>
  /** What it ran on. */
  readonly env: Readonly<Record<string, unknown>>
}

export const provenance = (of: Provenance): Html =>
  section(
    'To make it again',
    paragraph('This command, on the same data, gives the same numbers:'),
    command(of.command),
    html`<div class="columns">
      ${settingsTable('The configuration', of.config)}${settingsTable('What it ran on', of.env)}
    </div>`,
  )
