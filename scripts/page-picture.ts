/**
 * Takes the READMEs' pictures of the page, in both languages: trains its two networks in headless Chromium, and photographs
 * their curves.
 *
 * `npm run page-picture -- [FOLDER]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { chromiumPath } from '../test/support/chromium-path.ts'
import { buildPage } from './page.mjs'
import { root } from './package.mjs'

/** The generated digits, which every machine has: the picture is the same everywhere. */
const SETTINGS = 'data=digits&train-size=5000&epochs=30&cost=quadratic&init=large&vs-cost=xent&show=network'

const PICTURES = [
  ['en', 'page.png', 'finished'],
  ['zh', 'page.zh-CN.png', '训练结束'],
] as const

const [to = 'data'] = process.argv.slice(2)

if (chromiumPath === undefined) {
  console.error(
    'network2: no picture: Chromium is not installed; install it from the packages of your system',
  )
  process.exitCode = 3
} else {
  const folder = mkdtempSync(join(tmpdir(), 'network2-picture-'))
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  try {
    const { file } = await buildPage(root, { folder })
    for (const [language, name, finished] of PICTURES) {
      const page = await browser.newPage({
        viewport: { width: 1080, height: 1040 },
        reducedMotion: 'reduce',
      })
      await page.goto(`${pathToFileURL(file).href}#${SETTINGS}&lang=${language}`)
      await page.locator('#run:enabled').click()
      await page.getByText(finished).waitFor({ timeout: 300_000 })
      await page.evaluate(`document.getElementById('network').scrollIntoView()`)
      await page.screenshot({ path: join(to, name) })
      console.log(join(to, name))
    }
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
