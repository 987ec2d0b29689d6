/**
 * Saves on a real disk: atomic under a kill, flushed in the right order, and an error on a disk that fills up.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { chmod, lstat, mkdir, readFile, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { disk } from '../../src/io/files.ts'
import { writeText } from '../../src/io/write.ts'
import { openJournal } from '../../src/study/journal.ts'
import { inFolder } from '../support/cli.ts'
import { killedWhileSaving, saver } from '../support/faults.ts'
import { linux, need } from '../support/needs.ts'

const strace = need(spawnSync('strace', ['-V']).status === 0, 'strace is not installed')

const mountSmall = (folder: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]).status === 0

const smallDisk = need(
  await inFolder(folder => {
    const mounted = mountSmall(folder)
    if (mounted) execFileSync('umount', [folder])
    return Promise.resolve(mounted)
  }),
  'no file system can be mounted here',
)

const fifo = need(process.platform !== 'win32', 'Windows has no named pipes in folders')

describe('a save', () => {
  it('is old or new, never half, however it is killed', () =>
    inFolder(async folder => {
      await killedWhileSaving(folder, 5)
    }))

  it.skipIf(strace.isMissing)('is flushed before it is renamed, and the folder after that', strace.why, () =>
    inFolder(async folder => {
      const trace = join(folder, 'trace')
      execFileSync('strace', [
        ...[
          '-f',
          '-y',
          '-e',
          'trace=write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,openat',
          '-o',
          trace,
        ],
        ...saver(join(folder, 'last.safetensors'), 1),
      ])
      const target = `${folder}/last.safetensors`
      const calls = (await readFile(trace, 'utf8')).split('\n').filter(line => line.includes(folder))
      const first = (pattern: RegExp, after = 0): number =>
        calls.findIndex((line, i) => i >= after && pattern.test(line))
      const renamed = first(/rename/)
      expect(calls[renamed]).toContain(`"${target}"`)
      const written = calls.findLastIndex(line => /p?write(64)?\(/.test(line))
      const flushed = first(/fsync\([^)]*last\.safetensors\.\d+/)
      expect(written).toBeGreaterThanOrEqual(0)
      expect(written).toBeLessThan(flushed)
      expect(flushed).toBeLessThan(renamed)
      expect(first(new RegExp(`fsync\\(\\d+<${folder}>`), renamed)).toBeGreaterThan(renamed)
    }),
  )

  it('writes its temporary file beside the target, whatever TMPDIR is', () =>
    inFolder(async folder => {
      const target = join(folder, 'last.safetensors')
      const [node, ...args] = saver(target, 1)
      execFileSync(node!, args, { env: { ...process.env, TMPDIR: '/dev/null/none', TSX_DISABLE_CACHE: '1' } })
      expect(await readdir(folder)).toEqual(['last.safetensors'])
    }))

  it('that meets a limit on file sizes half-way fails, and leaves the old file', () =>
    inFolder(async folder => {
      const target = join(folder, 'last.safetensors')
      await writeFile(target, 'before')
      const [node, ...args] = saver(target, 1)
      const limited = spawnSync('bash', ['-c', 'ulimit -f 8; exec "$@"', 'bash', node!, ...args], {
        encoding: 'utf8',
      })
      expect(limited.stdout).toBe('EFBIG')
      expect(await readFile(target, 'utf8')).toBe('before')
      expect(await readdir(folder)).toEqual(['last.safetensors'])
    }))

  it.skipIf(smallDisk.isMissing)(
    'on a disk that fills up half-way fails, and leaves the old file',
    smallDisk.why,
    () =>
      inFolder(async folder => {
        const small = join(folder, 'small')
        await mkdir(small)
        mountSmall(small)
        try {
          const target = join(small, 'last.safetensors')
          await disk.save(target, new Uint8Array(1000).fill(1))
          await expect(disk.save(target, new Uint8Array(100_000))).rejects.toMatchObject({ code: 'ENOSPC' })
          expect(new Uint8Array(await readFile(target))).toEqual(new Uint8Array(1000).fill(1))
          expect(await readdir(small)).toEqual(['last.safetensors'])
        } finally {
          execFileSync('umount', [small])
        }
      }),
  )

  it('keeps the permissions of the file that it replaces', () =>
    inFolder(async folder => {
      const target = join(folder, 'model.json')
      for (const mode of [0o600, 0o666]) {
        await writeFile(target, 'before')
        await chmod(target, mode)
        await disk.save(target, 'after')
        expect(((await stat(target)).mode & 0o777).toString(8)).toBe(mode.toString(8))
      }
    }))

  it('of a path that the user named, through a symbolic link, replaces the target and keeps the link', () =>
    inFolder(async folder => {
      await mkdir(join(folder, 'elsewhere'))
      await writeFile(join(folder, 'elsewhere', 'model.json'), 'before')
      await symlink('elsewhere/model.json', join(folder, 'link'))
      expect(E.isRight(await writeText(join(folder, 'link'), 'after')())).toBe(true)
      expect(await readlink(join(folder, 'link'))).toBe('elsewhere/model.json')
      expect(await readFile(join(folder, 'elsewhere', 'model.json'), 'utf8')).toBe('after')
    }))

  it.skipIf(fifo.isMissing)('to a pipe writes into it and does not replace it', fifo.why, () =>
    inFolder(async folder => {
      const pipe = join(folder, 'pipe')
      execFileSync('mkfifo', [pipe])
      const reader = promisify(execFile)('cat', [pipe])
      expect(E.isRight(await writeText(pipe, 'through')())).toBe(true)
      expect((await reader).stdout).toBe('through')
      expect((await stat(pipe)).isFIFO()).toBe(true)
    }),
  )
})

describe('in a folder from a stranger', () => {
  /** Gives `use` a folder, and a file outside it, which must be unchanged in the end. */
  const besideVictim = (use: (folder: string, victim: string) => Promise<void>): Promise<void> =>
    inFolder(async outer => {
      const [folder, victim] = [join(outer, 'run'), join(outer, 'victim')]
      await mkdir(folder)
      await writeFile(victim, 'precious')
      await use(folder, victim)
      expect(await readFile(victim, 'utf8')).toBe('precious')
    })
  const bytes = new TextEncoder().encode('new')

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['save', path => disk.save(path, 'new')],
    ['copy', path => disk.save(`${path}.from`, 'new').then(() => disk.copy(`${path}.from`, path))],
  ])('%s replaces a link, and what was placed under its temporary name', (_what, write) =>
    besideVictim(async (folder, victim) => {
      const path = join(folder, 'report.html')
      await symlink(victim, path)
      await symlink(victim, `${path}.${process.pid}.tmp`)
      await write(path)
      expect((await lstat(path)).isFile()).toBe(true)
      expect(await readFile(path, 'utf8')).toBe('new')
    }),
  )

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['append', path => disk.append(path, 'new')],
    ['extend', path => disk.extend(path, 0, bytes)],
  ])('%s refuses a link', (_what, write) =>
    besideVictim(async (folder, victim) => {
      const path = join(folder, 'metrics.jsonl')
      await symlink(victim, path)
      await expect(write(path)).rejects.toMatchObject({ code: 'ELOOP' })
    }),
  )

  it('claim does not write through its temporary name', () =>
    besideVictim(async (folder, victim) => {
      const path = join(folder, 'owner.1')
      await symlink(victim, `${path}.${process.pid}.tmp`)
      expect(await disk.claim(path, 'mine')).toBe(true)
      expect(await readFile(path, 'utf8')).toBe('mine')
    }))

  it('a journal that is a link is refused', () =>
    besideVictim(async (folder, victim) => {
      await writeFile(victim, '')
      const path = join(folder, 'journal.jsonl')
      await symlink(victim, path)
      const opened = openJournal(path, { data: 'a' }, E.right)()
      expect(E.isLeft(opened) && opened.left.message).toContain('symbolic link')
      expect(await readFile(victim, 'utf8')).toBe('')
      await writeFile(victim, 'precious')
    }))

  it('save moves a folder aside that is in the way', () =>
    inFolder(async folder => {
      const path = join(folder, 'last.safetensors')
      await mkdir(path)
      await writeFile(join(path, 'letter'), 'dear')
      await disk.save(path, 'new')
      expect(await readFile(path, 'utf8')).toBe('new')
      const [aside = ''] = (await readdir(folder)).filter(name => name.includes('.aside.'))
      expect(await readFile(join(folder, aside, 'letter'), 'utf8')).toBe('dear')
    }))

  it.skipIf(fifo.isMissing)(
    'read refuses a pipe and a device at once, and save replaces them',
    fifo.why,
    () =>
      inFolder(async folder => {
        const [pipe, link] = [join(folder, 'pipe'), join(folder, 'link')]
        execFileSync('mkfifo', [pipe])
        await symlink('/dev/zero', link)
        for (const path of [pipe, link]) {
          await expect(disk.read(path)).rejects.toMatchObject({ code: 'NOT_REGULAR' })
          await disk.save(path, 'new')
          expect(await readFile(path, 'utf8')).toBe('new')
        }
      }),
  )
})

