/**
 * Scans whose steps have outputs: on every pair of backend and engine that is here they agree with eager on the cpu backend.
 */
import {
  add,
  cast,
  gather,
  greater,
  matMul,
  memory,
  mul,
  neg,
  reshape,
  scalar,
  setBackend,
  sub,
  sum,
  tensor1d,
  tensor2d,
  transpose,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eager } from '../../src/compiler/eager.ts'
import { withFallback } from '../../src/compiler/fallback.ts'
import { jit } from '../../src/compiler/jit.ts'
import { scan } from '../../src/compiler/stacked-scan.ts'
import { CompileError, type Interpreter, type StepRange } from '../../src/core/scan.ts'
import { key, normalNumbers } from '../../src/core/rng.ts'
import { dispose, scoped, using, withTensors } from '../../src/core/scope.ts'
import { leaves, type Tree } from '../../src/core/tree.ts'
import { interpreterOf, pairs, useBackend } from '../support/engines.ts'
import { relativeError } from '../support/float64.ts'

type Shown = { readonly dtype: string; readonly shape: readonly number[]; readonly values: number[] }

const shown = (tree: Tree): readonly Shown[] =>
  leaves(tree).map(leaf => ({ dtype: leaf.dtype, shape: leaf.shape, values: [...leaf.dataSync()] }))

type State = { readonly w: Tensor2D; readonly count: Tensor }
type Constants = { readonly table: Tensor2D; readonly kept: Tensor2D; readonly rate: Scalar }
type Row = { readonly rows: Tensor1D; readonly scale: Tensor1D }

/** A layer on rows of a table. It says its old and new state, whole numbers and truths, and trees of them. */
const step = ({ w, count }: State, { table, kept, rate }: Constants, { rows, scale }: Row) => {
  const x = gather(table, rows)
  const error = sub<Tensor2D>(mul(add(matMul(x, w, false, true), matMul(x, kept, false, true)), scale), 1)
  const next = {
    w: sub<Tensor2D>(w, mul(rate, matMul(error, x, true))),
    count: add(count, scalar(1, 'int32')),
  }
  const y = {
    count,
    states: [w, next.w] as const,
    loss: sum<Scalar>(mul(error, error)),
    picked: { rows, isLarge: greater<Tensor2D>(error, 0), rate },
    turned: transpose<Tensor2D>(error),
    tenths: reshape<Rank.R3>(error, [1, 2, 3]),
  }
  return [next, y] as const
}

const N = 7

const given = (n = N, seed = 1) => ({
  s0: { w: tensor2d(normalNumbers(key(seed), 12), [3, 4]), count: scalar(5, 'int32') },
  constants: {
    table: tensor2d(normalNumbers(key(seed + 1), 36).map((x, i) => (i % 3 === 0 ? x : 0)), [9, 4]), // prettier-ignore
    // stored transposed, as the third leaf: the third output is not
    kept: tensor2d(normalNumbers(key(seed + 3), 12), [3, 4]),
    rate: scalar(0.02 * seed),
  },
  xs: {
    rows: tensor2d(Int32Array.from({ length: 2 * n }, (_, i) => (i * 5) % 9), [n, 2], 'int32'), // prettier-ignore
    scale: tensor2d(normalNumbers(key(seed + 2), 3 * n), [n, 3]),
  },
})

const run = (engine: Interpreter, range?: StepRange, n = N, seed = 1) =>
  withTensors(
    () => given(n, seed),
    ({ s0, constants, xs }) => using(scan(engine)(step)(s0, constants, xs, range), shown),
  )

