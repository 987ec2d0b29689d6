/**
 * Tensors, after everything that a run can go through: as many as before.
 */
import { memory } from '@tensorflow/tfjs-core'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { runCommand } from '../../src/cli/command.ts'
import { systemEnv } from '../../src/io/env.ts'
import { trainCommand } from '../../src/cli/commands/train-command.ts'
import { exitCode } from '../../src/errors.ts'
import { inFolder } from '../support/cli.ts'
import { emptyStorage, memoryFiles, type Storage } from '../support/memory-files.ts'

/** One life of a run in memory: its exit code. */
const life = async (
  storage: Storage,
  flags: Readonly<Record<string, string>>,
  { stopAt = Infinity, refuseFrom = Infinity } = {},
): Promise<number> => {
  let [time, rests] = [0, 0]
  const { files } = memoryFiles(storage, 1, n =>
    n >= refuseFrom ? { kind: 'refusal', code: 'ENOSPC', share: 0 } : undefined,
  )
  const result = await runCommand(
    trainCommand,
    { _: [], backend: 'cpu', quiet: true, sizes: '2,3,2', ...flags },
    {
      ...systemEnv,
      out: () => undefined,
      columns: undefined,
      now: () => (time += 100),
      date: () => new Date(0),
      yieldToEventLoop: () => {
        rests++
        return Promise.resolve()
      },
      stopReason: () => (rests >= stopAt ? 'SIGINT' : undefined),
      files,
      processes: { me: { pid: 1, host: 'here', began: '1' }, isAlive: () => false },
    },
  )()
  return E.isRight(result) ? 0 : exitCode(result.left)
}

it('2,000 steps in 20 epochs, 5 resumes and 60 failing calls leave no tensor', { timeout: 180_000 }, () =>
  inFolder(async folder => {
    const data = join(folder, 'data.json')
    const inputs = Array.from({ length: 100 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])
    const part = { inputs, labels: inputs.map(([a = 0, b = 0]) => (a > b ? 1 : 0)) }
    await writeFile(data, JSON.stringify({ training: part, test: part }))
    const flags = { data, 'mini-batch-size': '1', epochs: '20' }
    const before = memory().numTensors
    const bytes = memory().numBytes

    const storage = emptyStorage('/', '/runs')
    expect(await life(storage, { ...flags, out: '/runs/one' }, { stopAt: 5 })).toBe(130)
    for (let i = 0; i < 4; i++)
      expect(await life(storage, { ...flags, resume: '/runs/one' }, { stopAt: 12 })).toBe(130)
    expect(await life(storage, { ...flags, resume: '/runs/one' })).toBe(0)
    expect(memory()).toMatchObject({ numTensors: before, numBytes: bytes })

    const codes = new Set<number>()
    for (let i = 0; i < 15; i++) {
      const fresh = emptyStorage('/', '/runs')
      const one = { ...flags, epochs: '1', 'mini-batch-size': '50', out: '/runs/two' }
      for (const failing of [
        life(fresh, one, { refuseFrom: 1 + i }),
        life(emptyStorage('/'), { ...one, eta: '1e9' }),
        life(storage, { ...flags, resume: '/runs/one', seed: String(i + 1) }),
        life(storage, { ...flags, out: '/runs/one' }),
      ])
        codes.add(await failing)
    }
    expect([...codes].toSorted((a, b) => a - b)).toEqual([2, 4, 5, 7])
    expect(memory()).toMatchObject({ numTensors: before, numBytes: bytes })
  }),
)
