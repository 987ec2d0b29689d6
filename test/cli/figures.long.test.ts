/**
 * All figures of the chapter, with a break; a tenth of the epochs, on few digits.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bookFigures } from '../../src/book/figures/index.ts'
import { cli, jsonLines, inFolder, start } from '../support/cli.ts'
import { drawn } from '../support/drawn.ts'
import { journalIds } from '../support/studies.ts'

describe('all figures', () => {
  it(
    'are trained once, also after a kill; then the claims and the list read the journal',
    () =>
      inFolder(async folder => {
        const data = await drawn(folder)
        const [out, published] = [join(folder, 'out'), join(folder, 'published')]
        await mkdir(published)
        const common = ['--data', data, '--out', out, '--quick', '--jobs', '2']
        const args = ['reproduce', '--all', ...common, '--published', published]

        const running = start(args)
        await running.said('regularized: lmbda 0.1')
        running.signal('SIGKILL')
        await running.result
        const before = await journalIds(out)
        expect(before.length).toBeGreaterThan(2)

        const again = await cli(args)
        expect(again.code).toBe(0)
        expect(again.err).toContain(`${before.length} trials are done`)
        const ids = await journalIds(out)
        expect(ids.slice(0, before.length)).toEqual(before)
        expect(new Set(ids).size).toBe(ids.length)
        for (const [name, { title, claims }] of Object.entries(bookFigures)) {
          expect(again.out).toContain(`${name}: ${title}`)
          expect(again.out).toContain(claims[0]!.what)
        }
        expect(again.out).toContain("These trainings are shorter than the book's")
        expect(again.out).toContain(`Report: ${join(out, 'chapter.html')}`)
        const page = await readFile(join(out, 'chapter.html'), 'utf8')
        for (const { title } of Object.values(bookFigures)) expect(page).toContain(`<h2>${title}</h2>`)

        const third = await cli(args)
        expect(third.out).toBe(again.out)
        expect(await journalIds(out)).toEqual(ids)

        const claims = await cli(['reproduce', '--claims', ...common])
        expect(claims).toMatchObject({ code: 0, err: '' })
        for (const line of claims.out.split('\n').filter(text => / ± |%|points/.test(text)))
          expect(again.out).toContain(line)

        const list = await cli(['reproduce', '--list', ...common, '--json'])
        const listed = jsonLines(list.out)
        expect(listed.map(({ name }) => name)).toEqual(Object.keys(bookFigures))
        for (const { name, done, trainings, seconds } of listed) {
          expect([name, done]).toEqual([name, trainings])
          expect(seconds).toBeGreaterThan(0)
        }
      }),
    600_000,
  )
})
