import fc from 'fast-check'
import { parseHTML } from 'linkedom/worker'
import { expect, it } from 'vitest'
import { html, render, type Content } from '../../src/report/html.ts'

type Found = {
  readonly querySelectorAll: (selector: string) => readonly unknown[]
  readonly querySelector: (selector: string) => {
    readonly textContent: string
    readonly getAttribute: (name: string) => string
  }
}

const parsed = (markup: string): Found =>
  (parseHTML(`<!doctype html><html><body>${markup}</body></html>`) as unknown as { document: Found }).document

it('by hand: text is escaped, markup is not, lists are joined, nothing is nothing', () => {
  const bold = (text: Content) => html`<b>${text}</b>`
  expect(render(html`<i>${['<b>', 2].map(bold)}${undefined}</i>`)).toBe('<i><b>&lt;b&gt;</b><b>2</b></i>')
  expect(render(html`${`&"'`}`)).toBe('&amp;&quot;&#39;')
})

it('what was read from a file cannot pass for markup', () => {
  const read = JSON.parse('{"html": "<b>", "markup": "<b>", "Symbol(html)": "<b>"}') as Content
  expect(() => render(html`${read}`)).toThrow()
})

it('law: any text is the same text again, in an element and in an attribute, and makes no element', () => {
  // invisible characters are written as in JSON
  const text = fc.string({ unit: 'binary' }).map(any => any.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ''))
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        fc.string({ unit: fc.constantFrom(...['<', '>', '"', "'", '&', '/', '=', 'a', '!', '-']) }),
      ),
      any => {
        const page = parsed(render(html`<p title="${any}">${any}</p>`))
        expect(page.querySelectorAll('body *')).toHaveLength(1)
        expect(page.querySelector('p').textContent).toBe(any)
        expect(page.querySelector('p').getAttribute('title')).toBe(any)
      },
    ),
  )
})

it('characters that are not seen, or turn the text around, are written out; line breaks stay', () => {
  expect(render(html`<p>${'a\u202eb\u2028c\x1b[2J\x00'}</p>`)).toBe(
    '<p>a\\u202eb\\u2028c\\u001b[2J\\u0000</p>',
  )
  expect(render(html`${'one\n\ttwo'}`)).toBe('one\n\ttwo')
})
