import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

const PLANTED = `import { describe, it } from 'vitest'
import { need } from ${JSON.stringify(join(root, 'test/support/needs.ts'))}
const spoon = need(false, 'there is no spoon')
const fork = need(true, 'there is no fork')
it('runs', () => undefined)
it.skipIf(fork.isMissing)('runs too', fork.why, () => undefined)
describe.skipIf(spoon.isMissing)('soup', spoon.why, () => {
  it('is hot', () => undefined)
  it('is salted', () => undefined)
})
it('decides late', ({ skip }) => skip('too late'))
it.skip('was put aside', () => undefined)
`

it('the summary says what was skipped, and why', () => {
  // below the project, where its packages are found
  mkdirSync(join(root, 'node_modules', '.network2'), { recursive: true })
  const folder = mkdtempSync(join(root, 'node_modules', '.network2', 'test-'))
  try {
    writeFileSync(join(folder, 'planted.test.ts'), PLANTED)
    writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {}')
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const reporter = join(root, 'test', 'support', 'skips.ts')
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [vitest, 'run', '--root', folder, '--reporter', reporter],
      { encoding: 'utf8' },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.trim().split(/\n\s*/)).toEqual([
      '2 skipped, there is no spoon: planted.test.ts',
      '1 skipped, too late: planted.test.ts',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
