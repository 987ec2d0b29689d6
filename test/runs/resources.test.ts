import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { systemEnv } from '../../src/io/env.ts'
import { loadDataset } from '../../src/runs/resources.ts'
import { exitCode } from '../../src/errors.ts'

it('what fails because the program was asked to stop is no fault of the data', async () => {
  const code = async (stopped: typeof systemEnv.stopReason): Promise<number> => {
    const result = await loadDataset('/no/such', { ...systemEnv, stopReason: stopped })()
    return E.isLeft(result) ? exitCode(result.left) : 0
  }
  expect([await code(() => undefined), await code(() => 'SIGINT'), await code(() => 'SIGTERM')]).toEqual([
    3, 130, 143,
  ])
})
