/**
 * How to make it again, and what it was made on.
 */
import { html, type Html } from '../html.ts'
import { command, paragraph, section } from '../page.ts'
import { settings } from '../table.ts'

export type Circumstances = {
  /** The command line that makes it again. */
  readonly command: string
  readonly config: Readonly<Record<string, unknown>>
  /** What it ran on. */
  readonly env: Readonly<Record<string, unknown>>
}

export const circumstances = (of: Circumstances): Html =>
  section(
    'To make it again',
    paragraph('This command, on the same data, gives the same numbers:'),
    command(of.command),
    html`<div class="columns">
      ${settings('The configuration', of.config)}${settings('What it ran on', of.env)}
    </div>`,
  )
