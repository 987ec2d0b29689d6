import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { owned } from './support/children.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A test that starts a process, writes its number down, and then waits for ever. */
const planted = (pidFile: string, timeout: number): string => `import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { it } from 'vitest'
import { owned } from ${JSON.stringify(join(root, 'test/support/children.ts'))}
it('waits', { timeout: ${timeout} }, async () => {
  const { pid } = owned(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }))
  writeFileSync(${JSON.stringify(pidFile)}, String(pid))
  await new Promise(() => {})
})
it('and the next one too', { timeout: ${timeout} }, () => new Promise(() => {}))
`

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    // a process that has ended and that nobody has waited for
    return process.platform === 'linux' && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return true
  }
}

it.each([
  ['times out', undefined],
  ['is stopped with its runner', 'SIGTERM'],
  ['has its runner killed', 'SIGKILL'],
] as const)('a test that %s leaves no process behind', async (_what, signal) => {
  // below the project, where its packages are found
  mkdirSync(join(root, 'node_modules', '.network2'), { recursive: true })
  const folder = mkdtempSync(join(root, 'node_modules', '.network2', 'test-'))
  try {
    const pidFile = join(folder, 'pid')
    writeFileSync(join(folder, 'planted.test.ts'), planted(pidFile, signal === undefined ? 1_000 : 1_000_000))
    writeFileSync(join(folder, 'vitest.config.mjs'), 'export default { test: { pool: "forks" } }')
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const runner = owned(spawn(process.execPath, [vitest, 'run', '--root', folder], { stdio: 'ignore' }))
    const ended = once(runner, 'exit')
    await vi.waitFor(() => expect(existsSync(pidFile) && readFileSync(pidFile, 'utf8')).toMatch(/\d/), 50_000)
    if (signal !== undefined) runner.kill(signal)
    await ended
    const pid = Number(readFileSync(pidFile, 'utf8'))
    await vi.waitFor(() => expect(isGone(pid)).toBe(true), 10_000)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
