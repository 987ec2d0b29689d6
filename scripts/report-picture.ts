/**
 * Takes the README's picture of a report: trains a network, and photographs the page of the run in headless Chromium.
 *
 * `npm run report-picture -- [FILE.png]`
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { root } from './package.mjs'

const RUN = join(root, 'scripts', 'run.mjs')

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']

const [file = 'data/report.png'] = process.argv.slice(2)

const picture = (page: string): boolean =>
  BROWSERS.some(browser => {
    const { status } = spawnSync(browser, [
      ...['--headless', '--no-sandbox', '--hide-scrollbars', '--force-device-scale-factor=1'],
      ...['--window-size=1080,1500', `--screenshot=${resolve(file)}`, `file://${page}`],
    ])
    return status === 0
  })

const folder = mkdtempSync(join(tmpdir(), 'network2-picture-'))
try {
  const run = join(folder, 'xent-seed-1')
  const { status } = spawnSync(
    process.execPath,
    [RUN, 'train', '--cost', 'xent', '--init', 'large', '--seed', '1', '--out', run],
    { stdio: 'inherit' },
  )
  if (status !== 0) process.exitCode = status ?? 1
  else if (picture(join(run, 'report.html'))) console.log(file)
  else {
    console.error(`network2: no picture: none of ${BROWSERS.join(', ')} was found, or it failed`)
    process.exitCode = 3
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
