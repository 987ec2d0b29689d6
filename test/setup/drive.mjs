/**
 * `node drive.mjs JSON` sets up the native backend as run.mjs does, in a process that a test can kill, with a wheel
 * and a check of the test's own. Prints the state.
 */
import { readFileSync } from 'node:fs'
import { Stopped } from '../../scripts/child.mjs'
import { recipe } from '../../scripts/native.mjs'
import { setUpNative } from '../../scripts/setup.mjs'

const { root, sha256, again, platform } = JSON.parse(process.argv[2])

/** The fake compiler writes what the fake library is; a loader would find them to fit. */
const probe = async addon => {
  const text = readFileSync(addon, 'utf8')
  return text === 'built\n' ? { version: '2.15.1' } : { trouble: 'no addon' }
}

try {
  const how = { recipe: { ...recipe, sha256, probe }, platform: platform ?? recipe.platform }
  process.stdout.write(JSON.stringify(await setUpNative({ root, env: process.env, again, how })))
} catch (error) {
  if (!(error instanceof Stopped)) throw error
  process.exitCode = error.exitCode
}
