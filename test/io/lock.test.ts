/**
 * One owner per folder: claims of processes that run, have ended, are of another machine, or are half written.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import fsPromises, { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { disk, type Files } from '../../src/io/files.ts'
import { lockRun } from '../../src/runs/run-folder.ts'
import { acquireLock, ownerOf, systemProcesses, type Owner, type Processes } from '../../src/io/lock.ts'
import { builtFile } from '../support/built.ts'
import { owned } from '../support/children.ts'
import { inFolder } from '../support/cli.ts'
import { exfat, onExfat } from '../support/exfat.ts'
import { contest, dataOf, harmed } from '../support/faults.ts'
import { emptyStorage, memoryFiles, type Storage } from '../support/memory-files.ts'
import { linux, need } from '../support/needs.ts'

/** The type of a file system, as statfs has it. */
const typeOf = (folder: string): number => (existsSync(folder) ? statfsSync(folder).type : 0)

const localDisk = need(
  systemProcesses.me.machine !== undefined && typeOf(tmpdir()) === 0xef53,
  'there is no /etc/machine-id, or the temporary folder is not on ext4',
)

const memoryDisk = need(typeOf('/dev/shm') === 0x01021994, '/dev/shm is not a tmpfs')

const claimed = (folder: string, owner: unknown, number = 1): Promise<void> =>
  writeFile(join(folder, `owner.${number}`), JSON.stringify(owner))

const refusal = async (folder: string, processes: Processes = systemProcesses): Promise<string> => {
  const result = await acquireLock(disk, processes, folder)()
  if (E.isRight(result)) throw new Error('it was granted')
  expect(result.left._tag).toBe('Busy')
  return `${result.left.message}; ${result.left.remedy}`
}

/** Whether the lock is granted, and given back again. */
const granted = async (folder: string, files: Files = disk): Promise<boolean> => {
  const result = await acquireLock(files, systemProcesses, folder)()
  if (E.isRight(result)) await result.right()
  return E.isRight(result)
}

/** The command line of a process that owns a folder. */
const ownerOfFolder = (folder: string): readonly string[] => [
  ...[process.execPath, builtFile('test/support/owner.ts'), folder],
]

describe('a folder', () => {
  it('belongs to the process that locks it, until that gives it back', () =>
    inFolder(async folder => {
      const result = await acquireLock(disk, systemProcesses, folder)()
      expect(await ownerOf(disk, systemProcesses, folder)).toEqual(systemProcesses.me)
      expect(await refusal(folder)).toContain(`in use by process ${process.pid} on ${hostname()}`)
      if (E.isRight(result)) await result.right()
      expect(await ownerOf(disk, systemProcesses, folder)).toBeUndefined()
      expect(await readdir(folder)).toEqual([])
    }))

  it('of a process that has ended is taken over, and its claims are removed', () =>
    inFolder(async folder => {
      // no process has this number, and none began then
      await claimed(folder, { pid: 2 ** 22 + 1, host: hostname(), began: '1' })
      await claimed(folder, { ...systemProcesses.me, began: `${systemProcesses.me.began}0` }, 2)
      const result = await acquireLock(disk, systemProcesses, folder)()
      expect(E.isRight(result)).toBe(true)
      expect(await readdir(folder)).toEqual(['owner.3'])
    }))

  it('of another machine is never taken over, and the message says what to do', () =>
    inFolder(async folder => {
      await claimed(folder, { pid: 1, host: 'elsewhere', began: '1' })
      expect(await refusal(folder)).toBe(
        `${folder} is in use by process 1 on elsewhere; wait until it ends; if that machine is gone, delete ${folder}/owner.1`,
      )
    }))

  it.each([
    ['another container', { namespace: 'pid:[1]' }],
    ['another container with its own number of the start', { namespace: 'pid:[1]', boot: 'b' }],
    ['another machine of that name', { boot: 'b', machine: 'm' }],
    ['a start before an update of this program', { boot: 'b', machine: undefined }],
  ])('of %s is never taken over, though no process here has the number', (_what, elsewhere) =>
    inFolder(async folder => {
      await claimed(folder, { ...systemProcesses.me, pid: 2 ** 22 + 1, began: '1', ...elsewhere })
      expect(await ownerOf(disk, systemProcesses, folder)).toMatchObject({ pid: 2 ** 22 + 1 })
      expect(await refusal(folder)).toBe(
        `${folder} is in use by process ${2 ** 22 + 1} on ${hostname()}, in another container, on another machine of ` +
          'that name, or before a restart; wait until it ends; if you are sure that it has ended, ' +
          `delete ${folder}/owner.1`,
      )
    }),
  )

  it.skipIf(localDisk.isMissing)(
    'of this machine before it was restarted is taken over on a local disk',
    localDisk.why,
    () =>
      inFolder(async folder => {
        // a process with that number and start may run now: it is another one
        await claimed(folder, { ...systemProcesses.me, boot: 'before' })
        expect(await ownerOf(disk, systemProcesses, folder)).toBeUndefined()
        expect(await granted(folder)).toBe(true)
        expect(await readdir(folder)).toEqual([])
      }),
  )

  it.skipIf(memoryDisk.isMissing)(
    'of this machine before it was restarted is kept on a file system that may be shared, or does not survive a restart',
    memoryDisk.why,
    async () => {
      const folder = await mkdtemp('/dev/shm/network2-')
      onTestFinished(() => rm(folder, { recursive: true }))
      await claimed(folder, { ...systemProcesses.me, boot: 'before' })
      expect(await refusal(folder)).toContain('or before a restart')
    },
  )

  it.skipIf(linux.isMissing)('names its boot and its process namespace on Linux', linux.why, () => {
    expect(systemProcesses.me).toMatchObject({
      boot: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      namespace: expect.stringMatching(/^pid:\[\d+\]$/) as string,
    })
  })

  it.each(['', '{', '{}', 'null', '[]', '{"pid":"1","host":"h","began":""}', '\0'])(
    'is not taken over where a claim is %j: it may be half written',
    claim =>
      inFolder(async folder => {
        await writeFile(join(folder, 'owner.1'), claim)
        const file = join(folder, 'owner.1')
        expect(await refusal(folder)).toBe(
          `${folder} is in use: ${file} exists, but names no process; try again; if no run uses the folder, delete ${file}`,
        )
        expect(await readFile(file, 'utf8')).toBe(claim)
      }),
  )

  it.skipIf(linux.isMissing)('of a killed process that its parent does not reap is free', linux.why, () =>
    inFolder(async folder => {
      // sleep takes the place of the shell, so it is the parent, and it never waits for a child
      const parent = owned(spawn('sh', ['-c', '"$@" & exec sleep 1000', 'sh', ...ownerOfFolder(folder)]))
      expect(String((await once(parent.stdout, 'data'))[0])).toBe('held')
      const owner = await ownerOf(disk, systemProcesses, folder)
      expect(await refusal(folder)).toContain(
        `in use by process ${owner!.pid} on ${hostname()}; wait until it`,
      )
      process.kill(owner!.pid, 'SIGKILL')
      await vi.waitFor(() => expect(readFileSync(`/proc/${owner!.pid}/stat`, 'utf8')).toContain(') Z '))
      expect(await ownerOf(disk, systemProcesses, folder)).toBeUndefined()
      expect(await granted(folder)).toBe(true)
    }),
  )

  it('says that the process number decided, where the start of a process is not known', () =>
    inFolder(async folder => {
      await claimed(folder, { pid: 4711, host: hostname(), began: '' })
      expect(await refusal(folder, { ...systemProcesses, isAlive: () => true })).toBe(
        `${folder} is in use by process 4711 on ${hostname()} (decided by the process number alone: the start ` +
          'time of processes is not available on this system); wait until it ends, or give another folder with --out; ' +
          `if process 4711 is another program, delete ${folder}/owner.1`,
      )
    }))
})

