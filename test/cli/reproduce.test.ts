import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeLabels } from '../../src/data/idx.ts'
import { drawn } from '../support/drawn.ts'
import { cli, jsonLines, inFolder, start, type Result } from '../support/cli.ts'

/** The lines of a journal without the times, in one order: what two runs of one plan have in common. */
const timeless = async (out: string): Promise<string[]> =>
  jsonLines(await readFile(join(out, 'journal.jsonl'), 'utf8'))
    .map(({ seconds: _seconds, ...line }) => JSON.stringify(line))
    .sort()

/** The process at work in a folder. */
const ownerOf = async (out: string): Promise<number> =>
  (JSON.parse(await readFile(join(out, 'owner.1'), 'utf8')) as { pid: number }).pid

const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number)

/** All that is printed but the line that says where the report is. */
const tableOf = (out: string): string => out.replace(/^Report: .*$/m, '')

describe('flags of reproduce that exclude each other or would have no effect', () => {
  it.each([
    [['--figure', 'regularized', '--all'], '--figure regularized --all: only one'],
    [['--list', '--claims'], '--list --claims: only one'],
    [['--published', '/nowhere'], '--published /nowhere: only --figure and --all'],
  ])('are refused: %j', async (flags, words) => {
    const { code, err } = await cli(['reproduce', ...flags])
    expect(code).toBe(2)
    expect(err).toContain(words)
  })
})

