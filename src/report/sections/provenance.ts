/**
 * How to reproduce results, and the environment in which they were computed.
 */
import { html, type Html } from '../html.ts'
import { command, paragraph, section } from '../page.ts'
import { settingsTable } from '../table.ts'

export type Provenance = {
  /** The command line that reproduces the results. */
  readonly command: string
  readonly config: Readonly<Record<string, unknown>>
  /** Versions, backend, engine and machine. */
  readonly env: Readonly<Record<string, unknown>>
}

export const provenance = (of: Provenance): Html =>
  section(
    'Reproduce these results',
    paragraph('This command, on the same data, gives the same numbers:'),
    command(of.command),
    html`<div class="columns">
      ${settingsTable('Configuration', of.config)}${settingsTable('Environment', of.env)}
    </div>`,
  )
