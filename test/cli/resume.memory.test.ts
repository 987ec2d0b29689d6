/**
 * `train` on a file system in memory, killed, refused and interrupted wherever that can be, and resumed on what is
 * left: in the end, all is as if nothing had happened.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../src/cli/command.ts'
import { systemEnv } from '../../src/io/env.ts'
import { trainCommand } from '../../src/cli/commands/train-command.ts'
import { exitCode, type StopReason } from '../../src/errors.ts'
import { decodeCheckpoint, type Checkpoint } from '../../src/runs/checkpoint.ts'
import { decodeHistory, type TimedEpoch } from '../../src/runs/history.ts'
import { isLeftover } from '../../src/runs/run-folder.ts'
import { checkpointWriter } from '../../src/runs/saves.ts'
import { key, normalNumbers } from '../../src/core/rng.ts'
import { toJson } from '../../src/io/json.ts'
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.ts'
import { isLong, randomCases } from '../support/long.ts'
import { emptyStorage, memoryFiles, type Fault, type Storage } from '../support/memory-files.ts'

const RUN = '/runs/one'

/** All of them in the long tests, else one after the other. */
const some = <A>(k: number, all: readonly A[]): readonly A[] =>
  isLong ? all : all.slice(k % all.length).slice(0, 1)

const here = mkdtempSync(join(tmpdir(), 'network2-test-'))
afterAll(() => rmSync(here, { recursive: true, force: true }))

/** Twelve examples that can be learnt a little, and six to evaluate on. */
const examples = (seed: number, n: number) => {
  const numbers = normalNumbers(key(seed), 3 * n)
  const inputs = Array.from({ length: n }, (_, i) => [...numbers.slice(3 * i, 3 * i + 3)])
  return { inputs, labels: inputs.map(([a = 0, b = 0]) => (a > b ? 1 : 0)) }
}
const DATA = join(here, 'data.json')
writeFileSync(DATA, JSON.stringify({ training: examples(1, 12), test: examples(2, 6) }))

type Flags = Readonly<Record<string, string | boolean>>

type Ended = {
  /** What its error says to do, if it ended with one. */
  readonly remedy: string
  /** 0, an exit code, or undefined where the process died. */
  readonly code: number | undefined
  readonly notes: readonly string[]
  readonly operations: number
  /** What each of them was about. */
  readonly paths: readonly string[]
  /** How often it let signals in. */
  readonly rests: number
}

type Trouble = {
  readonly faultAt?: ((n: number, path: string) => Fault | undefined) | undefined
  readonly stopAt?: number | undefined
  readonly by?: StopReason | undefined
}

let pids = 100

/** One process, from its start to its end. */
const life = async (storage: Storage, flags: Flags, trouble: Trouble = {}): Promise<Ended> => {
  const pid = ++pids
  const paths: string[] = []
  const { files, operations, isDead } = memoryFiles(storage, pid, (n, path) => {
    paths.push(path)
    return trouble.faultAt?.(n, path)
  })
  const notes: string[] = []
  let milliseconds = 0
  let rests = 0
  const me = { pid, host: 'here', began: String(pid) }
  const argv = { _: [], data: DATA, sizes: '3,4,2', backend: 'cpu', quiet: true, ...flags }
  const ended = runCommand(trainCommand, argv, {
    ...systemEnv,
    out: () => undefined,
    columns: undefined,
    log: line => void notes.push(line),
    // so slow that the pieces are small
    now: () => (milliseconds += 300),
    date: () => new Date(0),
    yieldToEventLoop: () => {
      rests++
      return Promise.resolve()
    },
    stopReason: () => (rests >= (trouble.stopAt ?? Infinity) ? (trouble.by ?? 'SIGINT') : undefined),
    files,
    processes: { me, isAlive: owner => owner.pid === pid },
  })
  try {
    const result = await ended()
    const code = E.isRight(result) ? 0 : exitCode(result.left)
    const remedy = E.isRight(result) ? '' : result.left.remedy
    return { code: isDead() ? undefined : code, remedy, notes, operations: operations(), paths, rests }
  } catch (error) {
    if (!isDead()) throw error
    return { code: undefined, remedy: '', notes, operations: operations(), paths, rests }
  }
}

