import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import type { CliEnv } from '../../src/cli/cli-env.ts'
import { runCommand } from '../../src/cli/command.ts'
import type { Argv } from '../../src/options/option.ts'
import { slowdownText } from '../../src/report/text/slowdown-text.ts'
import { slowdownCommand } from '../../src/cli/commands/slowdown-command.ts'
import { comparison, observation } from '../../src/book/slowdown.ts'

/** What the command prints, or the message of its error. */
const printed = async (argv: Argv): Promise<string> => {
  const lines: string[] = []
  // all that this command needs of the world
  const env = { out: (line: string) => lines.push(line), columns: undefined } as unknown as CliEnv
  const result = await runCommand(slowdownCommand, { out: 'none', ...argv }, env)()
  return E.isLeft(result) ? result.left.message : lines.join('\n')
}

/** Without the breaks of its lines. */
const flowing = (text: string): string => text.replaceAll('\n', ' ')

describe('slowdown', () => {
  it('shows both costs from both starts, and says why', async () => {
    const text = await printed({})
    for (const title of [
      'quadratic cost, from w 0.6, b 0.9: the output goes from 0.82 to 0.094',
      'cross-entropy cost, from w 0.6, b 0.9: the output goes from 0.82 to 0.012',
      'quadratic cost, from w 2, b 2: the output goes from 0.98 to 0.20',
      'cross-entropy cost, from w 2, b 2: the output goes from 0.98 to 0.012',
    ])
      expect(text).toContain(title)
    for (const words of [
      '300 epochs at eta 0.15',
      'equations (55) and (56)',
      'equations (61) and (62)',
      'the quadratic cost falls by 3.61 %, the cross-entropy by 98.96 %',
      'after 150 epochs the outputs are 0.93 and 0.026',
      'eta 0.005',
      'the output goes from 0.98 to 0.78',
      'from 0.82 to 0.040, and from 0.98 to 0.048',
      'This is an observation',
    ])
      expect(flowing(text)).toContain(words)
    expect(text).not.toContain('-0.00')
    expect(text).not.toContain('\x1b')
  })

  it('draws the curves: level while it is saturated, then down', async () => {
    const lines = (await printed({})).split('\n')
    const from = lines.findIndex(line => line.startsWith('quadratic cost, from w 2'))
    expect(lines.slice(from + 1, from + 9)).toEqual([
      'output a                   cost C                     gradient ∂C/∂w',
      '1.00┤──────────╮           0.48┤─────────╮            0.15┤             ╭─╮',
      '    ┤          ╰──╮            ┤         ╰──╮             ┤            ╭╯ │',
      '    ┤             ╰╮           ┤            ╰╮            ┤           ╭╯  ╰╮',
      '0.50┤              ╰─╮     0.24┤             ╰╮       0.07┤          ╭╯    ╰╮',
      '    ┤                ╰─╮       ┤              ╰╮          ┤       ╭──╯      ╰─╮',
      '    ┤                  ╰─      ┤               ╰─╮        ┤───────╯           ╰',
      '0.00┤                      0.00┤                 ╰──  0.00┤',
    ])
  })

  it.each([30, 40, 47, 48, 60, 71, 72, 80, 100])('fits into %d columns', columns => {
    const lines = slowdownText(comparison(0.15, 300), observation(300), columns).split('\n')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns)
    expect(lines.filter(line => line.includes('gradient ∂C/∂w') && !line.includes('Why'))).toHaveLength(4)
    expect(lines.every(line => line === line.trimEnd())).toBe(true)
  })

  it('computes what it prints: other flags, other numbers', async () => {
    const text = flowing(await printed({ eta: '0.3', epochs: '50' }))
    const [, , quadratic] = comparison(0.3, 50)
    expect(text).toContain('50 epochs at eta 0.3')
    expect(text).toContain(`from 0.98 to ${quadratic.curve.a[50]!.toPrecision(2)}`)
    expect(text).toContain(`In the first 50 epochs the quadratic cost falls by`)
    expect(text).not.toContain('0.005')
  })

  it('--json: a line for each curve, and nothing else', async () => {
    const lines = (await printed({ json: true, epochs: '2' }))
      .split('\n')
      .map(line => JSON.parse(line) as unknown)
    expect(lines.slice(0, -1)).toEqual(
      [...comparison(0.15, 2), ...observation(2)].map(result => ({ event: 'curve', ...result })),
    )
    expect(lines.at(-1)).toEqual({ event: 'done', curves: 8 })
  })

  it('takes more epochs than a call can have arguments', async () => {
    expect(await printed({ epochs: '200000' })).toContain('200,000 epochs at eta 0.15')
  })

  it.each([
    [{ eta: 'abc' }, '--eta abc: not a number above 0'],
    [{ epochs: '0' }, '--epochs 0: not a whole number'],
    [{ epochs: '1000001' }, '--epochs 1000001: not a whole number of 1 to 1000000'],
    [{ eta: '0', epochs: '1.5' }, '--eta 0: not a number above 0\n--epochs 1.5: not'],
  ])('refuses %o', async (argv, message) => {
    expect(await printed(argv)).toContain(message)
  })
})
