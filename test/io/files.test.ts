/**
 * Saves on a real disk: old or new after a kill, in the order that lasts, and never half on a disk that fills up.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readFile, readdir, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { disk } from '../../src/io/files.ts'
import { inFolder } from '../support/cli.ts'
import { killedWhileSaving, saver } from '../support/faults.ts'

describe('a save', () => {
  it('is old or new, never half, however it is killed', () =>
    inFolder(async folder => {
      await killedWhileSaving(folder, 5)
    }))

  it('is flushed before it is renamed, and the folder after that', () =>
    inFolder(async folder => {
      const trace = join(folder, 'trace')
      const traced = spawnSync('strace', [
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
      if (traced.error !== undefined) {
        console.info('strace is not here: the order of a save was not looked at')
        return
      }
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
    }))

  it('lies beside its target, wherever temporary files go', () =>
    inFolder(async folder => {
      const target = join(folder, 'last.safetensors')
      const [node, ...args] = saver(target, 1)
      execFileSync(node!, args, { env: { ...process.env, TMPDIR: '/dev/null/none', TSX_DISABLE_CACHE: '1' } })
      expect(await readdir(folder)).toEqual(['last.safetensors'])
    }))

  it('that meets a limit half-way fails, and leaves what was there', () =>
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

  it('on a disk that fills up half-way fails, and leaves what was there', () =>
    inFolder(async folder => {
      const small = join(folder, 'small')
      await mkdir(small)
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', small]).status !== 0) {
        console.info('no file system can be mounted here: a full disk was not tried')
        return
      }
      try {
        const target = join(small, 'last.safetensors')
        await disk.save(target, new Uint8Array(1000).fill(1))
        await expect(disk.save(target, new Uint8Array(100_000))).rejects.toMatchObject({ code: 'ENOSPC' })
        expect(new Uint8Array(await readFile(target))).toEqual(new Uint8Array(1000).fill(1))
        expect(await readdir(small)).toEqual(['last.safetensors'])
      } finally {
        execFileSync('umount', [small])
      }
    }))
})

describe('the disk', () => {
  it('gives a file a second path, which later saves do not reach', () =>
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

  it('grants a claim once, whole', () =>
    inFolder(async folder => {
      const path = join(folder, 'owner.1')
      const claims = await Promise.all(['a', 'b'].map(text => disk.claim(path, text)))
      expect(claims.filter(Boolean)).toHaveLength(1)
      expect(await disk.claim(path, 'c')).toBe(false)
      expect(await readdir(folder)).toEqual(['owner.1'])
    }))

  it('points to a neighbour, and to another one later', () =>
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