/** What a person would do next: resume the run, or start again if there is none yet. */
const next = (storage: Storage, flags: Flags, trouble?: Trouble): Promise<Ended> =>
  life(
    storage,
    { ...flags, ...(storage.files.has(`${RUN}/config.json`) ? { resume: RUN } : { out: RUN }) },
    trouble,
  )

const checkpoint = (storage: Storage, name: string): Checkpoint | undefined => {
  const bytes = storage.files.get(`${RUN}/checkpoints/${name}.safetensors`)
  if (bytes === undefined) return undefined
  const read = decodeCheckpoint(bytes)
  if (E.isLeft(read)) throw new Error(`${name}: ${read.left}`)
  return read.right
}

const text = (storage: Storage, name: string): string =>
  new TextDecoder().decode(storage.files.get(`${RUN}/${name}`) ?? new Uint8Array())

const TIMES = /"(seconds|observingSeconds)": ?[^,}\n]+/g

/** The epochs that lead up to a checkpoint, without their times. */
const reports = (storage: Storage, { history }: Checkpoint) =>
  ('bytes' in history
    ? decodeHistory(text(storage, 'checkpoints/history.jsonl').slice(0, history.bytes))
    : history
  )?.map(({ report }) => report)

const state = (storage: Storage, found: Checkpoint | undefined) =>
  found && {
    ...found,
    history: reports(storage, found),
    layers: found.layers.map(({ w, b }) => [...w, ...b]),
  }

/** All that a run leaves, but for the times. */
const left = (storage: Storage) => ({
  last: state(storage, checkpoint(storage, 'last')),
  best: state(storage, checkpoint(storage, 'best')),
  model: text(storage, 'model.json'),
  jsonl: text(storage, 'metrics.jsonl').replace(TIMES, ''),
  csv: text(storage, 'metrics.csv').replace(/(,[^,\n]*){2}$/gm, ''),
  config: text(storage, 'config.json'),
  result: text(storage, 'result.json').replace(TIMES, ''),
  names: [...storage.files.keys()].sort(),
})

const undisturbed = async (flags: Flags) => {
  const storage = emptyStorage('/', '/runs')
  const ended = await life(storage, { ...flags, out: RUN })
  const best: unknown = (JSON.parse(text(storage, 'result.json')) as { readonly bestEpoch?: number })
    .bestEpoch
  expect(checkpoint(storage, 'best')?.epochs).toBe(best)
  return { ended, left: left(storage) }
}

const flagsOf = fc
  .record({
    epochs: fc.integer({ min: 1, max: 4 }),
    'mini-batch-size': fc.integer({ min: 1, max: 13 }),
    cost: fc.constantFrom('xent', 'quadratic'),
    eta: fc.constantFrom(0.5, 3, 30),
    seed: fc.nat(5),
    'checkpoint-every': fc.constantFrom('1', '2', '3', '1s', '3s'),
    'early-stop': fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
    'eta-schedule': fc.constantFrom(undefined, 'halve:1,2', 'halve:1,64'),
  })
  .map((record): Flags =>
    Object.fromEntries(
      Object.entries(record).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    ),
  )

const death = fc.record({
  kind: fc.constant('death' as const),
  moment: fc.constantFrom('before' as const, 'within' as const, 'after' as const),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
})

/** Goes on until a life ends by itself, and says how many it took. */
const survive = async (storage: Storage, flags: Flags, troubles: readonly Trouble[]): Promise<Ended> => {
  for (const trouble of troubles) {
    const ended = await next(storage, flags, trouble)
    expect(ended.notes.filter(line => line.includes('cannot be used'))).toEqual([])
    if (ended.code === 0) return ended
  }
  return next(storage, flags)
}

