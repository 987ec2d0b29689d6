import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dataError, usageError } from '../../src/errors.ts'
import { visible } from '../../src/format.ts'
import { both } from '../../src/options/option.ts'
import * as E from 'fp-ts/lib/Either.js'
import { cli, inFolder, start } from '../support/cli.ts'
import { linux } from '../support/needs.ts'

describe('what a name can do to a line', () => {
  it('nothing: invisible characters are written as in JSON', () => {
    const name = 'a\u202eb\u2028\u2029\x1b[2J\x9b\n\t\u{e0001}é😀'
    expect(visible(name)).toBe('a\\u202eb\\u2028\\u2029\\u001b[2J\\u009b\\u000a\\u0009\\udb40\\udc01é😀')
    // a line of JSON means the same as before
    expect(JSON.parse(visible(JSON.stringify({ name })))).toEqual({ name })
  })

  it('an error is one line, unless it has several', () => {
    expect(dataError('a\nnetwork2: b', 'c\r\nd')).toMatchObject({
      message: 'a\\nnetwork2: b',
      remedy: 'c\\nd',
    })
    const [one, two] = [usageError('a\nb', 'do c'), usageError('d', 'do e')]
    expect(both(E.left(one), E.left(two))).toMatchObject(
      E.left({ message: 'a\\nb\nd', remedy: 'do c\ndo e' }),
    )
  })

  it('in an error of a command: no line of its own, no turned text, no password, not 100 KB', async () => {
    const { err } = await cli([
      'evaluate',
      '--model',
      `x\nnetwork2: all is well\u202e redis://:hunter2@host ${'y'.repeat(100_000)}`,
    ])
    expect(err.split('\n').some(line => line.startsWith('network2: all is well'))).toBe(false)
    expect(err).toContain('\\u202e')
    expect(err).not.toContain('\u202e')
    expect(err).not.toContain('hunter2')
    expect(err.length).toBeLessThan(20_000)
  })

  it('in a line of output: the same', () =>
    inFolder(async folder => {
      const run = join(folder, 'a\nb\u202e')
      await mkdir(run)
      await writeFile(join(run, 'config.json'), '{}')
      const { out, err } = await cli(['runs', '--runs', folder])
      expect(out + err).not.toContain('\u202e')
    }))
})

/** Commands that print once, at their end: a program for people, one of Node alone, and a tool. */
const PRINTING = [
  ['train', '--help'],
  ['train', '--version'],
  ['bench', '--help'],
  ['slowdown', '--json', '--epochs', '3', '--out', 'none'],
]

describe.each(PRINTING)('the output of %s %s', (...args) => {
  it.skipIf(linux.isMissing)('on a full disk is an error', linux.why, async () => {
    const { code, err } = await cli(args, {}, 'exec "$@" > /dev/full')
    expect(err).toMatch(/^network2: standard output cannot be written: .*(disk is full|no space)/)
    expect(err).not.toMatch(/^ +at /m)
    expect(code).toBe(7)
  })

  it('that nobody reads ends quietly', async () => {
    const running = start(args)
    running.closeOut()
    const { code, err } = await running.result
    expect(err).toBe('')
    expect([0, 141]).toContain(code)
  })
})

it.skipIf(linux.isMissing)('errors that cannot be printed keep their exit code', linux.why, async () => {
  for (const args of [['train', '--constructor'], ['nonsense'], ['train', '--eta', 'x'], ['bench', '--x']])
    expect(await cli(args, {}, 'exec "$@" 2> /dev/full')).toMatchObject({ code: 2, out: '' })
})
