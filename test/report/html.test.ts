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
  // a browser replaces NUL, and reads a carriage return as the end of a line
  const text = fc.string({ unit: 'binary' }).map(any => any.replace(/[\0\r]/g, ''))
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