const agree = (found: readonly Shown[], wanted: readonly Shown[]): void => {
  expect(found.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual(
    wanted.map(({ dtype, shape }) => ({ dtype, shape })),
  )
  const numbers = (all: readonly Shown[]) => all.map(({ values }) => values)
  expect(relativeError(numbers(found), numbers(wanted), 1e-2)).toBeLessThan(1e-5)
}

for (const pair of pairs)
  describe.skipIf(pair.needs.isMissing)(`${pair.engine} on ${pair.backend}`, pair.needs.why, () => {
    let engine: Interpreter
    beforeEach(async () => {
      engine = await interpreterOf(pair)
    })
    afterEach(async () => {
      engine.dispose()
      await setBackend('cpu')
    })

    /** The eager result on the cpu backend. */
    const wanted = async (...args: [range?: StepRange, n?: number, seed?: number]) => {
      await useBackend('cpu')
      const result = run(eager, ...args)
      await useBackend(pair.backend)
      return result
    }

    it('stacks what the steps say, in any range', async () => {
      const ranges: (StepRange | undefined)[] = [undefined, [0, N], [2, 5], [N - 1, N], [3, 3]]
      for (const range of ranges) agree(run(engine, range), await wanted(range))
    })

    it('compiles once, whatever the numbers, the number of steps and the range', async () => {
      const before = memory()
      const scanned = scan(engine)(step)
      for (const [n, seed, range] of [
        [N, 1, [0, N]],
        [2, 2, [0, 2]],
        [100, 3, [1, 100]],
        [N, 4, [4, 5]],
      ] as const) {
        const found = withTensors(
          () => given(n, seed),
          ({ s0, constants, xs }) => using(scanned(s0, constants, xs, range), shown),
        )
        agree(found, await wanted(range, n, seed))
      }
      expect(engine.compilations()).toBe(pair.engine === 'eager' ? 0 : 1)
      expect(memory().numTensors).toBe(before.numTensors)
    })

    it('runs more steps in one call than an engine takes at once', () => {
      const n = 4500
      const summed = scan(engine)((s: Scalar, _c: readonly [], x: Scalar): [Scalar, Scalar] => [add(s, x), s])
      withTensors(
        () => ({ s: scalar(1), xs: tensor1d(Float32Array.from({ length: n }, (_, i) => (i % 5) - 2)) }),
        ({ s, xs }) =>
          using(summed(s, [], xs), ({ state, ys }) => {
            expect([...state.dataSync()]).toEqual([1])
            expect([...ys.dataSync()]).toEqual(
              Array.from({ length: n }, (_, i) => [1, -1, -2, -2, -1][i % 5]!),
            )
          }),
      )
      expect(engine.compilations()).toBe(pair.engine === 'eager' ? 0 : 1)
    })

    it('runs steps without rows or without a state, in a range', () => {
      const counted = scan(engine)((n: Scalar, by: Scalar, _none: readonly []) => [add<Scalar>(n, by), n])
      const doubled = scan(engine)((_none: readonly [], by: Scalar, x: Tensor1D): [readonly [], Tensor1D] => [
        [],
        mul(x, by),
      ])
      const same = scan(engine)((_s: readonly [], c: Scalar, _x: readonly []): [readonly [], Scalar] => [
        [],
        neg(c),
      ])
      withTensors(
        () => ({ one: scalar(1), two: scalar(2), xs: tensor2d([[1, 2], [3, 4], [5, 6]]) }), // prettier-ignore
        ({ one, two, xs }) => {
          using(counted(one, two, [], [0, 4]), ({ state, ys }) => {
            expect([[...state.dataSync()], [...ys.dataSync()]]).toEqual([[9], [1, 3, 5, 7]])
          })
          using(doubled([], two, xs), ({ ys }) => {
            expect(ys.shape).toEqual([3, 2])
            expect([...ys.dataSync()]).toEqual([2, 4, 6, 8, 10, 12])
          })
          using(same([], two, [], [5, 8]), ({ ys }) => expect([...ys.dataSync()]).toEqual([-2, -2, -2]))
          expect(() => counted(one, two, [])).toThrow('give the range of the steps')
        },
      )
    })

    it('returns a table of which it gathers rows', () => {
      const f = jit(engine)(({ x, rows }: { x: Tensor2D; rows: Tensor1D }) => [gather(x, rows), x])
      withTensors(
        () => ({ x: tensor2d([[1, 0], [0, 0], [0, 2]]), rows: tensor1d([2, 0], 'int32') }), // prettier-ignore
        given => using(f(given), result => expect(shown(result).map(({ values }) => values)).toEqual([[0, 2, 1, 0], [1, 0, 0, 0, 0, 2]])), // prettier-ignore
      )
    })

    it('takes a compiled function inside a step, and refuses a scan by its name', () => {
      const left = memory().numTensors
      const doubled = jit(engine)((x: Scalar) => mul<Scalar>(x, 2))
      const inner = scan(engine)((s: Scalar, _c: readonly [], _x: readonly []): [Scalar, readonly []] => [
        doubled(s),
        [],
      ])
      const outer = (f: (s: Scalar) => Scalar) =>
        scan(engine)((s: Scalar, _c: readonly [], x: Scalar): [Scalar, readonly []] => [add(f(s), x), []])
      const nested = (s: Scalar): Scalar => inner(s, [], [], [0, 2]).state
      withTensors(
        () => ({ s: scalar(1), xs: tensor1d([1, 2]) }),
        ({ s, xs }) => {
          using(outer(doubled)(s, [], xs), ({ state }) => expect([...state.dataSync()]).toEqual([8]))
          if (pair.engine === 'eager')
            using(outer(nested)(s, [], xs), ({ state }) => expect([...state.dataSync()]).toEqual([22]))
          else
            for (const f of [nested, (s: Scalar) => eager.scan((t: Scalar) => t)(s, [], [], [0, 1])])
              expect(() => outer(f)(s, [], xs)).toThrow(
                'a scan inside a function that is compiled: write it as a for loop there, or move it outside',
              )
        },
      )
      expect(memory().numTensors).toBe(left)
    })

    it('has stacks of no rows after no step, also of per-step inputs without rows', () => {
      const left = memory().numTensors
      const rows = (range?: StepRange) => run(engine, range, 3).map(({ dtype, shape }) => ({ dtype, shape }))
      const stacks = rows([0, 3]).map(({ dtype, shape }, i) => ({
        dtype,
        shape: i < 2 ? shape : [0, ...shape.slice(1)],
      }))
      expect(rows([2, 2])).toEqual(stacks)
      const none = scan(engine)((s: Scalar, _c: readonly [], x: Tensor1D) => [s, x])
      withTensors(
        () => ({ s: scalar(3), xs: tensor2d([], [0, 4]) }),
        ({ s, xs }) =>
          using(none(s, [], xs), ({ state, ys }) => {
            expect([...state.dataSync()]).toEqual([3])
            expect(ys.shape).toEqual([0, 4])
          }),
      )
      expect(memory().numTensors).toBe(left)
    })

    it('refuses rows that are not there, and different numbers of rows', () => {
      const f = (s: Scalar, _c: readonly [], { a, b }: { a: Scalar; b: Scalar }) =>
        [add<Scalar>(s, a), b] as const
      withTensors(
        () => ({ s: scalar(1), xs: { a: tensor1d([1, 2, 3]), b: tensor1d([1, 2]) } }),
        ({ s, xs }) => {
          expect(() => scan(engine)(f)(s, [], xs)).toThrow('different numbers of rows: 3, 2')
          expect(() => scan(engine)(f)(s, [], xs, [0, 3])).toThrow('the range [0, 3) exceeds')
        },
      )
    })

    it('leaves no tensor when a step throws', () => {
      let steps = 0
      const broken = scan(engine)((s: Scalar, _c: readonly [], x: Scalar): [Scalar, Scalar] => {
        if (steps++ > 0 || pair.engine !== 'eager') throw new Error('in the middle')
        return [add<Scalar>(s, x), x]
      })
      withTensors(
        () => ({ s: scalar(1), xs: tensor1d([1, 2, 3]) }),
        ({ s, xs }) => {
          const left = memory().numTensors
          expect(() => broken(s, [], xs)).toThrow('in the middle')
          expect(memory().numTensors).toBe(left)
        },
      )
    })
  })

describe('what cannot be compiled', () => {
  it('is a state of another form than it was', async () => {
    const engine = await interpreterOf(pairs.find(({ engine: name }) => name === 'wasm')!)
    type Two = { readonly a: Scalar; readonly b: Scalar }
    const swapped = (s: Two, _c: readonly [], x: Scalar): [Two, Scalar] => [
      { b: add<Scalar>(s.b, x), a: s.a },
      x,
    ]
    withTensors(
      () => ({ s: { a: scalar(1), b: scalar(2) }, xs: tensor1d([1, 2, 3]) }),
      ({ s, xs }) => {
        expect(() => scan(engine)(swapped)(s, [], xs)).toThrow(CompileError)
        expect(() => scan(engine)(swapped)(s, [], xs)).toThrow(
          'it was state.a state.b, became state.b state.a',
        )
        using(scan(eager)(swapped)(s, [], xs), ({ state }) =>
          expect([state.a, state.b].map(leaf => leaf.dataSync()[0])).toEqual([1, 8]),
        )
      },
    )
    engine.dispose()
    await setBackend('cpu')
  })

  it('runs with the second engine', () => {
    const reasons: string[] = []
    const never: Interpreter = {
      ...eager,
      stackedScan: () => () => {
        throw new CompileError('not today')
      },
    }
    const engine = withFallback(never, eager, reason => reasons.push(reason))
    const numbers = scoped(() => ({ s: scalar(1), xs: tensor1d([1, 2, 3]) }))()
    const summed = scan(engine)((s: Scalar, _c: readonly [], x: Scalar): [Scalar, Tensor] => [
      add<Scalar>(s, x),
      cast(x, 'int32'),
    ])
    for (let i = 0; i < 2; i++)
      using(summed(numbers.s, [], numbers.xs), ({ state, ys }) =>
        expect([...state.dataSync(), ...ys.dataSync()]).toEqual([7, 1, 2, 3]),
      )
    expect(reasons).toEqual(['not today'])
    dispose(numbers)
  })
})
