import { readdirSync } from 'node:fs'
import { copyFile, cp, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { cli, jsonLines, inFolder, start } from '../support/cli.ts'
import { journalOf, smallStudy, writeClouds } from '../support/studies.ts'

/** The output from "The winner of each search" on. */
const ending = (out: string): string => out.slice(out.indexOf('The winner of each search'))

/** The same without the path of the report. */
const outcomeText = (out: string): string => ending(out).replace(/Report: .*/, '')

const words = (text: string): string => text.replaceAll(/\s+/g, ' ')

/** The output without the hours of a sharper answer, which differ from run to run. */
const withoutTime = (text: string): string =>
  words(text).replaceAll(/(about|took) [\d.]+ (minutes?|hours) of/g, '')

describe('a study', () => {
  it('is printed, saved, reported, shown again, and continued', () =>
    inFolder(async folder => {
      const out = join(folder, 'study')
      const data = await writeClouds(folder)
      const args = smallStudy(data, out)
      const first = await cli(args)
      expect(first.code).toBe(0)
      expect(first.err).toContain('eta: log-uniform from 0.01 to 30')
      expect(first.err).toContain('6 for 1, 2 for 3 epochs: 12 in total')
      expect(first.out).toMatch(/quadratic +\d.*\n +xent +\d/)
      expect(first.out).toContain('The rule, fixed before the data were seen:')
      expect(first.out).toMatch(
        /^(Inconclusive|No difference that matters|xent is better|quadratic is better) on clouds-1\.json/m,
      )
      expect(first.out.replaceAll(/\s+/g, ' ')).toContain(
        'Accuracy on the test set of clouds-1.json after the last epoch',
      )
      expect(first.out).toContain(`Report: ${join(out, 'report.html')}`)
      expect(Math.max(...first.out.split('\n').map(line => line.length))).toBeLessThanOrEqual(100)
      const html = await readFile(join(out, 'report.html'), 'utf8')
      expect(html).toContain('npm run compare -- --arms quadratic,xent')
      expect((await readdir(out)).toSorted()).toEqual(['journal.jsonl', 'report.html', 'study.json'])

      const journal = await journalOf(out)
      expect(journal).toHaveLength(1 + 2 * (6 + 2 + 2))
      expect(outcomeText((await cli(['study', 'show', out])).out).trim()).toBe(outcomeText(first.out).trim())

      // nothing is left to do
      const again = await cli([...args, '--json'])
      expect(await journalOf(out)).toEqual(journal)
      const events = jsonLines(again.out)
      expect(events.map(({ event }) => event)).toEqual([
        'start',
        ...journal.slice(1).map(() => 'trial'),
        'done',
      ])
      expect(ending(first.out).replaceAll(/\s+/g, ' ')).toContain(events.at(-1)!.sentence)

      // budget and seeds may grow, and the verdict then mentions the earlier one
      expect(first.out).not.toContain('on the same test set')
      const more = await cli(smallStudy(data, out, { seeds: 3 }))
      expect(await journalOf(out)).toHaveLength(journal.length + 2)
      for (const text of [more.out, (await cli(['study', 'show', out])).out])
        expect(text).toContain('This is verdict 2 on the same test set')
      expect(await readFile(join(out, 'report.html'), 'utf8')).toContain(
        'This is verdict 2 on the same test set',
      )
    }))

  it('of two equal arms runs each trial once, and finds no difference', () =>
    inFolder(async folder => {
      const out = join(folder, 'study')
      const { code, out: text } = await cli(smallStudy(await writeClouds(folder), out, { arms: 'xent,xent' }))
      expect(code).toBe(0)
      expect(text).toContain('Both arms chose the same configuration')
      expect(text).toContain('No difference that matters on clouds-1.json: neither arm is ahead')
      expect(await journalOf(out)).toHaveLength(1 + 6 + 2 + 2)
    }))

  it('killed and continued: the same journal and the same output', () =>
    inFolder(async folder => {
      const data = await writeClouds(folder)
      const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')]
      const undisturbed = await cli(smallStudy(data, whole))
      const running = start(smallStudy(data, cut))
      await running.said(', 1 epoch, seed')
      running.signal('SIGKILL')
      await running.result
      const before = await journalOf(cut)
      expect(before.length).toBeLessThan((await journalOf(whole)).length)
      const resumed = await cli(smallStudy(data, cut))
      expect(resumed.err).toContain('Continuing in')
      expect(outcomeText(resumed.out)).toBe(outcomeText(undisturbed.out))
      expect(await journalOf(cut)).toEqual(await journalOf(whole))
    }))

  it('in shards, with and without a shared folder, has the same journal', () =>
    inFolder(async folder => {
      const data = await writeClouds(folder)
      const short = { epochs: 1, budget: 4, seeds: 1 }
      const [whole, one, two] = [join(folder, 'whole'), join(folder, 'one'), join(folder, 'two')]
      await cli(smallStudy(data, whole, short))
      const rounds = 2
      for (let round = 1; round <= rounds; round++) {
        const shards = await Promise.all([
          cli([...smallStudy(data, one, short), '--shard', '1/2']),
          cli([...smallStudy(data, two, short), '--shard', '2/2']),
        ])
        for (const { code, out } of shards) {
          expect(code).toBe(0)
          expect(out).toMatch(/^Shard \d of 2 has done its \d trials?; the results are in .*npm run merge/)
        }
        const merged = await cli(['merge', one, two, '--json'])
        expect(merged.code).toBe(0)
        expect(jsonLines(merged.out)[0]).toMatchObject({ event: 'merged', done: round === rounds })
        await cp(join(one, 'journal.jsonl'), join(two, 'journal.jsonl'))
      }
      expect(await journalOf(one)).toEqual(await journalOf(whole))
      const last = await cli([...smallStudy(data, two, short), '--shard', '2/2'])
      expect(last.out).toContain('The rule, fixed before the data were seen:')
    }))
})

describe('a study that repeats its searches', () => {
  const RULED = { looks: '3,4', delta: 1, epochs: 1, budget: 4, seeds: 2 }

  it('says what it costs, fixes its plan before the first training, and ends with an answer about procedures', () =>
    inFolder(async folder => {
      const out = join(folder, 'study')
      const data = await writeClouds(folder)
      const first = await cli(smallStudy(data, out, RULED))
      expect(first.code).toBe(0)
      expect(words(first.err)).toContain('With all 4 searches of each arm: 48 trainings, 48 epochs.')
      expect(words(first.err)).toMatch(/This takes about \d+ minutes? on \d cores? of this machine/)
      const text = words(first.out)
      expect(text).toMatch(
        /(is better on clouds-1.json by more than 1 point|equivalent on clouds-1.json, within 1 point|Undecided on clouds-1.json): /,
      )
      const [heading] = jsonLines(await readFile(join(out, 'journal.jsonl'), 'utf8'))
      expect(heading).toMatchObject({
        settings: { rule: { looks: [3, 4], delta: 1, error: 0.05 }, seeds: 2, budget: 4 },
      })
      expect(text).toContain(
        `The plan has the id ${String(heading!.plan)}, in the first line of the journal.`,
      )
      expect(text).toMatch(/A new study with one look and an interval of ±1 point needs about/)
      const html = await readFile(join(out, 'report.html'), 'utf8')
      expect(html).toContain('Where the winners lie')
      expect(html).toContain('--looks 3,4 --delta 1')

      const shown = words((await cli(['study', 'show', out])).out)
      expect(shown).toContain(text.slice(0, text.indexOf('Report:')).trim())
      expect(shown).toMatch(/search trials done final runs done 1 8 4 2 8 4 3 8 4/)

      // what was planned cannot be changed once it has begun
      for (const change of [{ delta: 2 }, { looks: '3,5' }, { seeds: 3 }, { budget: 6 }]) {
        const { code, err } = await cli(smallStudy(data, out, { ...RULED, ...change }))
        expect(code).toBe(5)
        expect(err).toContain(
          `is the journal of another experiment: ${'looks' in change || 'delta' in change ? 'rule' : Object.keys(change)[0]} is`,
        )
      }
    }))

  it('can search a schedule, which ends some runs early', () =>
    inFolder(async folder => {
      const [out, space] = [join(folder, 'study'), join(folder, 'space.json')]
      const data = await writeClouds(folder)
      await writeFile(space, JSON.stringify({ eta: { from: 0.1, to: 10 }, 'eta-schedule': ['halve:1,2'] }))
      const { code, out: text } = await cli([
        ...smallStudy(data, out, { ...RULED, looks: 3, epochs: 9, budget: 40 }),
        ...['--space', space],
      ])
      expect(code).toBe(0)
      expect(text).toContain('eta-schedule: halve:1,2')
      const trials = jsonLines(await readFile(join(out, 'journal.jsonl'), 'utf8')).slice(1)
      const lengths = new Set(trials.map(({ accuracies }) => (accuracies as readonly number[]).length))
      expect(lengths.size).toBeGreaterThan(3)
      const shown = await cli(['study', 'show', out])
      expect(words(shown.out)).toContain(words(text.slice(0, text.indexOf('Report:'))).trim())
    }))

  it('killed and continued, from a file of settings: the same journal and the same output', () =>
    inFolder(async folder => {
      const data = await writeClouds(folder)
      const [whole, cut, config] = [join(folder, 'whole'), join(folder, 'cut'), join(folder, 'plan.json')]
      await writeFile(config, JSON.stringify({ ...RULED, looks: [3, 4], arms: 'quadratic,xent' }))
      const undisturbed = await cli(smallStudy(data, whole, RULED))
      const args = ['compare', '--config', config, '--data', data, '--out', cut, '--jobs', '2']
      const resumable = [...args, '--sizes', '6,4,3', '--backend', 'cpu']
      const running = start(resumable)
      await running.said(', 1 epoch, seed')
      running.signal('SIGKILL')
      await running.result
      expect((await journalOf(cut)).length).toBeLessThan((await journalOf(whole)).length)
      const resumed = await cli(resumable)
      const outcome = (out: string): string => withoutTime(out.replace(/Report: .*/, ''))
      expect(outcome(resumed.out)).toBe(outcome(undisturbed.out))
      expect(await journalOf(cut)).toEqual(await journalOf(whole))
    }))
})

describe("the project's own studies", () => {
  const studies = fileURLToPath(new URL('../../data/studies', import.meta.url))
  const ended = readdirSync(studies, { withFileTypes: true }).filter(entry => entry.isDirectory())
  it.each(ended.map(({ name }) => name))('%s has the recorded text', async name => {
    const folder = join(studies, name)
    const { code, out, err } = await cli(['study', 'show', folder])
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(await readFile(join(folder, 'verdict.txt'), 'utf8'))
    const json = async (file: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    const [stated, study] = [
      await json(join(studies, `${name}.json`)),
      await json(join(folder, 'study.json')),
    ]
    const { looks, delta } = study.rule as { readonly looks: readonly number[]; readonly delta: number }
    const { seed, seeds, epochs } = study
    expect(stated).toMatchObject({ looks: looks.join(), delta, seed, seeds, epochs })
  })

  it('a gzipped journal that is damaged is said to be', () =>
    inFolder(async folder => {
      const whole = await readFile(join(studies, 'wide-100', 'journal.jsonl.gz'))
      await copyFile(join(studies, 'wide-100', 'study.json'), join(folder, 'study.json'))
      await writeFile(join(folder, 'journal.jsonl.gz'), whole.subarray(0, whole.length - 9))
      const { code, err } = await cli(['study', 'show', folder])
      expect(code).toBe(5)
      expect(err).toContain('journal.jsonl.gz: the gzip file is cut')
    }))

  it('a study with a packed journal is not begun again beside it', () =>
    inFolder(async folder => {
      const out = join(folder, 'study')
      await cp(join(studies, 'wide-100'), out, { recursive: true })
      const { code, err } = await cli(smallStudy(await writeClouds(folder), out))
      expect(code).toBe(5)
      expect(err).toContain(`${out} has a study that has ended: its journal is packed (journal.jsonl.gz)\n`)
      expect((await readdir(out)).toSorted()).toEqual(['journal.jsonl.gz', 'study.json', 'verdict.txt'])
    }))

  it('the first one has the recorded text', async () => {
    const folder = fileURLToPath(new URL('../../data/study', import.meta.url))
    const { code, out, err } = await cli(['study', 'show', folder])
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(await readFile(join(folder, 'verdict.txt'), 'utf8'))
  })
})

describe('mistakes', () => {
  it('a search in which everything diverges ends before the final runs, and study show and merge say so', () =>
    inFolder(async folder => {
      const [out, space] = [join(folder, 'study'), join(folder, 'space.json')]
      await writeFile(space, '{"eta": [1e+30]}')
      const changes = { space, epochs: 1, budget: 2, seeds: 1 }
      const { code, err } = await cli(smallStudy(await writeClouds(folder), out, changes))
      expect(code).toBe(4)
      const sentence = 'all 2 configurations of quadratic diverged, and all 2 configurations of xent diverged'
      expect(err).toContain(`network2: the search has no winner: ${sentence}; the space is eta: 1e+30\n`)
      expect(await journalOf(out)).toHaveLength(1 + 2 * 2)
      for (const command of [
        ['study', 'show', out],
        ['merge', out],
      ])
        expect((await cli(command)).out.replaceAll(/\s+/g, ' ')).toContain(sentence)
    }))

  it.each([
    ['{"eta": ["0.1", 0.2, "abc"]}', 3, 'space.json is not a search space: eta abc: not a number above 0'],
    [
      '{"mini-batch-size": {"from": 2, "to": 3}, "init": ["w.json"]}',
      2,
      '--space: --init w.json: a trial starts',
    ],
  ])('in a space %s are errors before the first trial', (text, expected, words) =>
    inFolder(async folder => {
      const [out, space] = [join(folder, 'study'), join(folder, 'space.json')]
      await writeFile(space, text)
      const { code, err } = await cli(smallStudy(await writeClouds(folder), out, { space }))
      expect(code).toBe(expected)
      expect(err).toContain(words)
      expect(await readdir(folder)).not.toContain('study')
    }),
  )

  it('data without a validation set are named, with what to give', () =>
    inFolder(async folder => {
      const data = join(folder, 'no-validation.json')
      const labels = {
        inputs: [
          [5.1, 3.5],
          [7.0, 3.2],
          [6.3, 3.3],
        ],
        labels: [0, 1, 2],
      }
      await writeFile(data, JSON.stringify({ training: labels, test: labels }))
      const { code, err } = await cli(['compare', '--data', data, '--out', join(folder, 'study')])
      expect(code).toBe(3)
      expect(err).toMatch(
        /^network2: --data: no-validation.json has no validation set, .*\n {2}give mnist, digits, or a FILE.json with "training"/,
      )
      expect(err).not.toContain('--evaluate-on')
    }))

  it('another study in the folder is not changed, and the error says so', () =>
    inFolder(async folder => {
      const out = join(folder, 'study')
      const data = await writeClouds(folder)
      await cli(smallStudy(data, out, { epochs: 1, budget: 1, seeds: 1 }))
      const kept = await readFile(join(out, 'study.json'), 'utf8')
      const { code, err } = await cli(smallStudy(data, out, { epochs: 1, budget: 1, seeds: 1, seed: 1 }))
      expect(code).toBe(5)
      expect(err).toContain('seed is 0 there and 1 here')
      expect(await readFile(join(out, 'study.json'), 'utf8')).toBe(kept)
      expect((await cli(['study', 'show', folder])).code).toBe(5)
      expect((await cli(['study', 'list', out])).code).toBe(2)
      expect((await cli(['worker'])).err).toContain('--queue is missing')
    }))
})
