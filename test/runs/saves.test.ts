/**
 * Checkpoints on a real disk: what a checkpoint's place holds instead of a file, and links in the folder of a run.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { disk } from '../../src/io/files.ts'
import { systemEnv } from '../../src/io/env.ts'
import { systemProcesses } from '../../src/io/lock.ts'
import { readRun } from '../../src/report/read-run.ts'
import { eventLog } from '../../src/runs/event-log.ts'
import { lockRun } from '../../src/runs/run-folder.ts'
import { checkpointPath, checkpointWriter, loadNewest } from '../../src/runs/saves.ts'
import { inFolder } from '../support/cli.ts'

const layers = [{ inputs: 1, outputs: 1, w: Float32Array.of(1), b: Float32Array.of(2) }]

const epoch = (epoch: number) => ({ report: { epoch, eta: 1 }, seconds: 1, observing: 0 })

/** Saves the first two epochs of a run: the first is `previous`, the second is `last`. */
const savedRun = async (folder: string): Promise<void> => {
  await mkdir(join(folder, 'checkpoints'))
  await writeFile(join(folder, 'config.json'), '{"epochs":2}')
  const writer = checkpointWriter(disk, folder, 'me', { history: [], saved: new Uint8Array() })
  for (const epochs of [1, 2]) {
    writer.add(epoch(epochs))
    const snapshot = { epochs, examples: 0, layers, optimizer: [] }
    expect(E.isRight(await writer.save(snapshot, { best: false, last: true })())).toBe(true)
  }
}

describe('in the place of the last checkpoint', () => {
  it.each<[string, (path: string) => unknown]>([
    ['a folder', path => mkdir(path)],
    ['a link that leads back to itself', path => symlink('last.safetensors', path)],
    ['a link to a device', path => symlink('/dev/zero', path)],
    ['a pipe', path => execFileSync('mkfifo', [path])],
  ])('%s: the one before it is used, a sentence says so, and the run can be saved again', (_what, place) =>
    inFolder(async folder => {
      await savedRun(folder)
      const last = checkpointPath(folder, 'last')
      await rm(last)
      await place(last)
      const notes: string[] = []
      const loaded = await loadNewest(disk, folder, ['me'], line => void notes.push(line))()
      if (E.isLeft(loaded)) throw new Error(loaded.left.message)
      expect(loaded.right).toMatchObject({ epochs: 1, history: [epoch(1)] })
      expect(notes).toHaveLength(1)
      expect(notes[0]).toMatch(
        /last\.safetensors cannot be used: it is .*previous\.safetensors, after epoch 1$/,
      )
      const writer = checkpointWriter(disk, folder, 'me', loaded.right)
      writer.add(epoch(2))
      expect(E.isRight(await writer.save({ ...loaded.right, epochs: 2 }, { best: true, last: true })())).toBe(
        true,
      )
      expect(await loadNewest(disk, folder, ['me'], line => void notes.push(line))()).toMatchObject({
        right: { epochs: 2, history: [epoch(1), epoch(2)] },
      })
      expect(notes).toHaveLength(1)
    }),
  )

  it('a folder: the report is made from what is left', () =>
    inFolder(async folder => {
      await savedRun(folder)
      await rm(checkpointPath(folder, 'last'))
      await mkdir(checkpointPath(folder, 'last'))
      await mkdir(join(folder, 'env.json'))
      expect(await readRun(systemEnv, folder)()).toMatchObject({
        right: { layers, history: [epoch(1)], env: {} },
      })
    }))
})

it('a link in the place of the folder of TensorBoard’s logs is refused, and nothing is written where it leads', () =>
  inFolder(async outer => {
    const elsewhere = join(outer, 'elsewhere')
    await mkdir(elsewhere)
    const metrics = { cost: 1, correct: 1, n: 2 }
    for (const name of ['run', 'logs/train']) {
      const folder = join(outer, name.replace('/train', ''))
      await mkdir(dirname(join(outer, name)), { recursive: true })
      await symlink(elsewhere, join(outer, name))
      const log = eventLog(disk, folder, () => new Date(0), systemProcesses.me, 0)
      expect(
        await log.epoch({ ...epoch(1), report: { epoch: 1, eta: 1, training: metrics } })(),
      ).toMatchObject({
        left: { _tag: 'Storage', message: expect.stringContaining('symbolic link') as string },
      })
      expect(await readdir(elsewhere)).toEqual([])
    }
  }))

it('a link in the place of the checkpoints’ folder is refused, and nothing is written where it leads', () =>
  inFolder(async outer => {
    const [folder, elsewhere] = [join(outer, 'run'), join(outer, 'elsewhere')]
    await mkdir(folder)
    await mkdir(elsewhere)
    await symlink(elsewhere, join(folder, 'checkpoints'))
    expect(await lockRun(disk, systemProcesses, folder)()).toMatchObject({
      left: { _tag: 'Storage', message: expect.stringContaining('is a symbolic link') as string },
    })
    expect(await readdir(elsewhere)).toEqual([])
    expect(await readdir(folder)).toEqual(['checkpoints'])
  }))
