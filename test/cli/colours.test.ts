/**
 * The command line in a terminal: `script` gives it one.
 */
import { execFile, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { recorded } from '../../scripts/golden.ts'
import { shellQuoted } from '../../src/format.ts'
import { inFolder } from '../support/cli.ts'
import { need } from '../support/needs.ts'

/* eslint-disable no-control-regex -- the colours are control characters */

const RUN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url))

const pty = need(
  process.platform === 'linux' && spawnSync('script', ['--version']).status === 0,
  'there is no `script` (util-linux), which gives a test a terminal',
)

/** What a terminal of 80 columns receives from a training of three epochs whose folder has a space in its name. */
const shown = (env: NodeJS.ProcessEnv, more: readonly string[] = []): Promise<string> =>
  inFolder(async folder => {
    const data = join(folder, 'data.json')
    await writeFile(data, JSON.stringify(recorded({ name: 'xent' }).data))
    const args = [
      ...['train', '--data', data, '--epochs', '3', '--backend', 'cpu', '--monitor', 'all'],
      ...['--out', join(folder, 'my run'), ...more],
    ]
    const line = [process.execPath, RUN, ...args].map(shellQuoted).join(' ')
    const { stdout } = await promisify(execFile)(
      'script',
      ['-qec', `stty cols 80 rows 30; ${line}`, '/dev/null'],
      {
        env: {
          ...process.env,
          // Node shows no colours under an unknown CI.
          CI: undefined,
          FORCE_COLOR: undefined,
          NO_COLOR: undefined,
          TERM: 'xterm-256color',
          NETWORK2_NATIVE: 'off',
          ...env,
        },
      },
    ).catch((error: unknown) => error as { readonly stdout: string })
    return stdout.replaceAll(folder, 'FOLDER')
  })

describe.skipIf(pty.isMissing)('in a terminal', pty.why, () => {
  it('of 80 columns an epoch is one line, the best so far in green, and the bar is of the whole run', async () => {
    const text = await shown({})
    const lines = text
      .split('\r\n')
      .map(line => line.slice(Math.max(0, line.search(/(\x1b\[32m)?Epoch \d: /))))
    const epochs = lines.filter(line => /Epoch \d: /.test(line))
    expect(epochs).toHaveLength(3)
    for (const line of epochs)
      expect(line.replaceAll(/\x1b\[[\d;?]*[a-zA-Z]/g, '').length).toBeLessThanOrEqual(80)
    expect(epochs[0]).toMatch(/^\x1b\[32mEpoch 1: /)
    // after two of three epochs
    expect(text).toMatch(/Epoch 3\/3 .* (66|100) %/)
    expect(text).not.toMatch(/Epoch 1\/3 .* ([4-9]\d|100) %/)
    expect(text).toContain("npm run evaluate -- --model 'FOLDER/my run/model.json'")
    expect(text).toContain('3 epochs in ')
  })

  it.each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['TERM=dumb', { TERM: 'dumb' }],
  ])('with %s there are no colours', async (_, env) => {
    const text = await shown(env)
    expect(text).toContain('Epoch 3: ')
    expect(text).not.toMatch(/\x1b\[3\dm/)
  })

  it('the name before an error is red', async () => {
    expect(await shown({}, ['--eta', 'x'])).toContain('\x1b[31mnetwork2:\x1b[39m --eta x')
    expect(await shown({ NO_COLOR: '1' }, ['--eta', 'x'])).toContain('network2: --eta x')
  })
})
