/**
 * The interpreter law: whatever compiles agrees with eager. On every pair of backend and staged engine that is here.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  add,
  gather,
  matMul,
  memory,
  mul,
  reshape,
  scalar,
  setBackend,
  square,
  sub,
  sum,
  tensor1d,
  tensor2d,
  tensor3d,
  topk,
  transpose,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { costs } from '../../src/core/costs/index.ts'
import { jit } from '../../src/compiler/jit.ts'
import { eager } from '../../src/compiler/eager.ts'
import { withFallback } from '../../src/compiler/fallback.ts'
import { CompileError, type Interpreter } from '../../src/core/scan.ts'
import { fromParams } from '../../src/core/params.ts'
import { fold, key, normalNumbers, permutation } from '../../src/core/rng.ts'
import { using, dispose, withTensors } from '../../src/core/scope.ts'
import { train, type TrainSettings } from '../../src/core/train.ts'
import { batchOf, nameOf, networkAndBatch, paramsOf } from '../support/cases.ts'
import { interpreterOf, pairs } from '../support/engines.ts'
import * as twin from '../support/float64.ts'
import { randomCases } from '../support/long.ts'

type Regression = { readonly x: Tensor2D; readonly y: Tensor1D; readonly rate: Scalar }

/** Linear regression by gradient descent: w → w - rate xᵀ (x w - y). */
const descend = ({ w }: { readonly w: Tensor1D }, { x, y, rate }: Regression, _step: Scalar) => {
  const column = (vector: Tensor): Tensor2D => reshape<Rank.R2>(vector, [-1, 1])
  const error = sub<Tensor2D>(matMul(x, column(w)), column(y))
  return { w: sub<Tensor1D>(w, mul(rate, reshape(matMul(x, error, true, false), [3]))) }
}

