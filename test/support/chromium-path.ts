/**
 * Where Chromium is on this machine.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The program; undefined where there is none that starts. */
export const chromiumPath = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap(name => (process.env.PATH ?? '').split(delimiter).map(folder => join(folder, name)))
  .find(file => existsSync(file) && spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0)