describe('killed and resumed', () => {
  it('at every operation, before, within and after it', async () => {
    const flags = { epochs: '3', 'checkpoint-every': '1', 'eta-schedule': 'halve:1,64' }
    const whole = await undisturbed(flags)
    expect(whole.ended.operations).toBeGreaterThan(20)
    for (let k = 1; k <= whole.ended.operations; k++)
      for (const moment of some(k, ['before', 'within', 'after'] as const)) {
        const storage = emptyStorage('/', '/runs')
        const fault: Fault = { kind: 'death', moment, share: 0.5 }
        const first = await life(
          storage,
          { ...flags, out: RUN },
          { faultAt: n => (n === k ? fault : undefined) },
        )
        const second = await next(storage, flags)
        expect([k, moment, first.code, second.code]).toEqual([k, moment, undefined, 0])
        expect(second.notes.filter(line => line.includes('cannot be used'))).toEqual([])
        expect(left(storage)).toEqual(whole.left)
      }
  })

  it('many times, with any configuration', { timeout: 600_000 }, async () => {
    const seen = { deaths: 0, cases: 0 }
    await fc.assert(
      fc.asyncProperty(
        flagsOf,
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), death), { minLength: 1, maxLength: 4 }),
        async (flags, deaths) => {
          const whole = await undisturbed(flags)
          const storage = emptyStorage('/', '/runs')
          const ended = await survive(
            storage,
            flags,
            deaths.map(([k, fault]) => ({ faultAt: n => (n === k ? fault : undefined) })),
          )
          seen.deaths += deaths.length
          seen.cases++
          expect(ended.code).toBe(whole.ended.code)
          expect(left(storage)).toEqual(whole.left)
          expect([...storage.files.keys()].filter(isLeftover)).toEqual([])
        },
      ),
      { numRuns: randomCases(20, 3000) },
    )
  })
})

const isLog = (path: string): boolean => path.includes('/metrics.')

/** What a run is whole without: its report, and that its folder is given back. */
const isSpare = (path: string): boolean => /report\.html$|owner\.\d+$/.test(path)

const refusal = (code: string, share = 0): Fault => ({ kind: 'refusal', code, share })

/** Goes on until it ends by itself, with the faults of the disk mended. */
const mended = async (storage: Storage, flags: Flags): Promise<void> => {
  const ended = await next(storage, flags)
  expect(ended.code).toBe(0)
  expect(ended.notes.filter(line => line.includes('cannot be used'))).toEqual([])
}

describe('a disk that refuses', () => {
  const flags = { epochs: '3', 'checkpoint-every': '1' }

  it('one operation, whichever: 7 or success, and what was saved before is whole', async () => {
    const whole = await undisturbed(flags)
    for (let k = 1; k <= whole.ended.operations; k++)
      for (const code of some(k, ['ENOSPC', 'EACCES', 'EIO'])) {
        const storage = emptyStorage('/', '/runs')
        let refused = ''
        const ended = await life(
          storage,
          { ...flags, out: RUN },
          {
            faultAt: (n, path) => {
              if (n === k) refused = path
              return n === k ? refusal(code, 0.5) : undefined
            },
          },
        )
        // the first two logs are a part of beginning
        const hasBegun = storage.files.has(`${RUN}/config.json`)
        const isHarmless = hasBegun && (isSpare(refused) || isLog(refused))
        expect([k, refused, ended.code]).toEqual([k, refused, isHarmless ? 0 : 7])
        for (const name of ['last', 'previous', 'best']) checkpoint(storage, name)
        await mended(storage, flags)
        expect(left(storage)).toEqual(whole.left)
      }
  })

  it('everything from some moment on: 7, and the checkpoint of before', async () => {
    const whole = await undisturbed(flags)
    const lastNeeded = 1 + whole.ended.paths.findLastIndex(path => !isSpare(path))
    for (let k = 1; k <= whole.ended.operations; k++) {
      const storage = emptyStorage('/', '/runs')
      const ended = await life(
        storage,
        { ...flags, out: RUN },
        { faultAt: n => (n >= k ? refusal('ENOSPC', 0.5) : undefined) },
      )
      expect([k, ended.code]).toEqual([k, k > lastNeeded ? 0 : 7])
      for (const name of ['last', 'previous', 'best']) checkpoint(storage, name)
      await mended(storage, flags)
      expect(left(storage)).toEqual(whole.left)
    }
  })

  it('the logs alone: training continues, reports it once, and the logs are complete at the end', async () => {
    const whole = await undisturbed(flags)
    const storage = emptyStorage('/', '/runs')
    let appended = 0
    const ended = await life(
      storage,
      { ...flags, out: RUN },
      {
        faultAt: (_, path) =>
          isLog(path) && storage.files.has(`${RUN}/config.json`) && ++appended <= 3
            ? refusal('ENOSPC', 0.5)
            : undefined,
      },
    )
    expect(appended).toBeGreaterThan(3)
    expect(ended.code).toBe(0)
    expect(ended.notes).toEqual([
      `network2: ${RUN}/metrics.jsonl cannot be written: the disk is full; training continues without this log`,
    ])
    expect(left(storage)).toEqual(whole.left)
  })
})

