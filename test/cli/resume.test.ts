/**
 * Runs as real processes that are interrupted and resumed. resume.long.test.ts does so at
 * many more moments, on every engine.
 */
import { copyFile, mkdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { cli, inFolder, start } from '../support/cli.ts'
import { mnistFiles } from '../support/needs.ts'
import { dataOf, goOn, harmed, leftBy, machines, prepared, tree } from '../support/faults.ts'

// a few seconds each, on a machine that does nothing else
vi.setConfig({ testTimeout: 180_000 })

describe.each(machines.filter(({ name }) => !name.startsWith('native')))('$name', ({ flags }) => {
  it('killed after an epoch and within a save, then resumed', () =>
    inFolder(async folder => {
      const { args, whole, run } = await prepared(folder, 2000, 4, flags)
      expect((await harmed(args(run), { when: '"epoch":2' })).code).toBe(null)
      // the resumed run takes its folder, writes its logs, and has begun to save
      expect((await goOn(args(run), run, { sabotage: 'kill:16' })).code).toBe(null)
      expect(await goOn(args(run), run)).toMatchObject({ code: 0, err: '' })
      expect(await leftBy(run)).toEqual(whole)
    }))
})

/** A run that would take hours, with pieces of about a fifth of a second. */
const endless = async (
  folder: string,
  flags: readonly string[],
  examples = 3000,
): Promise<readonly string[]> => [
  ...['train', '--data', await dataOf(folder, examples), '--sizes', '12,8,5', '--epochs', '1000000'],
  ...['--backend', 'cpu', ...flags],
]

describe('asked to stop', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s: saves, prints the command to resume, and can be resumed', (signal, code) =>
    inFolder(async folder => {
      const out = join(folder, 'run')
      const { code: ended, err } = await harmed(await endless(folder, ['--out', out]), {
        when: 'Epoch 2:',
        signal,
      })
      expect(ended).toBe(code)
      expect(err).toContain(`resume: npm run train -- --resume ${out}`)
      expect(JSON.parse(await readFile(join(out, 'result.json'), 'utf8'))).toMatchObject({
        outcome: 'stopped',
      })
      expect(await tree(out)).not.toContain('owner.1')
      const again = await harmed(['train', '--resume', out], { when: 'Epoch', signal })
      expect(again.code).toBe(code)
      expect(again.err).not.toContain('cannot be used')
      expect(again.out).not.toContain('Epoch 1:')
    }),
  )

  it('twice: ends at once without output, and can be resumed from the save before', () =>
    inFolder(async folder => {
      const out = join(folder, 'run')
      const running = start(await endless(folder, ['--out', out]))
      await running.said('Epoch 2:')
      const again = setInterval(() => running.signal('SIGINT'), 5)
      const { code, err } = await running.result.finally(() => clearInterval(again))
      expect(code).toBe(130)
      expect(err).not.toContain('resume:')
      expect(await tree(out)).not.toContain('result.json')
      expect((await harmed(['train', '--resume', out], { when: 'Epoch', signal: 'SIGINT' })).code).toBe(130)
    }))

  it('before the first step', () =>
    inFolder(async folder => {
      const out = join(folder, 'run')
      // this note is written before the data are on the backend
      const { code } = await harmed(await endless(folder, ['--out', out]), {
        when: 'cross-entropy',
        signal: 'SIGINT',
      })
      expect(code).toBe(130)
      expect(await tree(out)).toContain('checkpoints/last.safetensors')
    }))

  it('by a closed pipe: quietly, and all is saved', () =>
    inFolder(async folder => {
      const { args, whole, run } = await prepared(folder, 1500, 6, ['--backend', 'cpu'])
      const running = start(args(run))
      await running.said('"epoch":2')
      running.closeOut()
      expect(await running.result).toMatchObject({ code: 141, err: '' })
      expect(JSON.parse(await readFile(join(run, 'result.json'), 'utf8'))).toMatchObject({
        outcome: 'stopped',
      })
      expect((await goOn(args(run), run)).code).toBe(0)
      expect(await leftBy(run)).toEqual(whole)
    }))
})

describe('a full disk', () => {
  it('ends the run with 7, and what was saved before is whole', () =>
    inFolder(async folder => {
      const out = join(folder, 'run')
      // the history grows, until it exceeds the limit on file sizes: soon, with short epochs
      const short = await endless(folder, ['--out', out], 200)
      const ended = await harmed(short, { shell: 'ulimit -f 8; exec "$@"' })
      expect(ended.code).toBe(7)
      expect(ended.err).toContain(
        'history.jsonl cannot be written: it is larger than the limit on file sizes',
      )
      expect(ended.err).not.toMatch(/^\s+at /m)
      const again = await harmed(['train', '--resume', out], { when: 'Epoch', signal: 'SIGINT' })
      expect(again.code).toBe(130)
      expect(again.err).not.toContain('cannot be used')
    }))

  it('for the logs alone does not', () =>
    inFolder(async folder => {
      const { args, whole, run } = await prepared(folder, 1500, 6, ['--backend', 'cpu'])
      const running = start(args(run))
      await running.said('"epoch":2')
      const log = join(run, 'metrics.jsonl')
      // the run may write a line between the two
      for (let isFolder = false; !isFolder; isFolder = (await stat(log)).isDirectory()) {
        await rm(log, { force: true })
        await mkdir(log).catch(() => undefined)
      }
      const { code, err } = await running.result
      expect(code).toBe(0)
      expect(err.match(/training continues without this log/g)).toHaveLength(1)
      await rm(join(run, 'metrics.jsonl'), { recursive: true })
      expect((await goOn(args(run), run)).code).toBe(0)
      expect(await leftBy(run)).toEqual(whole)
    }))

  it('fails a save with ENOSPC: 7, and nothing is left half done', () =>
    inFolder(async folder => {
      const { args, whole, run } = await prepared(folder, 200, 2, ['--backend', 'cpu'])
      const ended = await harmed(args(run), { sabotage: 'ENOSPC:30' })
      expect(ended.code).toBe(7)
      expect(ended.err).toContain('the disk is full')
      expect((await tree(run)).filter(name => /\.\d+(\.tmp)?$/.test(name))).toEqual([])
      expect((await goOn(args(run), run)).code).toBe(0)
      expect(await leftBy(run)).toEqual(whole)
    }))
})

