/**
 * Steps of the C engine that run on another core, beside what the caller does.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recorded } from '../../../scripts/golden.ts'
import { c } from '../../../src/compiler/c/c.ts'
import { WASM_VECTORS } from '../../../src/compiler/wasm/instructions.ts'
import { newMemory } from '../../../src/compiler/wasm/memory.ts'
import { wasm } from '../../../src/compiler/wasm/wasm.ts'
import { using, withTensors } from '../../../src/core/scope.ts'
import type { Interpreter } from '../../../src/core/scan.ts'
import { arranged, reports, run } from '../../support/training.ts'
import { builtFile } from '../../support/built.ts'
import { cCompiler } from '../../support/needs.ts'

const folder = mkdtempSync(join(tmpdir(), 'network2-beside-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Given = readonly [x: tf.Tensor2D, w: tf.Tensor2D]

/** Sums of gathered rows times a matrix. */
const step = (sum: tf.Tensor1D, [x, w]: Given, rows: tf.Tensor1D): tf.Tensor1D =>
  tf.add(sum, tf.sum(tf.matMul(tf.gather(x, rows), w), 0))

const STEPS = 200

const inputs = (n: number, last = n - 1) => ({
  given: [
    tf.tensor2d(
      Array.from({ length: n * 40 }, (_, i) => (i % 11) / 7),
      [n, 40],
    ),
    tf.tensor2d(
      Array.from({ length: 40 * 30 }, (_, i) => (i % 13) / 9),
      [40, 30],
    ),
  ] as const,
  rows: tf.tensor2d(
    Array.from({ length: STEPS * 5 }, (_, i) => (i === STEPS * 5 - 1 ? last : (i * 7) % n)),
    [STEPS, 5],
    'int32',
  ),
  zero: tf.zeros<tf.Rank.R1>([30]),
})

it('a memory says that it will grow, which may move it', () => {
  const sizes: number[] = []
  const memory = newMemory(WASM_VECTORS, 1, () => void sizes.push(memory.memory.buffer.byteLength))
  memory.allocate(1000)
  expect(sizes).toEqual([])
  memory.allocate(2 ** 20)
  expect(sizes).toEqual([2 ** 16])
  expect(() => memory.allocate(2 ** 32)).toThrow('WebAssembly can address 4')
  expect(sizes).toHaveLength(2)
})

describe.skipIf(cCompiler.isMissing)('steps that begin on another core', cCompiler.why, () => {
  let engine: Interpreter

  beforeEach(() => {
    engine = c({ folder, searchPath: process.env.PATH ?? '', beside: true })
  })
  afterEach(() => engine.dispose())

  const opened = () => {
    const scan = engine.scan(step)
    return {
      begun: ({ zero, given, rows }: ReturnType<typeof inputs>) => scan.begin!(zero, given, rows, [0, STEPS]),
      ran: ({ zero, given, rows }: ReturnType<typeof inputs>) =>
        using(scan(zero, given, rows, [0, STEPS]), sum => [...sum.dataSync()]),
    }
  }

  const numbers = (end: () => tf.Tensor1D): number[] => using(end(), sum => [...sum.dataSync()])

  it('give what they give here: two that are the same program, and one of another shape', () => {
    const { begun, ran } = opened()
    withTensors(
      () => [inputs(50), inputs(60), inputs(50, 3)],
      ([one, other, third]) => {
        const ends = [begun(one!), begun(other!), begun(third!)]
        const wanted = [one, other, third].map(each => ran(each!))
        expect(ends.map(numbers)).toEqual(wanted)
        expect(new Set(wanted.map(String)).size).toBe(3)
      },
    )
  })

  it('end before the memory grows, and before the engine is disposed of', () => {
    const { begun, ran } = opened()
    withTensors(
      () => [inputs(50), inputs(30_000)],
      ([small, large]) => {
        const wanted = ran(small!)
        const first = begun(small!)
        ran(large!)
        const second = begun(small!)
        engine.dispose()
        expect([first, second].map(numbers)).toEqual([wanted, wanted])
      },
    )
  })

  it('that end in the scope of another call outlive it', () => {
    const { begun, ran } = opened()
    withTensors(
      () => inputs(50),
      given => {
        const wanted = ran(given)
        const end = begun(given)
        tf.tidy(() => {
          engine.dispose()
        })
        expect(numbers(end)).toEqual(wanted)
      },
    )
  })

  it('throw for a row that does not exist when they are waited for, and can begin again', () => {
    const { begun, ran } = opened()
    withTensors(
      () => [inputs(50, 50), inputs(50)],
      ([beyond, fine]) => {
        const bad = begun(beyond!)
        const good = begun(fine!)
        expect(bad).toThrow('a row number')
        expect(numbers(good)).toEqual(ran(fine!))
      },
    )
  })

  it.each(['xent-short-batch-decay', 'all-parts', 'momentum'])(
    'as monitors give the weights and the metrics of WebAssembly: %s',
    name => {
      const golden = recorded({ name })
      const wanted = run(wasm(), arranged(golden), () => 10)
      for (const chunk of [10, undefined]) {
        const found = run(engine, arranged(golden), () => chunk)
        expect(found.values).toEqual(wanted.values)
        expect(reports(found.events)).toEqual(reports(wanted.events))
        expect(found.events.some(event => event.kind === 'epoch' && event.ahead > 0)).toBe(true)
      }
    },
  )

  it.each(['process', 'worker'])('do not disturb the end of a %s', async kind => {
    const child = spawn(process.execPath, [builtFile('test/support/left-behind.ts'), folder, kind])
    let said = ''
    child.stdout.on('data', text => void (said += String(text)))
    child.stderr.on('data', text => void (said += String(text)))
    expect([await once(child, 'close'), said]).toEqual([[0, null], 'begun\n'])
  })
})
