import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dataError, usageError } from '../../src/errors.ts'
import { visible } from '../../src/format.ts'
import { both } from '../../src/options/option.ts'
import * as E from 'fp-ts/lib/Either.js'
import { cli, inFolder } from '../support/cli.ts'

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
