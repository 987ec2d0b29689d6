import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli, inFolder } from '../support/cli.ts'
import { dataOf, tree } from '../support/faults.ts'

describe('--dry-run', () => {
  it('checks everything, prints what would be done, and writes nothing', () =>
    inFolder(async folder => {
      const flags = [
        '--data',
        await dataOf(folder, 105),
        '--backend',
        'cpu',
        '--epochs',
        '3',
        '--sizes',
        '12,8,5',
      ]
      const env = { NETWORK2_OUT: undefined, NETWORK2_RUNS: join(folder, 'runs') }
      const { code, out, err } = await cli(['train', ...flags, '--dry-run'], env)
      expect({ code, err }).toEqual({ code: 0, err: '' })
      // 12·8 + 8 + 8·5 + 5, and 10 whole mini-batches and a short one in each epoch
      expect(out).toContain('[12, 8, 5], 149 parameters')
      expect(out).toMatch(/33 in 3 epochs/)
      expect(out).toContain('nothing was written')
      const json = await cli(['train', ...flags, '--dry-run', '--json', '--out', join(folder, 'x')], env)
      expect(JSON.parse(json.out)).toMatchObject({
        event: 'dry-run',
        parameters: 149,
        steps: 33,
        folder: join(folder, 'x'),
      })
      expect(await tree(folder)).toEqual(['data.json'])
    }))

  it('refuses what training would refuse', () =>
    inFolder(async folder => {
      const data = await dataOf(folder, 20)
      const { code, err } = await cli([
        'train',
        '--data',
        data,
        '--train-size',
        '21',
        '--dry-run',
        '--backend',
        'cpu',
      ])
      expect(code).toBe(2)
      expect(err).toContain('has 20 training examples')
    }))
})