describe('the folder of a run', () => {
  it('has a unique name and a link to it, can be moved, and accepts more epochs but no other change', () =>
    inFolder(async folder => {
      const runs = join(folder, 'runs')
      const data = await dataOf(folder, 100)
      const env = { NETWORK2_OUT: undefined }
      const flags = ['--data', data, '--backend', 'cpu', '--runs', runs, '--quiet']
      expect((await cli(['train', ...flags, '--epochs', '2', '--seed', '7'], env)).code).toBe(0)
      const name = await readlink(join(runs, 'latest'))
      expect(name).toMatch(/^\d{8}-\d{6}-xent-s7-[0-9a-f]{6}$/)
      const moved = join(folder, 'elsewhere #1')
      await rename(join(runs, name), moved)

      const other = await cli(['train', '--resume', moved, '--eta', '0.25', '--epochs', '1'])
      expect(other.code).toBe(5)
      expect(other.err).toContain('epochs: it was 2, and is 1')
      expect(other.err).toContain('eta: it was 0.5, and is 0.25')

      const machine = JSON.parse(await readFile(join(moved, 'env.json'), 'utf8')) as { platform: string }
      await writeFile(join(moved, 'env.json'), JSON.stringify({ ...machine, platform: 'plan9-x64' }))
      const more = await cli(['train', '--resume', moved, '--epochs', '4', '--quiet'])
      expect([more.code, more.err]).toEqual([
        0,
        `network2: platform: it was "plan9-x64", and is "${machine.platform}"; the last bits can differ from those of an uninterrupted run\n`,
      ])
      const whole = join(folder, 'whole')
      expect((await cli(['train', ...flags, '--epochs', '4', '--seed', '7', '--out', whole])).code).toBe(0)
      expect(await leftBy(moved)).toEqual(await leftBy(whole))
    }))

  it('of an older version, which named the compiled engine `staged`, is resumed, and says what the name means', () =>
    inFolder(async folder => {
      const run = join(folder, 'run')
      const flags = ['--data', await dataOf(folder, 100), '--backend', 'wasm', '--engine', 'staged']
      const first = await cli(['train', ...flags, '--epochs', '1', '--out', run, '--quiet'])
      const note = 'network2: --engine staged is the old name of --engine wasm\n'
      expect(first).toMatchObject({ code: 0, err: note })
      expect(JSON.parse(await readFile(join(run, 'config.json'), 'utf8'))).toMatchObject({ engine: 'staged' })
      const machine = JSON.parse(await readFile(join(run, 'env.json'), 'utf8')) as { engine: string }
      expect(machine.engine).toBe('wasm')
      await writeFile(join(run, 'env.json'), JSON.stringify({ ...machine, engine: 'staged' }))
      expect(await cli(['train', '--resume', run, '--epochs', '2', '--quiet'])).toMatchObject({
        code: 0,
        err: note,
      })
    }))

  it.skipIf(mnistFiles.isMissing)(
    'whose checkpoint the safetensors library has saved again, with its tensors in another order, ends with the same bytes',
    mnistFiles.why,
    () =>
      inFolder(async folder => {
        const [run, whole] = [join(folder, 'run'), join(folder, 'whole')]
        const settings = { sizes: [784, 5, 10], trainSize: 500, epochs: 1, data: 'mnist', backend: 'wasm' }
        await writeFile(join(folder, 'settings.json'), JSON.stringify(settings))
        const args = ['train', '--config', join(folder, 'settings.json'), '--epochs']
        const printed = await cli([...args, '1', '--print-config'])
        await mkdir(join(run, 'checkpoints'), { recursive: true })
        await writeFile(join(run, 'config.json'), printed.out)
        await copyFile(
          new URL('resaved/last.safetensors', import.meta.url),
          join(run, 'checkpoints', 'last.safetensors'),
        )
        const resumed = await cli(['train', '--resume', run, '--epochs', '2'])
        expect(resumed).toMatchObject({
          code: 0,
          err: expect.stringContaining('resuming after epoch 1') as string,
        })
        expect(resumed.err).not.toContain('cannot be used')
        expect((await cli([...args, '2', '--out', whole])).code).toBe(0)
        expect(await readFile(join(run, 'model.json'), 'utf8')).toBe(
          await readFile(join(whole, 'model.json'), 'utf8'),
        )
      }),
  )

  it('that is none cannot be resumed, and one with a run in it is not written over', () =>
    inFolder(async folder => {
      const none = await cli(['train', '--resume', folder])
      expect(none.code).toBe(5)
      expect(none.err).toContain('npm run runs lists your runs')
      const precious = join(folder, 'config.json')
      await writeFile(precious, '{}')
      await writeFile(join(folder, 'letters.2019'), 'precious')
      const data = await dataOf(folder, 100)
      const taken = await cli(['train', '--data', data, '--backend', 'cpu', '--out', folder])
      expect(taken.code).toBe(2)
      expect(taken.err).toContain('the folder already has a run')
      expect(await readFile(precious, 'utf8')).toBe('{}')
      expect(await readFile(join(folder, 'letters.2019'), 'utf8')).toBe('precious')
    }))
})
