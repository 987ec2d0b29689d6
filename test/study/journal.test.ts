import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import type { AppError } from '../../src/errors.ts'
import { systemEnv } from '../../src/io/env.ts'
import { readJournal } from '../../src/study/study-folder.ts'
import { LONGEST_JOURNAL, openJournal, type Journal, type StudyIdentity } from '../../src/study/journal.ts'
import { inFolder } from '../support/cli.ts'

const Entry = t.type({ id: t.string, value: t.number })
type Entry = t.TypeOf<typeof Entry>

const decode = (json: unknown): E.Either<string, Entry> =>
  E.mapLeft(() => 'its value is no number')(Entry.decode(json))

const subject = { experiment: 'ours', data: 'MNIST', space: { eta: 1, lmbda: 2 } }

const open = (file: string, of: StudyIdentity = subject): E.Either<AppError, Journal<Entry>> =>
  openJournal(file, of, decode)()

const opened = (file: string): Journal<Entry> => {
  const journal = open(file)
  if (E.isLeft(journal)) throw new Error(journal.left.message)
  return journal.right
}

/** Opens a journal, writes these entries, closes it, and gives what was in it before. */
const write = (file: string, ...entries: readonly Entry[]): readonly Entry[] => {
  const journal = opened(file)
  for (const entry of entries) expect(journal.append(entry)()).toEqual(E.right(undefined))
  journal.close()
  return journal.entries
}

const one = { id: 'a', value: 1 }
const two = { id: 'b ü 🙂', value: 2 }
const three = { id: 'c', value: 3 }

