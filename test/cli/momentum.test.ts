import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli } from '../support/cli.ts'

const settings = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { out, code, err } = await cli(['train', '--data', 'digits', '--print-config', ...args])
  expect(code, err).toBe(0)
  return JSON.parse(out) as Record<string, unknown>
}

describe('--momentum', () => {
  it('chooses the optimizer, whose default is 0.9; 0 and nothing leave plain descent', async () => {
    expect(await settings('--momentum', '0.5')).toMatchObject({ optimizer: 'momentum', momentum: 0.5 })
    expect(await settings('--optimizer', 'momentum')).toMatchObject({ optimizer: 'momentum', momentum: 0.9 })
    for (const plain of [await settings(), await settings('--momentum', '0')]) {
      expect(plain).not.toHaveProperty('optimizer')
      expect(plain).not.toHaveProperty('momentum')
    }
  })

  it('of 1 or more is refused', async () => {
    const { code, err } = await cli(['train', '--momentum', '1'])
    expect(code).toBe(2)
    expect(err).toContain('--momentum 1: not a number from 0 to below 1')
  })

  it('a resumed run keeps its velocities, and ends with the same bytes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'network2-momentum-'))
    const train = async (out: string, epochs: number, ...more: readonly string[]): Promise<string> => {
      const base = ['train', '--data', 'digits', '--sizes', '784,8,10', '--train-size', '500', '--quiet']
      const run = [...base, '--momentum', '0.9', '--regularizer', 'l1', '--lmbda', '1', '--eta', '0.05']
      const { code, err } = await cli([...run, '--epochs', String(epochs), ...more])
      expect(code, err).toBe(0)
      return readFileSync(join(folder, out, 'model.json'), 'utf8')
    }
    const whole = await train('whole', 3, '--out', join(folder, 'whole'))
    await train('parts', 1, '--out', join(folder, 'parts'))
    expect(await train('parts', 3, '--resume', join(folder, 'parts'))).toBe(whole)
    rmSync(folder, { recursive: true })
  })
})
