/**
 * One owner per folder: claims of processes that live, are dead, are of another machine, or are not what they were.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { disk } from '../../src/io/files.ts'
import { lockRun } from '../../src/runs/run-folder.ts'
import { acquireLock, ownerOf, systemProcesses, type Owner } from '../../src/io/lock.ts'
import { inFolder } from '../support/cli.ts'
import { contest, dataOf, harmed } from '../support/faults.ts'
import { emptyStorage, memoryFiles } from '../support/memory-files.ts'

const claimed = (folder: string, owner: unknown, number = 1): Promise<void> =>
  writeFile(join(folder, `owner.${number}`), JSON.stringify(owner))

const refusal = async (folder: string): Promise<string> => {
  const result = await acquireLock(disk, systemProcesses, folder)()
  if (E.isRight(result)) throw new Error('it was granted')
  expect(result.left._tag).toBe('Busy')
  return `${result.left.message}; ${result.left.remedy}`
}

describe('a folder', () => {
  it('belongs to who takes it, until it is given back', () =>
    inFolder(async folder => {
      const result = await acquireLock(disk, systemProcesses, folder)()
      expect(await ownerOf(disk, systemProcesses, folder)).toEqual(systemProcesses.me)
      expect(await refusal(folder)).toContain(`in use by process ${process.pid} on ${hostname()}`)
      if (E.isRight(result)) await result.right()
      expect(await ownerOf(disk, systemProcesses, folder)).toBeUndefined()
      expect(await readdir(folder)).toEqual([])
    }))

  it('of a process that has ended is taken over, its claims with it', () =>
    inFolder(async folder => {
      // no process has this number, and none began then
      await claimed(folder, { pid: 2 ** 22 + 1, host: hostname(), began: '1' })
      await claimed(folder, { ...systemProcesses.me, began: `${systemProcesses.me.began}0` }, 2)
      const result = await acquireLock(disk, systemProcesses, folder)()
      expect(E.isRight(result)).toBe(true)
      expect(await readdir(folder)).toEqual(['owner.3'])
    }))

  it('of another machine is never taken over, and the message says how to have it', () =>
    inFolder(async folder => {
      await claimed(folder, { pid: 1, host: 'elsewhere', began: '1' })
      expect(await refusal(folder)).toBe(
        `${folder} is in use by process 1 on elsewhere; wait until it ends; if that machine is gone, delete ${folder}/owner.1`,
      )
    }))

  it.each(['', '{', '{}', 'null', '[]', '{"pid":"1","host":"h","began":""}', '\0'])(
    'with a claim that says %j is left alone',
    claim =>
      inFolder(async folder => {
        await writeFile(join(folder, 'owner.1'), claim)
        expect(await refusal(folder)).toContain('does not say by whom')
        expect(await readFile(join(folder, 'owner.1'), 'utf8')).toBe(claim)
      }),
  )
})

describe('many at once', () => {
  /** Processes on one storage in memory: the dead are those that are not in the list. */
  const owners = (pids: readonly number[]) => {
    const isAlive = ({ pid }: Owner): boolean => pids.includes(pid)
    return pids.map(pid => ({ me: { pid, host: 'here', began: String(pid) }, isAlive }))
  }

  it('one takes a dead one’s folder, in whatever order they come', async () => {
    for (let delay = 0; delay < 12; delay++) {
      const storage = emptyStorage('/', '/run')
      const dead = { pid: 1, host: 'here', began: '1' }
      storage.files.set('/run/owner.1', new TextEncoder().encode(JSON.stringify(dead)))
      const results = await Promise.all(
        owners([2, 3, 4]).map(async (one, i) => {
          for (let turn = 0; turn < delay * i; turn++) await Promise.resolve()
          return lockRun(memoryFiles(storage, one.me.pid).files, one, '/run')()
        }),
      )
      expect(results.filter(E.isRight)).toHaveLength(1)
    }
  })

  it('real processes: one runs, the others end with 6 and name it', () =>
    inFolder(async folder => {
      await contest(folder, 4)
    }))

  it('after the owner was killed, the next one goes on', () =>
    inFolder(async folder => {
      const out = join(folder, 'run')
      const args = [
        'train',
        '--data',
        await dataOf(folder, 2000),
        '--epochs',
        '100000',
        '--backend',
        'cpu',
        '--out',
        out,
      ]
      expect((await harmed(args, { when: 'Epoch 1:' })).code).toBe(null)
      expect(await readdir(out)).toContain('owner.1')
      const next = await harmed(['train', '--resume', out], { when: 'Epoch', signal: 'SIGTERM' })
      expect(next.code).toBe(143)
      expect((await readdir(out)).filter(name => name.startsWith('owner'))).toEqual([])
    }))
})
