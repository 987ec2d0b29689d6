/**
 * The command line in a terminal: `script` gives it one.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { recorded } from '../../scripts/golden.ts'
import { shellQuoted } from '../../src/format.ts'
import { owned } from '../support/children.ts'
import { inFolder } from '../support/cli.ts'
import { dataOf } from '../support/faults.ts'
import { terminal } from '../support/needs.ts'

/* eslint-disable no-control-regex -- the colours are control characters */

/** What the terminal shows once the training has ended. */
const END = 'the end of the program'

const RUN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url))

type Options = {
  readonly env?: NodeJS.ProcessEnv
  readonly more?: readonly string[]
  readonly epochs?: number
  /** Once the terminal shows this, Ctrl-C is pressed again and again. */
  readonly stopAt?: RegExp
}

/**
 * What a terminal of 80 columns receives from a training whose folder has a space in its name, and the exit code.
 *
 * @param options `more` are flags in addition; without `epochs` it has three, of a few examples
 */
const inTerminal = ({ env, more = [], epochs, stopAt }: Options) =>
  inFolder(async folder => {
    const few = join(folder, 'few.json')
    await writeFile(few, JSON.stringify(recorded({ name: 'xent' }).data))
    const data = epochs === undefined ? few : await dataOf(folder, 3000)
    const args = [
      ...['train', '--data', data, '--epochs', String(epochs ?? 3), '--backend', 'cpu', '--monitor', 'all'],
      ...['--out', join(folder, 'my run'), ...more],
    ]
    const line = [process.execPath, RUN, ...args].map(shellQuoted).join(' ')
    // `script` may wait long after its child has ended: so the shell waits, until END has been seen. Without noflsh, Ctrl-C
    // discards what the terminal has not shown yet
    const afterwards = `code=$?; echo ${END}; until read -r _; do :; done; exit $code`
    const child = spawn(
      'script',
      ['-qec', `stty cols 80 rows 30 noflsh; trap : INT; ${line}; ${afterwards}`, '/dev/null'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
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
    )
    owned(child)
    // it may have ended before it reads what is typed
    child.stdin.on('error', () => undefined)
    let text = ''
    let pressing: NodeJS.Timeout | undefined
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes(END)) {
        clearInterval(pressing)
        child.stdin.write('\n')
      } else if (stopAt?.test(text) === true) pressing ??= setInterval(() => child.stdin.write('\x03'), 5)
    })
    const [code] = (await once(child, 'close')) as [number | null]
    clearInterval(pressing)
    return { code, text: text.slice(0, text.indexOf(END)).replaceAll(folder, 'FOLDER') }
  })

const shown = async (env: NodeJS.ProcessEnv, more: readonly string[] = []): Promise<string> =>
  (await inTerminal({ env, more })).text

describe.skipIf(terminal.isMissing)('in a terminal', terminal.why, () => {
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

  it('Ctrl-C twice while the bar is shown ends at once, and the cursor is visible again', async () => {
    const { code, text } = await inTerminal({
      ...{ epochs: 1_000_000, more: ['--sizes', '12,8,5'], stopAt: /Epoch \d+\/1000000/ },
    })
    expect(code).toBe(130)
    expect(text).not.toContain('resume:')
    expect(text.lastIndexOf('\x1b[?25h')).toBeGreaterThan(text.lastIndexOf('\x1b[?25l'))
  })
})
