/**
 * The reports in a real browser: nothing is asked for outside the file, nothing runs, nothing overflows a telephone,
 * and axe finds nothing serious, in the light and in the dark.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chapterReport } from '../../src/report/pages/chapter-page.ts'
import { comparisonReport } from '../../src/report/pages/comparison-page.ts'
import { reproduceReport } from '../../src/report/pages/reproduce-page.ts'
import { runReport } from '../../src/report/pages/run-page.ts'
import { slowdownReport } from '../../src/report/pages/slowdown-page.ts'
import { proceduresReport } from '../../src/report/pages/procedures-page.ts'
import { studyReport } from '../../src/report/pages/study-page.ts'
import { inFolder } from '../support/cli.ts'
import { chromium, findings, look, startChromium, type Browser, type Tab } from '../support/chromium.ts'
import { isLong } from '../support/long.ts'
import {
  sampleChapter,
  sampleProcedures,
  sampleReproduction,
  sampleRun,
  sampleSlowdown,
  sampleStudy,
} from './samples.ts'

const HOSTILE = '</script><img src=x onerror=alert(1)>'

const other = { ...sampleRun(2, 12), config: { ...sampleRun(2).config, cost: 'quadratic' } }

const pages = {
  run: runReport({ ...sampleRun(1, 12), name: HOSTILE, command: HOSTILE, env: { data: HOSTILE } }),
  diverged: runReport({ ...sampleRun(1, 0), state: 'diverged', layers: undefined, answers: undefined }),
  comparison: comparisonReport([sampleRun(1, 12), sampleRun(3, 12), other]),
  study: studyReport(sampleStudy(20)),
  procedures: proceduresReport(sampleProcedures()),
  reproduce: reproduceReport(sampleReproduction()),
  slowdown: slowdownReport(sampleSlowdown(50)),
  chapter: chapterReport(sampleChapter()),
}

/** The texts of charts of which a part is outside. */
const CLIPPED = `[...document.querySelectorAll('svg.chart text')].filter(text => {
  const [inner, outer] = [text, text.ownerSVGElement].map(each => each.getBoundingClientRect())
  return inner.left < outer.left - 1 || inner.right > outer.right + 1
}).map(text => text.textContent)`

/** A place just inside the right edge, near the lower end, of the first table that does not fit. */
const wideTable = (toEnd: boolean): string => `(() => {
  const box = [...document.querySelectorAll('.scroll')].find(each => each.scrollWidth > each.clientWidth)
  box.scrollLeft = ${toEnd ? 'box.scrollWidth' : '0'}
  const { right, bottom } = box.getBoundingClientRect()
  return { x: right - 3 + scrollX, y: bottom - 4 + scrollY, width: 2, height: 2, scale: 1 }
})()`

/** The brightness there, 0 to 255. */
const edge = async (tab: Tab, toEnd: boolean): Promise<number> => {
  const clip = await tab.evaluate(wideTable(toEnd))
  const { data } = await tab.send('Page.captureScreenshot', {
    format: 'png',
    clip,
    captureBeyondViewport: true,
  })
  return PNG.sync.read(Buffer.from(data as string, 'base64')).data[0]!
}

describe.skipIf(chromium.isMissing)('in a browser', chromium.why, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser.close())

  const looks = [
    [360, 'light'],
    [1280, 'dark'],
  ] as const
  const otherLooks = [
    [360, 'dark'],
    [1280, 'light'],
  ] as const

  it.each(Object.entries(pages))('%s: one quiet file, for everybody', { timeout: 120_000 }, (name, text) =>
    inFolder(async folder => {
      const { tab } = browser
      const file = join(folder, `${name}.html`)
      writeFileSync(file, text)
      for (const [width, scheme] of isLong ? [...looks, ...otherLooks] : looks) {
        await look(tab, scheme, width)
        const asked = await tab.open(file)
        expect(asked.filter(url => !url.startsWith('data:'))).toEqual([`file://${file}`])
        expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(width)
        expect(await tab.evaluate('document.styleSheets.length'), 'the policy lets the style in').toBe(1)
        expect(await tab.evaluate(`document.querySelectorAll('img[onerror], script').length`)).toBe(0)
        // the pictures are there, and not merely named
        expect(
          await tab.evaluate('[...document.images].every(image => image.complete && image.naturalWidth > 1)'),
        ).toBe(true)
        expect(await findings(tab)).toEqual([])
        expect(await tab.evaluate(CLIPPED)).toEqual([])
      }
      if (name === 'run')
        expect(await tab.evaluate(`document.querySelector('h1').textContent`)).toContain(HOSTILE)
    }),
  )

  it.each(['light', 'dark'] as const)('%s: a table that goes on has a shadow at that edge', scheme =>
    inFolder(async folder => {
      const { tab } = browser
      const file = join(folder, 'comparison.html')
      writeFileSync(file, pages.comparison)
      await look(tab, scheme, 360)
      await tab.open(file)
      const [more, end] = [await edge(tab, false), await edge(tab, true)]
      expect(Math.abs(more - end)).toBeGreaterThan(25)
    }),
  )
})
