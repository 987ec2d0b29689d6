/**
 * The figures of the chapter and the exercises on the command line: the list, all of them with a break, and one of each.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bookExercises } from '../../src/book/exercises/index.ts'
import { bookFigures } from '../../src/book/figures/index.ts'
import { cli, jsonLines, inFolder, start } from '../support/cli.ts'
import { drawn } from '../support/drawn.ts'
import { journalIds } from '../support/studies.ts'
import { bookDir, bookFiles, mnistDir, mnistFiles } from '../support/needs.ts'

describe('all exercises', () => {
  it(
    'are trained once, also after a kill; the list reads the journal, which the figures share',
    () =>
      inFolder(async folder => {
        const data = await drawn(folder)
        const out = join(folder, 'out')
        const common = ['--data', data, '--out', out, '--quick', '--jobs', '2']
        const args = ['exercise', '--all', ...common]

        const running = start(args)
        await running.said('l1: lmbda 0')
        running.signal('SIGKILL')
        await running.result
        const before = await journalIds(out)
        // the third training may end before the second
        expect(before.length).toBeGreaterThanOrEqual(2)

        const again = await cli(args)
        expect(again.code).toBe(0)
        expect(again.err).toContain(`${before.length} trials are done`)
        const ids = await journalIds(out)
        expect(ids.slice(0, before.length)).toEqual(before)
        expect(new Set(ids).size).toBe(ids.length)
        const page = await readFile(join(out, 'exercises.html'), 'utf8')
        for (const [name, { title, claims }] of Object.entries(bookExercises)) {
          expect(again.out).toContain(`${name}: ${title}`)
          expect(again.out).toContain(claims[0]!.what)
          expect(page).toContain(`<h2>${title}</h2>`)
        }
        expect(again.out).toContain("These trainings are shorter than the book's")
        expect(again.out).toContain(`Report: ${join(out, 'exercises.html')}`)

        const third = await cli(args)
        expect(third).toEqual({ ...again, err: '' })
        expect(await journalIds(out)).toEqual(ids)

        const list = await cli(['exercise', '--list', ...common, '--json'])
        for (const { name, done, trainings, seconds } of jsonLines(list.out)) {
          expect([name, done]).toEqual([name, trainings])
          expect(seconds).toBeGreaterThan(0)
        }

        const claims = await cli(['reproduce', '--claims', ...common])
        expect(claims).toMatchObject({ code: 0, err: '' })
        for (const name of Object.keys(bookFigures)) expect(claims.out).toContain(`--figure ${name}\n`)
        expect(claims.out).toContain('No training is done with 1 seed yet.')
        const [schedule = ''] = /learning-schedule: [^]*?seed/.exec(again.out) ?? []
        expect(schedule).toContain('halved')
        expect(claims.out).toContain(schedule)
      }),
    180_000,
  )
})

describe('a figure', () => {
  it.skipIf(mnistFiles.isMissing || bookFiles.isMissing)(
    "has the author's own run, replayed: almost every epoch has the published count",
    { ...mnistFiles.why, ...bookFiles.why },
    () =>
      inFolder(async folder => {
        const { code, out } = await cli([
          ...['reproduce', '--figure', 'overfitting', '--quick', '--json', '--data', mnistDir],
          ...['--published', bookDir, '--out', folder],
        ])
        expect(code).toBe(0)
        const [replay] = jsonLines(out).filter(({ event }) => event === 'replay')
        expect(replay).toMatchObject({ figure: 'overfitting', epochs: 40 })
        expect(replay!.equal).toBeGreaterThan(35)
        expect(replay!.largest).toBeLessThan(3)
        const claims = jsonLines(out).filter(({ event }) => event === 'claim')
        expect(claims.map(({ book }) => book)).toEqual([82.27, 100, 17.73, 15])
      }),
  )

  it('has its old name, and that of the author; without his file in the given folder, nothing is trained', () =>
    inFolder(async folder => {
      const common = ['--data', await drawn(folder), '--published', folder, '--out', join(folder, 'out')]
      for (const name of ['weight-initialization', 'weight_initialization_30', 'weight-initialization-30']) {
        const { code, err, out } = await cli(['reproduce', '--figure', name, ...common])
        expect([code, out]).toEqual([3, ''])
        expect(err).toContain(`--published ${join(folder, 'weight_initialization_30.json')} cannot be read`)
      }
    }))
})

describe('an exercise', () => {
  it('is trained, and says how to train one of its networks alone', () =>
    inFolder(async folder => {
      const data = await drawn(folder)
      const common = ['--quick', '--data', data, '--out', join(folder, 'out')]
      const { code, out } = await cli(['exercise', 'momentum', ...common])
      expect(code).toBe(0)
      expect(out).toContain('best accuracy, momentum 0.9')
      const [, command = ''] = /momentum 0.9: npm run (train -- .*)/.exec(out) ?? []
      const { out: trained, code: ended } = await cli([
        ...command.replace(' -- ', ' ').split(' '),
        ...['--data', data, '--json'],
      ])
      expect(ended).toBe(0)
      const accuracies = jsonLines(trained)
        .filter(({ event }) => event === 'epoch')
        .map(({ evaluationAccuracy }) => evaluationAccuracy)
      const { out: again } = await cli(['exercise', 'momentum', ...common, '--json'])
      const trials = jsonLines(again).filter(({ event }) => event === 'trial')
      expect(trials.find(({ arm }) => arm === 'momentum 0.9')?.accuracies).toEqual(accuracies)
      expect(accuracies).toHaveLength(3)
    }))

  it('is one of a list', async () => {
    for (const words of [[], ['none'], ['momentum', '--list'], ['l1', 'momentum']]) {
      const { code, err } = await cli(['exercise', ...words])
      expect([words, code]).toEqual([words, 2])
      expect(err).toContain(Object.keys(bookExercises).join(', '))
    }
  })
})