describe('without hard links', () => {
  it.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK', 'EISDIR'])(
    '%s: the file is created exclusively',
    code =>
      inFolder(async folder => {
        const { link } = fsPromises
        fsPromises.link = () => Promise.reject(Object.assign(new Error(code), { code }))
        syncBuiltinESMExports()
        onTestFinished(() => {
          fsPromises.link = link
          syncBuiltinESMExports()
        })
        const path = join(folder, 'owner.1')
        expect(await Promise.all(['a', 'a', 'a'].map(text => disk.claim(path, text)))).toEqual(
          expect.toSatisfy((all: readonly boolean[]) => all.filter(Boolean).length === 1),
        )
        expect(await readFile(path, 'utf8')).toBe('a')
        expect(await readdir(folder)).toEqual(['owner.1'])
      }),
  )

  it.skipIf(exfat.isMissing)(
    'real processes on exFAT: one runs, the others exit with 6; a save replaces a file',
    exfat.why,
    () =>
      onExfat(async folder => {
        const [from, to] = [join(folder, 'from'), join(folder, 'to')]
        await writeFile(from, '')
        await expect(fsPromises.link(from, to)).rejects.toMatchObject({ code: 'EPERM' })
        await contest(folder, 2)
        for (const text of ['one', 'two']) await disk.save(to, text)
        await disk.copy(to, from)
        expect(await readFile(from, 'utf8')).toBe('two')
        await fsPromises.rm(join(folder, 'run'), { recursive: true })
        expect((await readdir(folder)).toSorted()).toEqual(['data.json', 'from', 'to'])
      }),
  )
})

describe('many at once', () => {
  /** Processes on one storage in memory: the dead are those that are not in the list. */
  const owners = (pids: readonly number[]) => {
    const isAlive = ({ pid }: Owner): boolean => pids.includes(pid)
    return pids.map(pid => ({ me: { pid, host: 'here', began: String(pid) }, isAlive }))
  }

  /** As on a file system without hard links: others can read the claim while it is still empty. */
  const created = (storage: Storage, files: Files): Files => ({
    ...files,
    claim: async (path, text) => {
      await Promise.resolve()
      if (storage.files.has(path)) return false
      storage.files.set(path, new Uint8Array())
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      storage.files.set(path, new TextEncoder().encode(text))
      return true
    },
  })

  it.each([
    ['claims that appear whole', (_: Storage, files: Files) => files],
    ['claims that are empty at first', created],
  ])('one takes over the folder of a dead process, in any order: %s', async (_, on) => {
    for (let delay = 0; delay < 12; delay++) {
      const storage = emptyStorage('/', '/run')
      const dead = { pid: 1, host: 'here', began: '1' }
      storage.files.set('/run/owner.1', new TextEncoder().encode(JSON.stringify(dead)))
      const results = await Promise.all(
        owners([2, 3, 4]).map(async (one, i) => {
          for (let turn = 0; turn < delay * i; turn++) await Promise.resolve()
          return lockRun(on(storage, memoryFiles(storage, one.me.pid).files), one, '/run')()
        }),
      )
      expect(results.filter(E.isRight)).toHaveLength(1)
    }
  })

  it('real processes: one runs, the others exit with 6 and name it', () =>
    inFolder(async folder => {
      await contest(folder, 4)
    }))

  it('after the owner was killed, the next process resumes', () =>
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
