import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../src/cli/command.ts'
import { systemEnv } from '../../src/io/env.ts'
import { runsCommand } from '../../src/cli/commands/runs-command.ts'
import { disk, type Files } from '../../src/io/files.ts'
import { listRuns } from '../../src/runs/list-runs.ts'
import { inFolder } from '../support/cli.ts'

/** What `npm run runs` prints about a folder. */
const listed = async (
  runs: string,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<readonly string[]> => {
  const lines: string[] = []
  const result = await runCommand(
    runsCommand,
    { _: [], runs, ...flags },
    {
      ...systemEnv,
      columns: undefined,
      out: line => void lines.push(line),
    },
  )()
  expect(E.isRight(result)).toBe(true)
  return lines
}

const run = async (folder: string, name: string, files: Readonly<Record<string, string>>): Promise<void> => {
  await mkdir(join(folder, name), { recursive: true })
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), text)
}

const config = '{"cost":"xent","sizes":[12,8,5],"epochs":4,"data":"mnist"}'
const diverging = '{"cost":"xent","sizes":[12,8,5],"epochs":4,"data":"mnist","eta":0.5}'
const line = (epoch: number, correct: number | string): string =>
  `${JSON.stringify({ epoch, evaluationAccuracy: correct, evaluationSize: 200 })}\n`

