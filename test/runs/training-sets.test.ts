/** The sets of an epoch: made by a thread, or by the main thread where that has died. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, describe, expect, it } from 'vitest'
import { startCursor, type TrainCursor, type TrainSets } from '../../src/core/train.ts'
import type { Dataset, Examples } from '../../src/data/dataset.ts'
import { expandedImages } from '../../src/data/expand.ts'
import { systemEnv, type Env } from '../../src/io/env.ts'
import { decodeOptions } from '../../src/options/option.ts'
import { trainOptions } from '../../src/options/train-options.ts'
import { expansionPlanOf, planRun, type PlannedRun } from '../../src/runs/run-plan.ts'
import { openTrainingSets, type TrainingSets } from '../../src/runs/training-sets.ts'

const folder = mkdtempSync(join(tmpdir(), 'network2-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A module for the thread. */
const moduleOf = (name: string, text: string): URL => {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, text)
  return pathToFileURL(file)
}

const examples = (n: number): Examples => ({
  size: n,
  inputs: {
    kind: 'bytes',
    width: 16,
    // as a file that was read: a view of a larger buffer
    bytes: Buffer.from(Array.from({ length: 16 * n + 3 }, (_, i) => (i * 37) % 256)).subarray(3),
  },
  desired: { kind: 'labels', labels: Uint8Array.from({ length: n }, (_, i) => i % 3) },
})

const dataset: Dataset = {
  name: 'dots',
  source: 'here',
  training: examples(1100),
  validation: undefined,
  test: examples(5),
}

const unwrap = <A>(result: E.Either<unknown, A>): A => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

const planned = (...flags: readonly (readonly [string, unknown])[]): PlannedRun => {
  const argv = Object.fromEntries([['expand', 'elastic'], ['epochs', '3'], ...flags])
  return unwrap(planRun(unwrap(decodeOptions(trainOptions, argv)), undefined, dataset))
}

const eachEpoch = planned(['expand-each-epoch', true])

const after = (epochs: number): TrainCursor => ({ ...startCursor, epochs })

const current = (sets: TrainingSets): TrainSets =>
  typeof sets.current === 'function' ? sets.current() : sets.current

/** The images that the sets have. */
const imagesOf = (sets: TrainingSets): number[] => [
  ...current(sets)
    .training.x.dataSync()
    .map(pixel => pixel * 256),
]

/** The images of each epoch, and what was logged. */
const run = async (of: PlannedRun, entry?: URL) => {
  const logged: string[] = []
  const sets = openTrainingSets({ ...systemEnv, log: line => void logged.push(line) }, of, entry)
  const epochs: number[][] = []
  try {
    for (const epoch of [0, 1, 2]) {
      await sets.prepare(after(epoch))
      expect(current(sets).observed.training).toBe(current(sets).training)
      expect(current(sets).observed.evaluation!.x.shape).toEqual([5, 16])
      epochs.push(imagesOf(sets))
    }
  } finally {
    sets.close()
  }
  return { epochs, logged }
}

const expected = (of: PlannedRun): number[][] => {
  const { inputs } = of.training
  const plan = expansionPlanOf(of.config, inputs)!
  const bytes = inputs.kind === 'bytes' ? inputs.bytes : new Uint8Array()
  return [1, 2, 3].map(epoch => [...expandedImages(plan, bytes, plan.copies === undefined ? epoch : 0)])
}

describe('the sets of an epoch', () => {
  it('are made by a thread: new ones in each epoch, or the same in all', async () => {
    expect(await run(eachEpoch)).toEqual({ epochs: expected(eachEpoch), logged: [] })
    const once = planned(['expand-copies', '2'])
    const { epochs, logged } = await run(once)
    expect(logged).toEqual([])
    expect(epochs).toEqual(expected(once))
    expect(epochs[0]).toHaveLength(3 * 1100 * 16)
    expect(epochs[0]).toEqual(epochs[2])
  })

  it('keep the memory of one epoch, however many there were', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const sets = openTrainingSets(systemEnv, planned(['expand-each-epoch', true], ['epochs', '1000']))
    const used = async (epochs: number): Promise<number> => {
      await sets.prepare(after(epochs))
      // the first collection frees buffers in the background, and the second one waits for it
      collect()
      collect()
      return process.memoryUsage().external
    }
    try {
      const early = await used(2)
      for (let epochs = 3; epochs < 100; epochs++) await sets.prepare(after(epochs))
      expect((await used(100)) - early).toBeLessThan(30 * 16 * 1100)
    } finally {
      sets.close()
    }
  })

  it('leave the images of the run as they are', async () => {
    const { inputs } = eachEpoch.training
    const before = inputs.kind === 'bytes' ? [...inputs.bytes] : []
    await run(eachEpoch)
    expect(inputs.kind === 'bytes' ? [...inputs.bytes] : []).toEqual(before)
  })

  it.each([
    ['ends', 'process.exit(3)', 'exit code 3'],
    ['throws', "throw new Error('no memory')", 'no memory'],
    [
      'ends in a later epoch',
      `import { parentPort } from 'node:worker_threads'
      parentPort.on('message', () => process.exit(4))`,
      'exit code 4',
    ],
    ['is missing', undefined, 'Cannot find module'],
  ])('are made by the main thread where the thread %s', async (what, text, why) => {
    const entry =
      text === undefined
        ? pathToFileURL(join(folder, 'nothing.mjs'))
        : moduleOf(what.replaceAll(' ', '-'), text)
    const { epochs, logged } = await run(eachEpoch, entry)
    expect(epochs).toEqual(expected(eachEpoch))
    expect(logged).toHaveLength(1)
    expect(logged[0]).toContain('the thread that distorts the images has ended')
    expect(logged[0]).toContain(why)
  })

  it.each([
    [
      'thread',
      moduleOf(
        'silent',
        "import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => 0)",
      ),
    ],
    ['main thread', moduleOf('dead', 'process.exit(1)')],
  ])('are not waited for once the program is asked to stop: by the %s', async (_, entry) => {
    const stopping = new AbortController()
    const env: Env = {
      ...systemEnv,
      abortSignal: stopping.signal,
      stopReason: () => (stopping.signal.aborted ? 'SIGINT' : undefined),
    }
    const sets = openTrainingSets(env, eachEpoch, entry)
    const prepared = sets.prepare(startCursor)
    stopping.abort()
    await prepared
    expect(() => current(sets)).toThrow('no epoch')
    sets.close()
  })

  it('are not made for a training that is complete', async () => {
    const sets = openTrainingSets(systemEnv, eachEpoch)
    await sets.prepare(after(3))
    expect(() => current(sets)).toThrow('no epoch')
    sets.close()
  })
})