for (const pair of pairs.filter(({ engine }) => engine !== 'eager'))
  describe.skipIf(pair.needs.isMissing)(`staged on ${pair.backend}`, pair.needs.why, () => {
    let interpreter: Interpreter
    beforeEach(async () => {
      interpreter = await interpreterOf(pair)
    })
    afterEach(async () => {
      interpreter.dispose()
      await setBackend('cpu')
    })

    it('trains random networks as eager does, whatever the size of the chunks', () => {
      fc.assert(
        fc.property(
          networkAndBatch,
          fc.record({
            m: fc.integer({ min: 1, max: 4 }),
            lmbda: fc.constantFrom(0, 0.5),
            piece: fc.integer({ min: 1, max: 9 }),
            dark: fc.double({ min: 0, max: 1, noNaN: true }),
          }),
          ({ net, batch }, { m, lmbda, piece, dark }) => {
            const pixels = normalNumbers(key(7), 1000).map(Math.abs)
            // dark pixels, whole dark rows among them
            const examples = batch.map(({ x, y }, i) => ({
              x: x.map((value, j) => (pixels[(i * 13 + j) % 1000]! % 1 < dark || i % 3 === 2 ? 0 : value)),
              y,
            }))
            const settings: TrainSettings = {
              cost: costs[nameOf(net.cost)],
              epochs: 2,
              miniBatchSize: m,
              eta: 0.3,
              lmbda,
              order: epoch => permutation(fold(key(1), epoch), examples.length),
            }
            const ran = (by: Interpreter) => {
              const [set, initial] = [batchOf(examples), paramsOf(net)]
              const seen: number[][] = []
              const training = train(
                by,
                settings,
                { training: set, observed: { training: set } },
                { params: initial },
              )
              let next = training.next()
              while (!next.done) {
                if (next.value.kind === 'epoch') {
                  const { cost, correct } = next.value.metrics.training!
                  seen.push([cost, correct])
                }
                next = training.next(piece)
              }
              const values = fromParams(next.value.params).flatMap(({ w, b }) => [[...w], [...b]])
              dispose([next.value, set, initial])
              return [...values, ...seen]
            }
            expect(twin.relativeError(ran(interpreter), ran(eager), 1e-2)).toBeLessThan(1e-4)
          },
        ),
        // XLA takes seconds for a network
        { numRuns: pair.engine === 'xla' ? randomCases(5, 25) : 25 },
      )
    })

    it('compiles once for each kind of arguments: other numbers or ranges do not count', () => {
      const scan = interpreter.scan((s: Scalar, { rate }: { rate: Scalar }, x: Tensor1D) =>
        add<Scalar>(s, mul(rate, sum(square(x)))),
      )
      const run = (rate: number, rows: number[][], from: number, to: number): void =>
        dispose(
          withTensors(
            () => ({ s: scalar(1), rate: scalar(rate), xs: tensor2d(rows) }),
            ({ s, rate, xs }) => scan(s, { rate }, xs, [from, to]),
          ),
        )
      run(1, [[1], [2]], 0, 2)
      run(2, [[3], [4]], 0, 1)
      run(3, [[5], [6]], 1, 2)
      expect(interpreter.compilations()).toBe(1)
      const wider = [
        [1, 2],
        [3, 4],
      ]
      run(1, wider, 0, 2)
      expect(interpreter.compilations()).toBe(2)
    })

    it('runs any pure function: a linear regression, a thousand steps in one call', () => {
      const fitted = (by: Interpreter): number[] =>
        withTensors(
          () => {
            const x = tensor2d(normalNumbers(key(1), 30), [10, 3])
            const y = reshape<Rank.R1>(matMul(x, tensor2d([[1], [-2], [3]])), [10])
            return {
              s0: { w: tensor1d([0, 0, 0]) },
              data: { x, y, rate: scalar(0.02) },
              steps: tensor1d(normalNumbers(key(2), 1000)),
            }
          },
          ({ s0, data, steps }) =>
            using(by.scan(descend)(s0, data, steps, [0, 1000]), ({ w }) => [...w.dataSync()]),
        )
      const found = fitted(interpreter)
      expect(twin.relativeError([found], [fitted(eager)])).toBeLessThan(1e-4)
      expect(twin.relativeError([found], [[1, -2, 3]])).toBeLessThan(1e-3)
    })

    it('gives f the rows of a tree of per-step inputs, in any range', () => {
      type Step = { readonly rows: Tensor1D; readonly masks: readonly [Tensor2D, Tensor1D] }
      type State = { readonly w: Tensor2D; readonly total: Scalar }
      /** A layer with dropped neurons on some rows of a table; the mask is used both as it is and transposed. */
      const step = ({ w, total }: State, { x }: { x: Tensor2D }, { rows, masks: [mask, scale] }: Step) => {
        const a = mul<Tensor2D>(matMul(gather(x, rows), w), mask)
        const masked = matMul(transpose(mask), mask)
        return {
          w: add<Tensor2D>(mul(w, scale), mul(0.01, matMul(gather(x, rows), a, true, false))),
          total: add<Scalar>(total, add(sum(a), sum(masked))),
        }
      }
      const [n, m, j] = [6, 3, 5]
      const numbers = (by: Interpreter, [from, to]: readonly [number, number]): number[][] =>
        withTensors(
          () => ({
            s0: { w: tensor2d(normalNumbers(key(1), 4 * j), [4, j]), total: scalar(0) },
            // half of the pixels are dark: WebAssembly keeps them as a sparse table
            constants: {
              x: tensor2d(
                normalNumbers(key(2), 36).map(x => Math.max(0, x)),
                [9, 4],
              ),
            },
            xs: {
              rows: tensor2d(
                Array.from({ length: n * m }, (_, i) => (i * 5) % 9),
                [n, m],
                'int32',
              ),
              masks: [
                tensor3d(
                  normalNumbers(key(3), n * m * j).map(x => (x > 0 ? 2 : 0)),
                  [n, m, j],
                ),
                tensor2d(normalNumbers(key(4), n * j), [n, j]),
              ] as const,
            },
          }),
          ({ s0, constants, xs }) =>
            using(by.scan(step)(s0, constants, xs, [from, to]), ({ w, total }) => [
              [...w.dataSync()],
              [...total.dataSync()],
            ]),
        )
      for (const range of [
        [0, n],
        [2, 5],
        [n - 1, n],
      ] as const)
        expect(twin.relativeError(numbers(interpreter, range), numbers(eager, range))).toBeLessThan(1e-5)
    })

    it('refuses a range that exceeds a per-step input', () => {
      type Step = { readonly a: Scalar; readonly b: Scalar }
      const f = (s: Scalar, _c: [], { a, b }: Step): Scalar => add<Scalar>(s, mul(a, b))
      withTensors(
        () => ({ s: scalar(1), xs: { a: tensor1d([1, 2, 3]), b: tensor1d([1, 2]) } }),
        ({ s, xs }) => {
          for (const by of [interpreter, eager])
            expect(() => by.scan(f)(s, [], xs, [0, 3])).toThrow('the range [0, 3) exceeds')
        },
      )
    })

    it('runs a function without per-step inputs', () => {
      const f = jit(interpreter)(({ x, rows }: { x: Tensor2D; rows: Tensor1D }) => sum(gather(x, rows)))
      withTensors(
        () => ({
          x: tensor2d([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
          rows: tensor1d([2, 0, 2], 'int32'),
        }),
        given => expect(using(f(given), total => total.dataSync()[0])).toBe(25),
      )
    })

    it('keeps the state as it is when there is no step to run', () => {
      const scan = interpreter.scan((s: Scalar, _c: [], x: Scalar) => add<Scalar>(s, x))
      const end = withTensors(
        () => ({ s: scalar(5), xs: tensor1d([1, 2]) }),
        ({ s, xs }) => using(scan(s, [], xs, [1, 1]), result => result.dataSync()[0]),
      )
      expect(end).toBe(5)
    })

    it('names a kernel that it does not support, and a state that changes its shape', () => {
      const odd = interpreter.scan((s: Tensor1D, _c: [], x: Scalar) => add<Tensor1D>(topk(s, 2).values, x))
      const grows = interpreter.scan((s: Tensor1D, _c: [], _x: Scalar) =>
        add<Tensor1D>(
          s,
          tensor2d([
            [1, 2],
            [3, 4],
          ]),
        ),
      )
      withTensors(
        () => ({ s: tensor1d([1, 2]), xs: tensor1d([1]) }),
        ({ s, xs }) => {
          expect(() => odd(s, [], xs, [0, 1])).toThrow(/TopK|a tensor is read/)
          expect(() => grows(s, [], xs, [0, 1])).toThrow(CompileError)
        },
      )
    })

    it('leaves no tensor and no file behind', () => {
      const folder = mkdtempSync(join(tmpdir(), 'network2-test-'))
      const before = process.env.TMPDIR
      process.env.TMPDIR = folder
      try {
        const scan = interpreter.scan((s: Scalar, _c: [], x: Scalar) => add<Scalar>(s, x))
        const left = memory().numTensors
        dispose(
          withTensors(
            () => ({ s: scalar(5), xs: tensor1d([1, 2]) }),
            ({ s, xs }) => scan(s, [], xs, [0, 2]),
          ),
        )
        expect(memory().numTensors).toBe(left)
        expect(readdirSync(folder)).toEqual([])
      } finally {
        if (before === undefined) delete process.env.TMPDIR
        else process.env.TMPDIR = before
        rmSync(folder, { recursive: true })
        expect(existsSync(folder)).toBe(false)
      }
    })
  })

describe('what cannot be compiled', () => {
  it('is run by the second interpreter, and the reason is reported once', () => {
    const told: string[] = []
    const never: Interpreter = {
      ...eager,
      scan: () => () => {
        throw new CompileError('not today')
      },
    }
    const scan = withFallback(never, eager, reason => told.push(reason)).scan(
      (s: Scalar, _c: [], x: Scalar) => add<Scalar>(s, x),
    )
    const run = () =>
      withTensors(
        () => ({ s: scalar(5), xs: tensor1d([1, 2]) }),
        ({ s, xs }) => using(scan(s, [], xs, [0, 2]), result => result.dataSync()[0]),
      )
    expect([run(), run()]).toEqual([8, 8])
    expect(told).toEqual(['not today'])
  })

  it('but any other error is thrown', () => {
    const broken: Interpreter = {
      ...eager,
      scan: () => () => {
        throw new TypeError('a mistake')
      },
    }
    const scan = withFallback(broken, eager, () => undefined).scan((s: Scalar, _c: [], x: Scalar) =>
      add<Scalar>(s, x),
    )
    expect(() =>
      withTensors(
        () => ({ s: scalar(5), xs: tensor1d([1, 2]) }),
        ({ s, xs }) => scan(s, [], xs, [0, 2]),
      ),
    ).toThrow('a mistake')
  })
})