describe('a journal', () => {
  it('begins with its identity, and creates its folder', () =>
    inFolder(folder => {
      const file = join(folder, 'deep', 'journal.jsonl')
      expect(write(file, one)).toEqual([])
      const [heading, first, end] = readFileSync(file, 'utf8').split('\n')
      expect(JSON.parse(heading!)).toMatchObject({ event: 'journal', format: 1, settings: subject })
      expect(JSON.parse(first!)).toEqual(one)
      expect(end).toBe('')
      return Promise.resolve()
    }))

  it('keeps all entries, in any number of sessions', () =>
    inFolder(folder =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(fc.record({ id: fc.string(), value: fc.integer() }), { maxLength: 4 }), {
            maxLength: 5,
          }),
          async runs => {
            const file = join(folder, `${JSON.stringify(runs).length}-${Math.random()}.jsonl`)
            runs.forEach((run, i) => {
              expect(write(file, ...run)).toEqual(runs.slice(0, i).flat())
            })
            expect(write(file)).toEqual(runs.flat())
            return Promise.resolve()
          },
        ),
        { numRuns: 20 },
      ),
    ))

  it('of 100,000 trials is read', () =>
    inFolder(folder => {
      const file = join(folder, 'journal.jsonl')
      write(file)
      const lines = Array.from({ length: 100_000 }, (_, value) => JSON.stringify({ id: `${value}`, value }))
      writeFileSync(file, `${lines.join('\n')}\n`, { flag: 'a' })
      expect(opened(file).entries).toHaveLength(100_000)
      return Promise.resolve()
    }))

  it('that is too large is refused before it is read, and stays as it is', () =>
    inFolder(async folder => {
      const file = join(folder, 'journal.jsonl')
      write(file, one)
      // the file system stores no zeros
      truncateSync(file, LONGEST_JOURNAL + 1)
      const refused = E.left({
        ...{ _tag: 'Unfit', remedy: 'give another folder (--out)' },
        message: `${file} cannot be read: it has 500,000,001 bytes, more than the 500,000,000 allowed`,
      })
      expect(open(file)).toMatchObject(refused)
      expect(await readJournal(systemEnv, folder, subject)()).toMatchObject(refused)
      expect(statSync(file).size).toBe(LONGEST_JOURNAL + 1)
    }))

  it('may begin with a byte order mark; UTF-16 is refused, and the error says so', () =>
    inFolder(folder => {
      const file = join(folder, 'journal.jsonl')
      write(file, one)
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, `\ufeff${text}`)
      expect(write(file, two)).toEqual([one])
      expect(write(file)).toEqual([one, two])
      writeFileSync(file, Buffer.from(`\ufeff${text}`, 'utf16le'))
      expect(open(file)).toMatchObject({
        left: { message: `${file}, line 1: this is UTF-16 text; UTF-8 is read` },
      })
      return Promise.resolve()
    }))

  it('bears to be cut at any byte of its last line, and of its first', () =>
    inFolder(folder => {
      const file = join(folder, 'journal.jsonl')
      write(file, one, two)
      const whole = readFileSync(file)
      const heading = whole.indexOf('\n') + 1
      const last = whole.subarray(0, whole.length - 1).lastIndexOf('\n') + 1
      for (let length = 0; length < whole.length; length++) {
        if (length >= heading && length < last) continue
        writeFileSync(file, whole)
        truncateSync(file, length)
        const before = length < heading ? [] : [one]
        expect(write(file, three), `cut at ${length}`).toEqual(before)
        expect(write(file), `cut at ${length}`).toEqual([...before, three])
      }
      return Promise.resolve()
    }))

  it('bears zeros where a line should be, as a power cut leaves them', () =>
    inFolder(folder => {
      const file = join(folder, 'journal.jsonl')
      write(file, one)
      writeFileSync(file, Buffer.alloc(100), { flag: 'a' })
      expect(write(file, two)).toEqual([one])
      expect(write(file)).toEqual([one, two])
      return Promise.resolve()
    }))

  it.each([
    ['a line that is no JSON', '{"id":', 3],
    ['a line of something else', '{"id":7,"value":1}', 3],
    ['an empty line', '', 3],
  ])('names %s', (_what, line, number) =>
    inFolder(folder => {
      const file = join(folder, 'journal.jsonl')
      write(file, one)
      writeFileSync(file, `${line}\n${JSON.stringify(two)}\n`, { flag: 'a' })
      const before = readFileSync(file)
      const result = open(file)
      expect(result).toMatchObject(
        E.left({ _tag: 'Unfit', message: expect.stringContaining(`${file}, line ${number}: `) as string }),
      )
      expect(readFileSync(file)).toEqual(before)
      return Promise.resolve()
    }),
  )

  it.each([
    ['text', 'precious\n'],
    ['text without an end', 'precious'],
    ['JSON', '{"event":"epoch"}\n'],
  ])('leaves a file of %s alone', (_what, text) =>
    inFolder(folder => {
      const file = join(folder, 'journal.jsonl')
      writeFileSync(file, text)
      expect(open(file)).toMatchObject(
        E.left({ _tag: 'Unfit', message: expect.stringContaining(`${file}, line 1: `) as string }),
      )
      expect(readFileSync(file, 'utf8')).toBe(text)
      return Promise.resolve()
    }),
  )

  it('refuses the settings of another experiment, and names the differences', () =>
    inFolder(folder => {
      const file = join(folder, 'journal.jsonl')
      write(file, one)
      // the order of the keys is no difference
      const result = open(file, { ...subject, data: 'digits', space: { lmbda: 2, eta: 1 } })
      expect(result).toMatchObject(E.left({ _tag: 'Unfit' }))
      expect(E.isLeft(result) && result.left.message).toBe(
        `${file} is the journal of another experiment: data is "MNIST" there and "digits" here`,
      )
      return Promise.resolve()
    }))

  it('refuses a later format', () =>
    inFolder(folder => {
      const file = join(folder, 'journal.jsonl')
      write(file)
      writeFileSync(file, readFileSync(file, 'utf8').replace('"format":1', '"format":2'))
      expect(open(file)).toMatchObject(
        E.left({ _tag: 'Unfit', message: expect.stringContaining('has format 2') as string }),
      )
      return Promise.resolve()
    }))

  it('tells when it cannot be written', () =>
    inFolder(async folder => {
      const file = join(folder, 'journal.jsonl')
      await mkdir(file)
      expect(open(file)).toMatchObject(E.left({ _tag: 'Storage' }))
      expect(open('/proc/journal.jsonl')).toMatchObject(E.left({ _tag: 'Storage' }))
    }))
})