describe('asked to stop, and resumed', () => {
  const signals = [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['closed pipe', 141],
  ] as const

  it('whenever that is, by one signal or another', async () => {
    const flags = { epochs: '3', 'checkpoint-every': '2', 'mini-batch-size': '5', 'early-stop': '2' }
    const whole = await undisturbed(flags)
    expect(whole.ended.rests).toBeGreaterThan(12)
    let withinAnEpoch = 0
    const completed = new Set<number>()
    for (let stopAt = 1; stopAt <= whole.ended.rests; stopAt++)
      for (const [by, code] of some(stopAt, signals)) {
        const storage = emptyStorage('/', '/runs')
        const first = await life(storage, { ...flags, out: RUN }, { stopAt, by })
        expect([stopAt, by, first.code]).toEqual([stopAt, by, code])
        // after the last epoch there is a result, and the report alone is missing
        const isComplete = left(storage).jsonl === whole.left.jsonl
        expect(text(storage, 'result.json')).toContain(
          isComplete ? '"outcome": "done"' : '"outcome": "stopped"',
        )
        expect(storage.files.has(`${RUN}/report.html`)).toBe(!isComplete)
        if (isComplete) completed.add(stopAt)
        const { examples = 0 } = checkpoint(storage, 'last') ?? {}
        if (examples > 0 && examples < 12) withinAnEpoch++
        const second = await next(storage, flags)
        expect(second).toMatchObject({ code: 0, notes: [] })
        expect(left(storage)).toEqual(whole.left)
      }
    expect(withinAnEpoch).toBeGreaterThan(1)
    expect(completed.size).toBe(1)
  })

  it('again and again', async () => {
    const flags = { epochs: '4', 'mini-batch-size': '1' }
    const whole = await undisturbed(flags)
    const storage = emptyStorage('/', '/runs')
    let ended = await life(storage, { ...flags, out: RUN }, { stopAt: 4 })
    let lives = 1
    for (; ended.code === 130 && lives < 50; lives++) ended = await next(storage, flags, { stopAt: 4 })
    expect(lives).toBeGreaterThan(3)
    expect(ended.code).toBe(0)
    expect(left(storage)).toEqual(whole.left)
  })
})

