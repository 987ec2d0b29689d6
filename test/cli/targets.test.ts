/**
 * What a cost demands of the desired outputs, at `train` and at `evaluate`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cli } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'network2-targets-'))

afterAll(() => rmSync(folder, { recursive: true }))

const dataFile = (name: string, targets: readonly (readonly number[])[]): string => {
  const file = join(folder, `${name}.json`)
  const part = { inputs: targets.map((_, i) => [i, 1]), targets }
  writeFileSync(file, JSON.stringify({ training: part, test: part }))
  return file
}

const train = (data: string, ...more: readonly string[]) =>
  cli([
    'train',
    '--data',
    data,
    '--epochs',
    '1',
    '--cost',
    'log-likelihood',
    '--runs',
    join(folder, 'runs'),
    ...more,
  ])

const SOFT = [
  [0.3, 0.7],
  [1, 0],
]

describe('--cost log-likelihood', () => {
  it('trains on distributions, and its network can be evaluated on them', async () => {
    const model = join(folder, 'net.json')
    const trained = await train(dataFile('soft', SOFT), '--save', model)
    expect(trained.code).toBe(0)
    const evaluated = await cli(['evaluate', '--model', model, '--data', dataFile('soft', SOFT)])
    expect(evaluated.code).toBe(0)
    expect(evaluated.out).toContain('(log-likelihood)')
    const other = await cli(['evaluate', '--model', model, '--data', dataFile('two', [[1, 1]])])
    expect(other.code).toBe(2)
    expect(other.err).toContain('two.json, training.targets[0], has the sum 2, not 1')
  })

  it.each([
    [
      'sum',
      [
        [0.5, 0.5],
        [0.5, 0.25],
      ],
      'training.targets[1], has the sum 0.75, not 1',
    ],
    ['negative', [[1.5, -0.5]], 'training.targets[0], has -0.5, a number below 0'],
    ['one', [[1], [1]], 'the log-likelihood cost needs two or more outputs'],
  ])('refuses targets that are no distribution: %s', async (name, targets, words) => {
    const { code, err } = await train(dataFile(name, targets))
    expect(code).toBe(2)
    expect(err).toContain('--cost log-likelihood: ')
    expect(err).toContain(words)
  })
})
