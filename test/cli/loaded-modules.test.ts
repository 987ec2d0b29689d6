import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cli, inFolder } from '../support/cli.ts'
import { dataOf } from '../support/faults.ts'

it('a training loads neither the statistics of a study nor the decoders of pictures', () =>
  inFolder(async folder => {
    const flags = ['--data', await dataOf(folder, 105), '--backend', 'cpu', '--epochs', '1']
    const { code, err } = await cli(['train', ...flags, '--sizes', '12,8,5'], { NODE_DEBUG: 'module' })
    expect(code).toBe(0)
    const loads = (name: string): boolean => err.includes(join('node_modules', name) + '/')
    expect(['jstat', 'pngjs', 'jpeg-js'].filter(loads)).toEqual([])
    expect(loads('@tensorflow/tfjs-core')).toBe(true)
  }))
