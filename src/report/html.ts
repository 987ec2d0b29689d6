/**
 * HTML from values. A value in a template is escaped, unless a template made it.
 */
import { visible } from '../format.ts'

/** Only this module has this symbol, so a value that was read from a file cannot count as markup. */
const MARK = Symbol('html')

export type Html = { readonly [MARK]: string }

/** The values that a template takes: `undefined` becomes nothing, lists are joined. */
export type Content = string | number | Html | undefined | readonly Content[]

/** Markup from a literal; its values are escaped, within attributes too where these are in double quotes. */
export const html = (literals: TemplateStringsArray, ...values: readonly Content[]): Html => ({
  [MARK]: literals.reduce((before, literal, i) => before + written(values[i - 1]) + literal),
})

/** Text that is markup already. Only for the output of a library or of this folder, never for data. */
export const trusted = (markup: string): Html => ({ [MARK]: markup })

/** The markup as text. */
export const render = (content: Html): string => content[MARK]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, character => ENTITIES[character]!).replace(/[^\t\n\r]+/g, visible)

const written = (value: Content): string =>
  value === undefined
    ? ''
    : typeof value === 'object'
      ? MARK in value
        ? value[MARK]
        : value.map(written).join('')
      : escaped(String(value))
