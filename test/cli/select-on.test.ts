/**
 * The set by whose accuracy a schedule decides: the test set only if the user asks for it.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli, inFolder } from '../support/cli.ts'

/** Points on a line: class 1 above 0. A validation set with all labels wrong gets worse while the network learns. */
const dataOf = (validation: boolean): string => {
  const at = Array.from({ length: 40 }, (_, i) => (i - 19.5) / 20)
  const set = (isRight: boolean) => ({
    inputs: at.map(x => [x, 1]),
    labels: at.map(x => Number(x > 0 === isRight)),
  })
  return JSON.stringify({
    training: set(true),
    test: set(true),
    ...(validation ? { validation: set(false) } : {}),
  })
}

const train = (folder: string, ...args: readonly string[]) =>
  cli([
    ...['train', '--data', join(folder, 'data.json'), '--sizes', '2,2', '--backend', 'cpu'],
    ...['--epochs', '6', '--init', 'large', '--seed', '2', '--early-stop', '2', ...args],
  ])

const epochsIn = (out: string): number => out.split('\n').filter(line => line.startsWith('Epoch ')).length

describe('early stopping', () => {
  it('decides on the validation set, and the test set is only reported', () =>
    inFolder(async folder => {
      await writeFile(join(folder, 'data.json'), dataOf(true))
      const run = join(folder, 'run')
      const { code, out } = await train(folder, '--out', run)
      expect(code).toBe(0)
      expect(epochsIn(out)).toBe(3)
      expect(out).toMatch(/^Accuracy on the test set of .*; best by the validation set, after epoch 1: /m)
      const [header, ...rows] = (await readFile(join(run, 'metrics.csv'), 'utf8')).trim().split('\n')
      expect(header).toContain('selectionAccuracy,selectionSize')
      expect(rows).toHaveLength(3)
      const config = JSON.parse(await readFile(join(run, 'config.json'), 'utf8')) as Record<string, unknown>
      expect(config).toMatchObject({ evaluateOn: 'test', selectOn: 'validation' })
    }))

  it('decides on the evaluation set if it is told to, or if there is no other', () =>
    inFolder(async folder => {
      await writeFile(join(folder, 'data.json'), dataOf(true))
      const told = await train(folder, '--select-on', 'evaluation', '--out', 'none')
      await writeFile(join(folder, 'data.json'), dataOf(false))
      const alone = await train(folder, '--out', 'none')
      for (const { code, out } of [told, alone]) {
        expect(code).toBe(0)
        expect(epochsIn(out)).toBeGreaterThan(3)
        expect(out).not.toContain('validation')
      }
    }))

  it('decides on the evaluation set if that is the validation set already: no second evaluation, no empty columns', () =>
    inFolder(async folder => {
      await writeFile(join(folder, 'data.json'), dataOf(true))
      for (const more of [[], ['--select-on', 'validation']]) {
        const run = join(folder, `run-${more.length}`)
        const { code, out } = await train(folder, '--evaluate-on', 'validation', '--out', run, ...more)
        expect(code).toBe(0)
        expect(epochsIn(out)).toBe(3)
        expect(await readFile(join(run, 'metrics.csv'), 'utf8')).not.toContain('selection')
      }
    }))

  it('refuses a validation set that the data do not have', () =>
    inFolder(async folder => {
      await writeFile(join(folder, 'data.json'), dataOf(false))
      const { code, err } = await train(folder, '--select-on', 'validation', '--out', 'none')
      expect(code).toBe(2)
      expect(err).toMatch(/--select-on validation: .* has no validation set\n {2}use --select-on evaluation/)
    }))

  it('of a run that was made without this setting stays on the evaluation set', () =>
    inFolder(async folder => {
      await writeFile(join(folder, 'data.json'), dataOf(true))
      const run = join(folder, 'run')
      await train(folder, '--select-on', 'evaluation', '--out', run)
      const file = join(run, 'config.json')
      const old = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
      delete old.selectOn
      await writeFile(file, JSON.stringify(old))
      const { code, out } = await cli(['train', '--resume', run, '--print-config'])
      expect(code).toBe(0)
      expect(JSON.parse(out)).toEqual(old)
    }))
})

it('a link to the page says where the page decides by other images', async () => {
  const linked = async (...flags: string[]): Promise<string> =>
    (await cli(['train', '--data', 'digits', '--link', ...flags])).err
  expect(await linked()).toBe('')
  expect(await linked('--early-stop', '3', '--select-on', 'evaluation')).toContain(
    'the page decides by the first 2,000 test images',
  )
})