describe('the list of runs', () => {
  it('reads files with a byte order mark; a run in UTF-16 is named, and the others are listed', () =>
    inFolder(async folder => {
      await run(folder, 'a', { 'config.json': `\ufeff${config}`, 'metrics.jsonl': `\ufeff${line(1, 90)}` })
      await run(folder, 'b', {})
      await writeFile(join(folder, 'b', 'config.json'), Buffer.from(`\ufeff${config}`, 'utf16le'))
      const notes: string[] = []
      const runs = await listRuns(disk, systemEnv.processes, folder, line => void notes.push(line))
      expect(runs).toMatchObject([{ path: join(folder, 'a'), epochs: 1 }])
      expect(notes).toEqual([
        `${join(folder, 'b')} cannot be read: config.json: this is UTF-16 text; UTF-8 is read`,
      ])
    }))

  it('names the parts that network2.py does not have, where a run has any', () =>
    inFolder(async folder => {
      const parts = {
        activation: 'relu',
        optimizer: 'momentum',
        momentum: 0.9,
        dropout: 0.5,
        expand: 'shift',
      }
      await run(folder, 'a', { 'config.json': config })
      expect((await listed(folder))[0]).not.toContain('parts')
      await run(folder, 'b', { 'config.json': JSON.stringify({ ...JSON.parse(config), ...parts }) })
      const [heading, , b] = await listed(folder)
      expect(heading).toMatch(/ sizes +parts +epochs /)
      expect(b).toContain(' 12,8,5  relu, momentum 0.9, dropout 0.5, shift  0/4 ')
    }))

  it('has each run with its state, its accuracies and the command to resume it', () =>
    inFolder(async folder => {
      await run(folder, 'a-done', {
        'config.json': config,
        'env.json': '{"data":"generated digits"}',
        'metrics.jsonl': line(1, 100) + line(2, 180) + line(3, 150) + line(4, 170),
        'result.json': '{"outcome":"done"}',
      })
      await run(folder, 'b-killed', {
        'config.json': config,
        'metrics.jsonl': `${line(1, 90)}{"epoch":2,"evalua`,
        'owner.1': JSON.stringify({ ...systemEnv.processes.me, began: 'before' }),
      })
      await run(folder, 'c-running', {
        'config.json': config,
        'owner.1': JSON.stringify({ ...systemEnv.processes.me, pid: 1, host: 'elsewhere' }),
      })
      await run(folder, 'd-diverged', { 'config.json': diverging, 'result.json': '{"outcome":"diverged"}' })
      await run(folder, 'e-none', { 'letter.txt': 'dear' })
      await run(folder, 'f-damaged', { 'config.json': '{' })
      await writeFile(join(folder, 'g-file'), '')
      await symlink('a-done', join(folder, 'latest'))
      const [, ...rows] = await listed(folder)
      expect(rows.map(row => row.trim().split(/ {2,}/))).toEqual([
        [
          'a-done',
          'finished',
          'generated digits',
          'xent',
          '12,8,5',
          '4/4',
          ...rows[0]!.trim().split(/ {2,}/).slice(6),
        ],
        [
          'b-killed',
          'interrupted',
          'mnist',
          'xent',
          '12,8,5',
          '1/4',
          ...rows[1]!.trim().split(/ {2,}/).slice(6),
        ],
        ['c-running', 'running', 'mnist', 'xent', '12,8,5', '0/4'],
        [
          'd-diverged',
          'diverged',
          'mnist',
          'xent',
          '12,8,5',
          '0/4',
          ...rows[3]!.trim().split(/ {2,}/).slice(6),
        ],
      ])
      expect(rows[3]).toContain(`--config ${join(folder, 'd-diverged', 'config.json')} --eta 0.05`)
      expect(rows[0]).toMatch(/ 85\.00 % +90\.00 % +npm run train -- --resume \S*a-done --epochs 8$/)
      expect(rows[1]).toMatch(/ 45\.00 % +45\.00 % +npm run train -- --resume \S*b-killed$/)
      const json = (await listed(folder, { json: true })).map(
        text => JSON.parse(text) as Record<string, unknown>,
      )
      expect(json.map(({ state, epochs }) => [state, epochs])).toEqual([
        ['finished', 4],
        ['interrupted', 1],
        ['running', 0],
        ['diverged', 0],
      ])
    }))

  it('has the runs beside folders that are odd', () =>
    inFolder(async folder => {
      await run(folder, 'good', { 'config.json': config })
      const nested = `{"cost":${'['.repeat(1e5)}${']'.repeat(1e5)}}`
      await run(folder, 'nested', { 'config.json': nested })
      await run(folder, 'list', { 'config.json': '[]' })
      await run(folder, 'numbers', { 'config.json': '{"cost":1e999,"sizes":"x","epochs":-1}' })
      await mkdir(join(folder, 'folder', 'config.json'), { recursive: true })
      await run(folder, 'loop', {})
      await symlink('config.json', join(folder, 'loop', 'config.json'))
      await run(folder, 'device', {})
      await symlink('/dev/zero', join(folder, 'device', 'config.json'))
      await run(folder, 'log', { 'config.json': config })
      await mkdir(join(folder, 'log', 'metrics.jsonl'))
      await symlink('self', join(folder, 'self'))
      const names = (await listed(folder)).slice(1).map(row => row.trim().split(/ {2,}/)[0])
      expect(names).toEqual(['good', 'log', 'numbers'])
      expect(await listed(folder, { json: true })).toHaveLength(3)
    }))

  it('leaves out a folder that fails while it is read, and says so', () =>
    inFolder(async folder => {
      await run(folder, 'bad', { 'config.json': config })
      await run(folder, 'good', { 'config.json': config })
      const failing: Files = {
        ...disk,
        list: path =>
          path.endsWith('bad')
            ? Promise.reject(Object.assign(new Error('input/output error'), { code: 'EIO' }))
            : disk.list(path),
      }
      const notes: string[] = []
      const runs = await listRuns(failing, systemEnv.processes, folder, line => void notes.push(line))
      expect(runs.map(({ path }) => path)).toEqual([join(folder, 'good')])
      expect(notes).toEqual([`${join(folder, 'bad')} cannot be read: input/output error`])
    }))

  it('of an empty folder says that there are no runs', () =>
    inFolder(async folder => {
      expect(await listed(join(folder, 'none'))).toEqual([expect.stringContaining('contains no runs yet')])
    }))

  it('does not take what a killed process left beside `latest` for a run', () =>
    inFolder(async folder => {
      await run(folder, 'one', { 'config.json': config })
      await symlink('one', join(folder, 'latest.4711.tmp'))
      expect(await listed(folder, { json: true })).toHaveLength(1)
      expect(await readFile(join(folder, 'latest.4711.tmp', 'config.json'), 'utf8')).toBe(config)
    }))
})
