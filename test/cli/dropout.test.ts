/**
 * `--dropout` as a process: its settings, what a run saves, and runs that are killed and resumed.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { decodeCheckpoint } from '../../src/runs/checkpoint.ts'
import { cli, inFolder } from '../support/cli.ts'
import { dataOf, goOn, harmed, leftBy, machines, prepared } from '../support/faults.ts'
import { isLong } from '../support/long.ts'

vi.setConfig({ testTimeout: 180_000 })

const settings = async (
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<Record<string, unknown>> => {
  const { out, code, err } = await cli(['train', '--data', 'digits', '--print-config', ...args], env)
  expect(code, err).toBe(0)
  return JSON.parse(out) as Record<string, unknown>
}

describe('--dropout', () => {
  it('is a setting like the others: a flag, a variable, a key of a file; without it nothing is written', () =>
    inFolder(async folder => {
      const config = join(folder, 'config.json')
      await writeFile(config, '{ "dropout": 0.25 }')
      expect(await settings(['--dropout', '0.5'])).toMatchObject({ dropout: 0.5 })
      expect(await settings([], { NETWORK2_DROPOUT: '0.4' })).toMatchObject({ dropout: 0.4 })
      expect(await settings(['--config', config])).toMatchObject({ dropout: 0.25 })
      for (const plain of [await settings([]), await settings(['--dropout', '0'])])
        expect(plain).not.toHaveProperty('dropout')
    }))

  it.each([
    ['--dropout 1', '--dropout 1: not a number from 0 to below 1'],
    ['--dropout 0.5 --sizes 784,10', 'the network has no hidden layer'],
    ['--dropout 0.9 --sizes 784,30,4,10', 'of a hidden layer of 4 neurons, none would be left'],
  ])('%s is refused in a sentence', async (flags, words) => {
    const { code, err } = await cli(['train', '--data', 'digits', ...flags.split(' ')])
    expect(code).toBe(2)
    expect(err).toContain(words)
  })

  it('saves the network for use, whose metrics are the printed ones; the checkpoint has the trained parameters', () =>
    inFolder(async folder => {
      const [data, run, net] = [await dataOf(folder, 500), join(folder, 'run'), join(folder, 'net.json')]
      const base = ['train', '--data', data, '--sizes', '12,10,5', '--backend', 'cpu']
      const two = ['--epochs', '2', '--dropout', '0.3', '--json', '--out', run, '--save', net]
      const trained = await cli([...base, ...two])
      expect(trained.err).toBe('')
      const last = JSON.parse(trained.out.trim().split('\n').at(-1)!) as Record<string, number>

      const evaluated = await cli(['evaluate', '--model', net, '--data', data, '--backend', 'cpu', '--json'])
      const { evaluationAccuracy, evaluationCost } = last
      expect(JSON.parse(evaluated.out)).toMatchObject({ evaluationAccuracy, evaluationCost })
      expect(await readFile(join(run, 'model.json'), 'utf8')).toBe(await readFile(net, 'utf8'))
      const answers = JSON.parse(await readFile(join(run, 'answers.json'), 'utf8')) as {
        readonly confusion: readonly (readonly number[])[]
      }
      expect(answers.confusion.reduce((sum, row, label) => sum + row[label]!, 0)).toBe(evaluationAccuracy)

      // 7 of 10 neurons are kept
      const { weights } = JSON.parse(await readFile(net, 'utf8')) as { readonly weights: number[][][] }
      const checkpoint = decodeCheckpoint(await readFile(join(run, 'checkpoints', 'last.safetensors')))
      if (checkpoint._tag === 'Left') throw new Error(checkpoint.left)
      const [first, second] = checkpoint.right.layers
      expect(weights[0]!.flat()).toEqual([...first!.w])
      expect(weights[1]!.flat()).toEqual([...second!.w.map(w => w * 0.7)])

      // a training that starts from the file starts from the trained parameters: without an epoch it is the same file
      const again = join(folder, 'again.json')
      const none = ['--init', net, '--dropout', '0.3', '--epochs', '0', '--out', 'none', '--save', again]
      expect((await cli([...base, ...none])).code).toBe(0)
      const same = JSON.parse(await readFile(again, 'utf8')) as { readonly weights: number[][][] }
      expect(same.weights[0]).toEqual(weights[0])
      same.weights[1]!.flat().forEach((w, i) => expect(w / weights[1]!.flat()[i]!).toBeCloseTo(1, 6))
    }))

  const usual = machines.filter(({ name }) => !name.startsWith('native'))

  describe.each(isLong ? machines : usual)('$name', ({ flags, env, needs }) => {
    it.skipIf(needs.isMissing)(
      'gives the same bytes twice, and after a kill, within an epoch too',
      needs.why,
      () =>
        inFolder(async folder => {
          const more = [...flags, '--dropout', '0.4', '--momentum', '0.5', '--eta', '0.1']
          const { args, whole, run } = await prepared(folder, 2000, 4, more, env)
          expect((await harmed(args(run), { when: '"epoch":2', env })).code).toBe(null)
          expect((await goOn(args(run), run, { sabotage: 'kill:16', env })).code).toBe(null)
          expect((await goOn(args(run), run, { env })).code).toBe(0)
          expect(await leftBy(run)).toEqual(whole)
          const twice = join(folder, 'twice')
          expect((await harmed(args(twice), { env })).code).toBe(0)
          expect(await leftBy(twice)).toEqual(whole)
        }),
    )
  })
})
