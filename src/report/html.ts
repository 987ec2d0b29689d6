/**
 * HTML from values. What is put into the template is text and is escaped, unless the template made it.
 */

/** Only this module holds the mark, so nothing that was read from a file can pass for markup. */
const MARK = Symbol('html')

export type Html = { readonly [MARK]: string }

/** What a template takes: nothing is shown for `undefined`, lists are joined. */
export type Content = string | number | Html | undefined | readonly Content[]

/** Markup from a literal; its values are escaped, within attributes too where these are in double quotes. */
export const html = (literals: TemplateStringsArray, ...values: readonly Content[]): Html => ({
  [MARK]: literals.reduce((before, literal, i) => before + written(values[i - 1]) + literal),
})

/** Text that is markup already. For what a library or this folder has made, never for what was read. */
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

const escaped = (text: string): string => text.replace(/[&<>"']/g, character => ENTITIES[character]!)

const written = (value: Content): string =>
  value === undefined
    ? ''
    : typeof value === 'object'
      ? MARK in value
        ? value[MARK]
        : value.map(written).join('')
      : escaped(String(value))