describe('resuming', () => {
  const finished = async (flags: Flags): Promise<Storage> => {
    const storage = emptyStorage('/', '/runs')
    await life(storage, { ...flags, out: RUN })
    return storage
  }

  it.each<[string, Flags]>([
    ['a finished run', {}],
    ['a run that ended early', { 'early-stop': '1' }],
    ['a run whose learning rate has fallen', { 'eta-schedule': 'halve:1,64' }],
  ])('%s, for more epochs, is as if they had been asked for at first', async (_what, flags) => {
    const whole = await undisturbed({ ...flags, epochs: '6' })
    const storage = await finished({ ...flags, epochs: '2' })
    expect(await life(storage, { ...flags, epochs: '6', resume: RUN })).toMatchObject({ code: 0 })
    expect(left(storage)).toEqual(whole.left)
  })

  it('a diverged run diverges again, at the same step, and keeps what was good', async () => {
    const flags = { eta: '100', lmbda: '100', epochs: '30', cost: 'xent' }
    const whole = await undisturbed(flags)
    expect(whole.ended.code).toBe(4)
    expect(whole.left.result).toMatch(/Diverged in epoch \d+, with mini-batch \d+/)
    const storage = await finished(flags)
    for (const name of ['last', 'best'])
      for (const { w, b } of checkpoint(storage, name)?.layers ?? [])
        expect([...w, ...b].every(Number.isFinite)).toBe(true)
    const again = await life(storage, { ...flags, resume: RUN })
    expect(again.code).toBe(4)
    expect(again.remedy).toContain(
      `with a smaller eta: npm run train -- --config ${RUN}/config.json --eta 10`,
    )
    expect(again.remedy).not.toContain('resume')
    expect(left(storage)).toEqual(whole.left)
    expect(await life(storage, { ...flags, epochs: '40', resume: RUN })).toMatchObject({ code: 4 })
    expect({ ...left(storage), config: '' }).toEqual({ ...whole.left, config: '' })
  })

  it('a run that was moved', async () => {
    const flags = { epochs: '4' }
    const whole = await undisturbed(flags)
    const storage = emptyStorage('/', '/runs')
    await life(storage, { ...flags, out: '/runs/before' }, { stopAt: 9 })
    for (const [path, bytes] of [...storage.files]) {
      storage.files.delete(path)
      storage.files.set(path.replace('/before', '/one'), bytes)
    }
    for (const path of [...storage.folders]) storage.folders.add(path.replace('/before', '/one'))
    expect(await life(storage, { ...flags, resume: RUN })).toMatchObject({ code: 0, notes: [] })
    expect(left(storage)).toEqual(whole.left)
    for (const bytes of storage.files.values())
      expect(new TextDecoder('latin1').decode(bytes)).not.toContain('/before')
  })

  it.each<[string, Flags]>([
    ['fewer epochs', { epochs: '2' }],
    ['another cost', { cost: 'quadratic', eta: '0.5' }],
    ['other sizes', { sizes: '3,5,2' }],
    ['another seed', { seed: '7' }],
    ['another schedule', { 'eta-schedule': 'halve:1,2' }],
    ['no shuffling', { 'train-size': '11' }],
  ])('with %s is refused, and nothing is touched', async (_what, changed) => {
    const flags = { epochs: '3' }
    const storage = await finished(flags)
    const before = left(storage)
    expect(await life(storage, { ...flags, ...changed, resume: RUN })).toMatchObject({ code: 5 })
    expect(left(storage)).toEqual(before)
  })

  /** A checkpoint whose run has that history; a file of format 1 holds it itself, with its right SHA-256. */
  const withHistory = async (
    storage: Storage,
    { identity, layers }: Checkpoint,
    history: readonly TimedEpoch[],
    format: 1 | 2,
  ): Promise<void> => {
    const snapshot = { epochs: history.length, examples: 0, layers, optimizer: [] }
    const { files } = memoryFiles(storage, 1)
    const writer = checkpointWriter(files, RUN, identity, { history, saved: new Uint8Array() })
    expect(E.isRight(await writer.save(snapshot, { best: true, last: true })())).toBe(true)
    if (format === 2) return
    storage.files.delete(`${RUN}/checkpoints/history.jsonl`)
    for (const name of ['last', 'best']) {
      const path = `${RUN}/checkpoints/${name}.safetensors`
      const file = decodeSafetensors(storage.files.get(path)!)
      if (E.isLeft(file)) throw new Error(file.left)
      const { tensors } = file.right
      const state = toJson({ format, identity, epochs: history.length, examples: 0, history })
      const sum = createHash('sha256').update(state)
      for (const { name, shape, values } of tensors)
        sum.update(`${name} ${shape.join()} `).update(new Uint8Array(values.buffer))
      const metadata = { state, sha256: sum.digest('hex') }
      storage.files.set(path, encodeSafetensors({ metadata, tensors }))
    }
  }

  it.each([
    ['many epochs', isLong ? 45_000 : 5000, 2],
    ['20 epochs, which an older version saved in the checkpoint itself', 20, 1],
  ] as const)('a run of %s', { timeout: 120_000 }, async (_what, done, format) => {
    const storage = await finished({ epochs: '2' })
    const history = Array.from({ length: done }, (_, i) => ({
      report: { epoch: i + 1, eta: 0.5, evaluation: { cost: 1 / 3, correct: 3, n: 6 } },
      seconds: 0.123456789,
      observing: 0.123456789,
    }))
    await withHistory(storage, checkpoint(storage, 'last')!, history, format)
    const epochs = String(done + 2)
    expect(await life(storage, { epochs, resume: RUN })).toMatchObject({ code: 0, notes: [] })
    const last = checkpoint(storage, 'last')!
    expect(last.epochs).toBe(done + 2)
    expect(reports(storage, last)!.slice(0, done)).toEqual(history.map(({ report }) => report))
    expect(text(storage, 'metrics.jsonl').split('\n')).toHaveLength(done + 3)
    expect(storage.files.get(`${RUN}/checkpoints/last.safetensors`)!.length).toBeLessThan(2000)
  })

  it.each([
    ['damaged', '{"dataHash": '],
    ['empty', ''],
    ['null', 'null'],
    ['missing', undefined],
  ])('a run whose env.json is %s: its checkpoint proves what it belongs to', async (_what, damaged) => {
    const flags = { epochs: '3' }
    const whole = await undisturbed(flags)
    const storage = emptyStorage('/', '/runs')
    await life(storage, { ...flags, out: RUN }, { stopAt: 4 })
    storage.files.delete(`${RUN}/env.json`)
    if (damaged !== undefined) storage.files.set(`${RUN}/env.json`, new TextEncoder().encode(damaged))
    expect(await life(storage, { ...flags, resume: RUN })).toMatchObject({ code: 0, notes: [] })
    expect(left(storage)).toEqual(whole.left)
    storage.files.delete(`${RUN}/env.json`)
    const other = join(here, 'other.json')
    writeFileSync(other, JSON.stringify({ training: examples(3, 12), test: examples(2, 6) }))
    expect(await life(storage, { ...flags, data: other, resume: RUN })).toMatchObject({ code: 5 })
  })

  it('a killed run says what was lost, and a stopped one does not', async () => {
    const flags = { epochs: '4', 'checkpoint-every': '3', eta: '0.5', quiet: false }
    const storage = emptyStorage('/', '/runs')
    let logged = 0
    const isFifthLog = (path: string): boolean => path.endsWith('metrics.csv') && ++logged === 4
    const killed = await life(
      storage,
      { ...flags, out: RUN },
      { faultAt: (_, path) => (isFifthLog(path) ? { kind: 'death', moment: 'after', share: 1 } : undefined) },
    )
    expect(killed.code).toBe(undefined)
    expect(checkpoint(storage, 'last')?.epochs).toBe(0)
    const second = await life(storage, { ...flags, resume: RUN }, { stopAt: 8 })
    expect(second.notes).toContain('the run was killed: 3 whole epochs and the epoch in progress were lost')
    const third = await life(storage, { ...flags, resume: RUN })
    expect(third.code).toBe(0)
    expect(third.notes.join()).not.toContain('killed')
    expect(third.notes.join()).toContain('resuming')
  })

  it('a history that is shorter than the checkpoint says, or changed: from an earlier checkpoint', async () => {
    const flags = { epochs: '4', 'checkpoint-every': '2' }
    const whole = await undisturbed(flags)
    const path = `${RUN}/checkpoints/history.jsonl`
    // still a history, but another one
    const otherDigit = (bytes: Uint8Array): Uint8Array => {
      const at = bytes.findLastIndex(byte => byte >= 48 && byte <= 57)
      return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
    }
    for (const [damage, words] of [
      [(bytes: Uint8Array) => bytes.slice(0, -1), 'has only'],
      [otherDigit, 'changed'],
    ] as const) {
      const storage = await finished(flags)
      storage.files.set(path, damage(storage.files.get(path)!))
      const ended = await life(storage, { ...flags, resume: RUN })
      expect(ended.code).toBe(0)
      expect(ended.notes).toHaveLength(1)
      expect(ended.notes[0]).toContain('last.safetensors cannot be used: ')
      expect(ended.notes[0]).toContain(words)
      expect(ended.notes[0]).toContain('previous.safetensors, after epoch 2')
      expect(left(storage)).toEqual(whole.left)
    }
    const storage = await finished(flags)
    storage.files.delete(path)
    expect(await life(storage, { ...flags, resume: RUN })).toMatchObject({ code: 5, notes: [] })
  })

  it('damaged checkpoints: from the newest good one, with a warning for each', async () => {
    const flags = { epochs: '4', 'checkpoint-every': '1' }
    const whole = await undisturbed(flags)
    const path = (name: string): string => `${RUN}/checkpoints/${name}.safetensors`
    const damages: readonly ((bytes: Uint8Array) => Uint8Array)[] = [
      () => new Uint8Array(),
      bytes => bytes.slice(0, 7),
      bytes => bytes.slice(0, -1),
      bytes => bytes.map((byte, i) => (i === bytes.length - 3 ? byte ^ 1 : byte)),
    ]
    for (const damage of damages)
      for (const names of [['last'], ['last', 'previous'], ['last', 'previous', 'best']]) {
        const storage = await finished(flags)
        for (const name of names) storage.files.set(path(name), damage(storage.files.get(path(name))!))
        const ended = await life(storage, { ...flags, resume: RUN })
        if (names.length === 3) {
          expect(ended.code).toBe(5)
          continue
        }
        expect(ended.code).toBe(0)
        expect(ended.notes).toHaveLength(names.length)
        names.forEach((name, i) => expect(ended.notes[i]).toContain(`${path(name)} cannot be used: `))
        expect(left(storage)).toEqual(whole.left)
      }
  })
})