describe('the disk', () => {
  it('makes a folder with those above it, and again', () =>
    inFolder(async folder => {
      for (let i = 0; i < 2; i++) await disk.makeFolder(join(folder, 'a', 'b', 'c'))
      expect((await stat(join(folder, 'a', 'b', 'c'))).isDirectory()).toBe(true)
      await writeFile(join(folder, 'file'), '')
      await expect(disk.makeFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
      await expect(disk.makeFolder(join(folder, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' })
    }))

  it.skipIf(linux.isMissing)('says at once that a folder cannot be made', linux.why, async () => {
    await expect(disk.makeFolder('/proc/none/run')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.skipIf(smallDisk.isMissing)('says that a file system is read-only', smallDisk.why, () =>
    inFolder(async folder => {
      mountSmall(folder)
      try {
        execFileSync('mount', ['-o', 'remount,ro', folder])
        await expect(disk.makeFolder(join(folder, 'runs', 'one'))).rejects.toMatchObject({ code: 'EROFS' })
      } finally {
        execFileSync('umount', [folder])
      }
    }),
  )

  it('copies a file, and later saves do not change the copy', () =>
    inFolder(async folder => {
      const [last, previous] = [join(folder, 'last'), join(folder, 'previous')]
      await disk.save(last, 'one')
      await disk.copy(last, previous)
      await disk.save(last, 'two')
      expect(await readFile(previous, 'utf8')).toBe('one')
      await disk.copy(last, previous)
      await disk.copy(last, previous)
      expect(await readFile(previous, 'utf8')).toBe('two')
      expect((await readdir(folder)).toSorted()).toEqual(['last', 'previous'])
      await expect(disk.copy(join(folder, 'none'), previous)).rejects.toMatchObject({ code: 'ENOENT' })
      expect((await readdir(folder)).toSorted()).toEqual(['last', 'previous'])
    }))

  it('grants a claim once', () =>
    inFolder(async folder => {
      const path = join(folder, 'owner.1')
      const claims = await Promise.all(['a', 'b'].map(text => disk.claim(path, text)))
      expect(claims.filter(Boolean)).toHaveLength(1)
      expect(await disk.claim(path, 'c')).toBe(false)
      expect(await readdir(folder)).toEqual(['owner.1'])
    }))

  it('makes a symbolic link, and later points it elsewhere', () =>
    inFolder(async folder => {
      const latest = join(folder, 'latest')
      for (const name of ['one', 'two']) {
        await disk.point(latest, name)
        expect(await readlink(latest)).toBe(name)
        expect(await disk.follow(latest)).toBe(join(folder, name))
      }
      expect(await disk.follow(join(folder, 'two'))).toBe(join(folder, 'two'))
      expect(await readdir(folder)).toEqual(['latest'])
      await disk.point(latest, '/elsewhere/three')
      expect(await disk.follow(latest)).toBe('/elsewhere/three')
    }))
})