describe('reproduce', () => {
  let folder: string
  let data: string
  let undisturbed: Result
  let journal: string[]
  let remove: () => void
  let removed: Promise<void>

  const args = (out: string, seeds = 3): string[] => [
    ...['reproduce', '--quick', '--data', data, '--seeds', String(seeds), '--jobs', '2', '--out', out],
  ]

  beforeAll(async () => {
    await new Promise<void>(ready => {
      removed = inFolder(async path => {
        folder = path
        data = await drawn(path)
        ready()
        await new Promise<void>(resolve => (remove = resolve))
      })
    })
    const out = join(folder, 'undisturbed')
    undisturbed = await cli(args(out))
    journal = await timeless(out)
  })

  afterAll(async () => {
    remove()
    await removed
  })

  it('prints the table, beside the figures of the book, and says what these are', async () => {
    const full = await cli(['reproduce', '--data', data, '--seeds', '2', '--out', join(folder, 'full')])
    expect(full.code).toBe(0)
    const { out, err } = full
    for (const [hidden, cost, eta, book] of [
      ['30', 'quadratic', '3.0', '95.42'],
      ['30', 'cross-entropy', '0.5', '95.49'],
      ['100', 'quadratic', '3.0', '96.59'],
      ['100', 'cross-entropy', '0.5', '96.82'],
    ] as const)
      expect(out).toMatch(
        new RegExp(
          `^ *${hidden} +${cost} +${eta} +2 +[\\d.]+ ± [\\d.]+ .* ${book.replace('.', '[.]')}$`,
          'm',
        ),
      )
    expect(out).toContain('one run at its best epoch')
    // without a terminal, one line per trial
    expect(err.match(/seed \d: /g)).toHaveLength(8)
    expect(out + err).not.toContain('\x1b')
    const table = out.split('\n').filter(line => line.includes('±'))
    expect(Math.max(...table.map(line => line.length))).toBeLessThan(101)
  })

  it("prints the same counts as train with the trial's flags", async () => {
    const out = join(folder, 'undisturbed')
    const printed = await cli([...args(out), '--json'])
    const trials = jsonLines(printed.out).filter(({ event }) => event === 'trial')
    expect(trials).toHaveLength(6)
    const trial = trials.find(
      ({ hidden, cost, seed }) => hidden === 30 && cost === 'quadratic' && seed === 2,
    )!
    const { out: trained } = await cli([
      ...['train', '--data', data, '--cost', 'quadratic', '--sizes', '784,30,10', '--init', 'large'],
      ...['--seed', '2', '--epochs', '10', '--json', '--out', 'none'],
    ])
    const epochs = jsonLines(trained).filter(({ event }) => event === 'epoch')
    expect(trial.accuracies).toEqual(epochs.map(({ evaluationAccuracy }) => evaluationAccuracy))
    const answered = trial.answered as number[]
    const right = trial.rightPerClass as number[]
    const sum = (counts: number[]): number => counts.reduce((a, b) => a + b, 0)
    expect(sum(answered)).toBe(200)
    expect(sum(trial.perClass as number[])).toBe(200)
    expect(sum(right)).toBe((trial.accuracies as number[]).at(-1))
  })

  it('run again, does nothing and prints the same', async () => {
    const again = await cli(args(join(folder, 'undisturbed')))
    expect(tableOf(again.out)).toBe(tableOf(undisturbed.out))
    expect(again.err).toBe('')
  })

  it('with more seeds, does only what is new', async () => {
    const out = join(folder, 'more')
    await cp(join(folder, 'undisturbed'), out, { recursive: true })
    const { code, err } = await cli(args(out, 4))
    expect(code).toBe(0)
    expect(err.match(/seed \d: /g)).toEqual(['seed 4: ', 'seed 4: '])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)(
    'ended by %s and run again, comes to the same table and the same journal',
    async (signal, code) => {
      const out = join(folder, signal)
      const running = start(args(out))
      await running.said('seed 1: ')
      running.signal(signal)
      const ended = await running.result
      expect(ended.code).toBe(code)
      expect(ended.out).toBe('')
      if (signal !== 'SIGKILL') expect(ended.err).toContain('run the same command again to continue')
      const before = await timeless(out)
      expect(before.length).toBeGreaterThan(1)
      expect(before.length).toBeLessThan(journal.length)
      const again = await cli(args(out))
      expect(again.err).toMatch(
        before.length === 2 ? /: 1 trial is done/ : new RegExp(`: ${before.length - 1} trials are done`),
      )
      expect(tableOf(again.out)).toBe(tableOf(undisturbed.out))
      expect(await timeless(out)).toEqual(journal)
      expect((await readdir(out)).filter(name => name.startsWith('owner'))).toEqual([])
    },
  )

  it('survives its workers', async () => {
    const out = join(folder, 'workers')
    const running = start(args(out))
    for (const words of ['seed 1: ', 'seed 2: ']) {
      await running.said(words)
      for (const child of await childrenOf(await ownerOf(out)))
        try {
          process.kill(child, 'SIGKILL')
        } catch (error) {
          // it was killed in the turn before, and is gone only now
          expect(error).toMatchObject({ code: 'ESRCH' })
        }
    }
    const { code, out: printed } = await running.result
    expect(code).toBe(0)
    expect(tableOf(printed)).toBe(tableOf(undisturbed.out))
    expect(await timeless(out)).toEqual(journal)
  })

  it('refuses the journal of other data, and a folder in use', async () => {
    const out = join(folder, 'undisturbed')
    const other = join(folder, 'other')
    await mkdir(other)
    const small = await drawn(other)
    await writeFile(join(small, 't10k-labels-idx1-ubyte'), encodeLabels(new Uint8Array(200)))
    const result = await cli(['reproduce', '--data', small, '--out', out])
    expect(result.code).toBe(5)
    expect(result.err).toContain('is the journal of another experiment: examples is')

    const busy = args(join(folder, 'busy'), 100)
    const running = start(busy)
    await running.said('seed 1: ')
    const second = await cli(busy)
    expect(second.code).toBe(6)
    running.signal('SIGINT')
    await running.result
  })

  it('refuses wrong flags, all at once', async () => {
    const wrong = ['--seeds', '0', '--figure', 'none', '--jobs', 'all']
    const { code, err } = await cli(['reproduce', '--data', data, '--out', join(folder, 'none'), ...wrong])
    expect(code).toBe(2)
    expect(err).toContain('--seeds 0: not a whole number of 1 or more')
    expect(err).toContain('--figure none: not costs | overfitting | overfitting-full | regularized')
    expect(err).toContain('--jobs all: not a whole number of 1 or more')
  })
})
