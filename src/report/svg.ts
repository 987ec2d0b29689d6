/**
 * Charts as SVG text, drawn by Observable Plot in a document of linkedom.
 */
import { plot, type PlotOptions } from '@observablehq/plot'
// the bundle of linkedom, which loads in a third of the time
import { parseHTML } from 'linkedom/worker'
import { trusted, type Html } from './html.ts'

/** The part of an SVG element's interface that is used here. */
type Drawn = {
  readonly outerHTML: string
  readonly querySelector: (selector: string) => { readonly remove: () => void } | null
  readonly querySelectorAll: (selector: string) => Iterable<Drawn>
  readonly getAttribute: (name: string) => string
  readonly setAttribute: (name: string, value: string) => void
  readonly removeAttribute: (name: string) => void
}

/** A document that Plot accepts. */
type Page = { readonly document: never }

/**
 * Draws a chart.
 *
 * @param alternative the text alternative for screen readers; without it, they skip the chart
 */
export const svg = (options: PlotOptions, alternative?: string): Html => {
  const { document } = parseHTML('<!doctype html><html><body></body></html>') as unknown as Page
  const chart = plot({ ...options, document }) as unknown as Drawn
  // the page's style sheet has the same rules, and its content security policy would block this one
  chart.querySelector('style')?.remove()
  // a screen reader should not announce the layers of a chart
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
