/**
 * Charts as SVG text, drawn by Observable Plot in a document of its own.
 */
import { plot, type PlotOptions } from '@observablehq/plot'
// the whole of linkedom in one file, which is there in a third of the time
import { parseHTML } from 'linkedom/worker'
import { trusted, type Html } from './html.ts'

/** What is used of an SVG element. */
type Drawn = {
  readonly outerHTML: string
  readonly querySelector: (selector: string) => { readonly remove: () => void } | null
  readonly querySelectorAll: (selector: string) => Iterable<Drawn>
  readonly getAttribute: (name: string) => string
  readonly setAttribute: (name: string, value: string) => void
  readonly removeAttribute: (name: string) => void
}

/** A document, of a kind that Plot accepts. */
type Page = { readonly document: never }

/**
 * Draws a chart.
 *
 * @param alternative what it shows, in words, for those who cannot see it; without it, it is an ornament
 */
export const svg = (options: PlotOptions, alternative?: string): Html => {
  const { document } = parseHTML('<!doctype html><html><body></body></html>') as unknown as Page
  const chart = plot({ ...options, document }) as unknown as Drawn
  // the page's own style sheet says the same, once, and the page's policy would refuse this one
  chart.querySelector('style')?.remove()
  // the layers of a picture are no things with names of their own, to those who listen
  for (const layer of chart.querySelectorAll('g[aria-label]')) {
    layer.setAttribute('class', layer.getAttribute('aria-label'))
    layer.removeAttribute('aria-label')
  }
  chart.setAttribute('class', 'chart')
  chart.setAttribute('font-size', '12')
  chart.setAttribute('font-family', 'inherit')
  if (alternative === undefined) chart.setAttribute('aria-hidden', 'true')
  else {
    chart.setAttribute('role', 'img')
    chart.setAttribute('aria-label', alternative)
  }
  return trusted(chart.outerHTML)
}
