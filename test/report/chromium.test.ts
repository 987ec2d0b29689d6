/**
 * The reports in a real browser: nothing is asked for outside the file, nothing runs, nothing overflows a telephone,
 * and axe finds nothing serious, in the light and in the dark.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { comparisonReport } from '../../src/report/pages/comparison-page.ts'
import { reproduceReport } from '../../src/report/pages/reproduce-page.ts'
import { runReport } from '../../src/report/pages/run-page.ts'
import { slowdownReport } from '../../src/report/pages/slowdown-page.ts'
import { studyReport } from '../../src/report/pages/study-page.ts'
import { inFolder } from '../support/cli.ts'
import { chromium, startChromium, type Browser, type Tab } from '../support/chromium.ts'
import { sampleReproduction, sampleRun, sampleSlowdown, sampleStudy } from './samples.ts'

const HOSTILE = '</script><img src=x onerror=alert(1)>'

const other = { ...sampleRun(2, 12), config: { ...sampleRun(2).config, cost: 'quadratic' } }

const pages = {
  run: runReport({ ...sampleRun(1, 12), name: HOSTILE, command: HOSTILE }),
  diverged: runReport({ ...sampleRun(1, 0), state: 'diverged', layers: undefined, answers: undefined }),
  comparison: comparisonReport([sampleRun(1, 12), sampleRun(3, 12), other]),
  study: studyReport(sampleStudy(20)),
  reproduce: reproduceReport(sampleReproduction()),
  slowdown: slowdownReport(sampleSlowdown(50)),
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const look = (tab: Tab, scheme: 'light' | 'dark', width: number): Promise<unknown> =>
  Promise.all([
    tab.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] }),
    tab.send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height: 800, deviceScaleFactor: 1, mobile: width < 500 },
    }),
  ])

/** What axe holds against the page, if it is serious: the rule, and the elements. */
const findings = async (tab: Tab): Promise<unknown> => {
  await tab.evaluate(`${AXE}; undefined`)
  return tab.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html, failureSummary }) => html + failureSummary)]))`)
}

describe.skipIf(chromium.isMissing)('in a browser', chromium.why, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser.close())

  it.each(Object.entries(pages))('%s: one quiet file, for everybody', { timeout: 120_000 }, (name, text) =>
    inFolder(async folder => {
      const { tab } = browser
      const file = join(folder, `${name}.html`)
      writeFileSync(file, text)
      for (const scheme of ['light', 'dark'] as const) {
        await look(tab, scheme, 360)
        const asked = await tab.open(file)
        expect(asked.filter(url => !url.startsWith('data:'))).toEqual([`file://${file}`])
        expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(360)
        expect(await tab.evaluate('document.styleSheets.length'), 'the policy lets the style in').toBe(1)
        expect(await tab.evaluate(`document.querySelectorAll('img[onerror], script').length`)).toBe(0)
        // the pictures are there, and not merely named
        expect(
          await tab.evaluate('[...document.images].every(image => image.complete && image.naturalWidth > 1)'),
        ).toBe(true)
        expect(await findings(tab)).toEqual([])
      }
      await look(tab, 'light', 1280)
      await tab.open(file)
      expect(await findings(tab)).toEqual([])
      if (name === 'run')
        expect(await tab.evaluate(`document.querySelector('h1').textContent`)).toBe(`${HOSTILE} on MNIST`)
    }),
  )
})
