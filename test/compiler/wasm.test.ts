import {
  abs,
  add,
  addN,
  argMax,
  cast,
  ceil,
  acosh,
  div,
  equal,
  exp,
  expandDims,
  floor,
  gather,
  greater,
  less,
  log,
  log1p,
  logSoftmax,
  logicalAnd,
  matMul,
  max,
  maximum,
  mean,
  memory,
  min,
  minimum,
  mul,
  neg,
  relu,
  reshape,
  scalar,
  sigmoid,
  sign,
  softmax,
  softplus,
  sqrt,
  square,
  step,
  sub,
  sum,
  tanh,
  tensor1d,
  tensor2d,
  tensor3d,
  transpose,
  where,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { costs, type CostName } from '../../src/core/costs/index.ts'
import { eager } from '../../src/compiler/eager.ts'
import { CompileError, type Interpreter } from '../../src/core/scan.ts'
import { wasm } from '../../src/compiler/wasm/wasm.ts'
import { WASM_VECTORS } from '../../src/compiler/wasm/instructions.ts'
import { newMemory, TooLarge } from '../../src/compiler/wasm/memory.ts'
import { initialValues, toParams, type Sizes } from '../../src/core/params.ts'
import * as rng from '../../src/core/rng.ts'
import { using, dispose } from '../../src/core/scope.ts'
import { train, type EpochMetrics } from '../../src/core/train.ts'
import { leaves, type Tree } from '../../src/core/tree.ts'
import { randomCases } from '../support/long.ts'

let mine: Tree[] = []
const own = <T extends Tree>(tree: T): T => {
  mine.push(tree)
  return tree
}
afterEach(() => {
  dispose(mine)
  mine = []
})

const staged = wasm()

/** Numbers of which this share is not zero, some rows all zeros. */
const table = (seed: number, rows: number, columns: number, density: number): Tensor2D => {
  const numbers = rng.normalNumbers(rng.key(seed), 2 * rows * columns)
  const kept = (at: number): boolean => Math.abs(Math.sin(97 * numbers[rows * columns + at]!)) < density
  return own(
    tensor2d(
      numbers.slice(0, rows * columns).map((x, i) => (kept(i) ? x : 0)),
      [rows, columns],
    ),
  )
}

const numbersOf = (tree: Tree): number[][] => leaves(tree).map(leaf => Array.from(leaf.dataSync()))

const agree = (found: readonly number[][], wanted: readonly number[][], tolerance = 1e-4): void => {
  expect(found.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length))
  found.forEach((numbers, i) => {
    numbers.forEach((x, j) => {
      const y = wanted[i]![j]!
      const same = Object.is(x, y) || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y))
      expect(same, `number ${j} of leaf ${i}: ${x}, not ${y}`).toBe(true)
    })
  })
}

/** What an interpreter makes of a step over given rows. */
const result = <S extends Tree, C extends Tree>(
  interpreter: Interpreter,
  f: (s: S, c: C, x: Tensor1D) => S,
  s0: S,
  constants: C,
  xs: Tensor2D,
): number[][] => using(interpreter.scan(f)(s0, constants, xs, [0, xs.shape[0]]), numbersOf)

const law = <S extends Tree, C extends Tree>(
  f: (s: S, c: C, x: Tensor1D) => S,
  s0: S,
  constants: C,
  xs: Tensor2D,
  tolerance?: number,
): void => {
  const wanted = result(eager, f, s0, constants, xs)
  agree(result(staged, f, s0, constants, xs), wanted, tolerance)
}

const ROWS = (): Tensor2D =>
  own(
    tensor2d(
      [
        [0, 2, 1],
        [3, 3, 0],
      ],
      [2, 3],
      'int32',
    ),
  )

type Network = {
  readonly sizes: Sizes
  readonly n: number
  readonly m: number
  readonly cost: CostName
  readonly lmbda: number
  readonly density: number
  readonly seed: number
}

const width = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 60 }))

const network: fc.Arbitrary<Network> = fc.record({
  sizes: fc
    .tuple(width, width, fc.array(width, { maxLength: 2 }))
    .map(([first, second, rest]): Sizes => [first, second, ...rest]),
  n: fc.integer({ min: 1, max: 23 }),
  m: fc.integer({ min: 1, max: 12 }),
  cost: fc.constantFrom<CostName>('quadratic', 'xent'),
  lmbda: fc.constantFrom(0, 0.5),
  density: fc.constantFrom(0, 0.05, 0.2, 0.5, 1),
  seed: fc.nat(),
})

type Trained = { readonly params: number[][]; readonly reports: readonly EpochMetrics[] }

/** Up and down in turn by about the last bit. */
const lastBit = (x: number, i: number): number => x * (1 + (i % 2 === 0 ? 1 : -1) * 2 ** -23)

/** From a start whose numbers are each `moved` by the last bit, where asked. */
const trained = (
  interpreter: Interpreter,
  { sizes, n, m, cost, lmbda, density, seed }: Network,
  moved = false,
): Trained => {
  const x = table(seed, n, sizes[0], density)
  const y = own(sigmoid(table(seed + 1, n, sizes.at(-1)!, 1)))
  const values = initialValues('large', rng.key(seed), sizes).map(({ w, b, ...layer }) => ({
    ...layer,
    w: moved ? w.map(lastBit) : w,
    b: moved ? b.map(lastBit) : b,
  }))
  const initial = own(toParams(values))
  const settings = {
    cost: costs[cost],
    epochs: 2,
    miniBatchSize: m,
    eta: 0.5,
    lmbda,
    order: (epoch: number) => rng.permutation(rng.fold(rng.key(seed), epoch), n),
  }
  const events = train(
    interpreter,
    settings,
    { training: { x, y }, observed: { training: { x, y } } },
    { params: initial },
  )
  const reports: EpochMetrics[] = []
  let at = events.next()
  while (!at.done) {
    if (at.value.kind === 'epoch') reports.push(at.value.metrics)
    at = events.next()
  }
  return { params: using(at.value, ({ params }) => numbersOf(params)), reports }
}

/** The largest difference of a weight, bias or training cost, relative to it where it is above 1. */
const farthest = (found: Trained, wanted: Trained): number => {
  const [numbers, others] = [found, wanted].map(({ params, reports }) => [
    ...params.flat(),
    ...reports.map(({ training }) => training!.cost),
  ]) as [number[], number[]]
  expect(numbers).toHaveLength(others.length)
  return Math.max(
    ...numbers.map((x, i) =>
      Object.is(x, others[i]) ? 0 : Math.abs(x - others[i]!) / Math.max(1, Math.abs(others[i]!)),
    ),
  )
}

/** Two epochs in mini-batches of one amplify the rounding of its start a hundredfold. */
const amplifying: Network = {
  sizes: [10, 43, 2, 36],
  n: 11,
  m: 1,
  cost: 'xent',
  lmbda: 0,
  density: 0.2,
  seed: 1390788417,
}

describe('the WebAssembly engine agrees with eager', () => {
  it('in the weights and metrics of any network on any data', () => {
    fc.assert(
      fc.property(network, given => {
        const [found, wanted] = [trained(staged, given), trained(eager, given)]
        if (!(farthest(found, wanted) <= 1e-4))
          // some networks amplify the rounding of their start: these may differ by as much as that brings about
          expect(farthest(found, wanted)).toBeLessThan(50 * farthest(trained(eager, given, true), wanted))
      }),
      { numRuns: randomCases(20, 60), examples: [[amplifying]] },
    )
  })

  const unary: readonly ((x: Tensor2D) => Tensor2D)[] = [
    abs,
    exp,
    neg,
    relu,
    sigmoid,
    x => softmax(x),
    x => logSoftmax(mul(x, 30)),
    softplus,
    square,
    tanh,
    x => sqrt(add(abs(x), 0.1)),
    x => log(add(abs(x), 0.5)),
    x => log1p(abs(x)),
    x => transpose(x),
    x => reshape(reshape(x, [x.size]), x.shape),
    x => add(x, mean(x)),
    x => add(x, mean(x, 0)),
    x => add(x, sum(x, 0)),
    x => add(x, sum(x, 1, true)),
    x => sub(x, max(x, 1, true)),
    x => sub(x, max(x, 0)),
    x => add(x, min(x)),
    x => add(x, max(x)),
    x => mul(x, expandDims(min(x, 1), 1)),
  ]
  const binary: readonly ((a: Tensor2D, b: Tensor2D) => Tensor2D)[] = [
    add,
    sub,
    mul,
    maximum,
    minimum,
    (a, b) => addN([a, b, a]),
    (a, b) => div(a, add(abs(b), 1)),
    (a, b) => where(greater(a, b), a, b),
    (a, b) => matMul(a, b),
    (a, b) => matMul(a, b, true, false),
    (a, b) => matMul(a, b, false, true),
    (a, b) => matMul(a, b, true, true),
  ]

  /** Those that jump: a rounding that differs would become a difference of one. */
  const jumping: readonly ((a: Tensor2D, b: Tensor2D) => Tensor2D)[] = [
    ceil,
    sign,
    x => sign(mul(x, 0)),
    x => step(x),
    x => step(x, 0.25),
    floor,
    x => cast(cast(x, 'int32'), 'float32'),
    x => cast(cast(x, 'bool'), 'float32'),
    x => add(x, cast(argMax(x, 0), 'float32')),
    x => add(x, expandDims(cast(argMax(x, 1), 'float32'), 1)),
    (a, b) => where(logicalAnd(less(a, 0), less(b, 0)), neg(a), b),
    (a, b) => cast(equal(floor(a), floor(b)), 'float32'),
  ]

  it('in each kernel', () => {
    for (const f of [...unary, ...binary, ...jumping])
      for (const size of [1, 3, 4, 6])
        law(
          (s: Tensor2D, c: Tensor2D) => f(c, s),
          table(size, size, size, 1),
          table(2, size, size, 1),
          ROWS(),
        )
  })

  /** A chain of kernels: each is given the value so far, and one that was there before. */
  const chain = fc.array(
    fc.oneof(
      fc.record({ one: fc.nat(unary.length - 1) }),
      fc.record({ two: fc.nat(binary.length - 1), back: fc.nat(5) }),
    ),
    { minLength: 1, maxLength: 6 },
  )

  it('in any chain of kernels on square matrices', () => {
    fc.assert(
      fc.property(chain, fc.integer({ min: 1, max: 11 }), fc.nat(), (kernels, size, seed) => {
        const f = (s: Tensor2D, c: Tensor2D): Tensor2D =>
          tanh(
            kernels
              .reduce<readonly Tensor2D[]>(
                (values, kernel) => {
                  const last = values.at(-1)!
                  const next =
                    'one' in kernel
                      ? unary[kernel.one]!(last)
                      : binary[kernel.two]!(last, values[kernel.back % values.length]!)
                  // what grows without bound would drown every difference
                  return [...values, mul<Tensor2D>(0.5, minimum(maximum(next, -3), 3))]
                },
                [c, s],
              )
              .at(-1)!,
          )
        law(f, table(seed, size, size, 1), table(seed + 1, size, size, 1), ROWS(), 1e-3)
      }),
      { numRuns: randomCases(50, 150) },
    )
  })

  it('in matrix products of any shape', () => {
    const size = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(size, size, size, fc.boolean(), fc.boolean(), fc.nat(), (m, k, n, ta, tb, seed) => {
        const [a, b] = [table(seed, ta ? k : m, ta ? m : k, 1), table(seed + 1, tb ? n : k, tb ? k : n, 1)]
        law(
          (_: Tensor2D, c: readonly [Tensor2D, Tensor2D]) => matMul(c[0], c[1], ta, tb),
          table(2, m, n, 1),
          [a, b],
          ROWS(),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('in gathered rows of a dense or sparse table', () => {
    for (const density of [0, 0.2, 1])
      law(
        (_: Tensor2D, c: { t: Tensor2D }, rows: Tensor1D) => gather(c.t, rows),
        table(1, 3, 7, 1),
        { t: table(2, 5, 7, density) },
        ROWS(),
      )
  })

  it('with a row that is a matrix and is only read transposed', () => {
    const xs = own(tensor3d(rng.normalNumbers(rng.key(1), 30), [2, 3, 5]))
    const step = (s: Tensor2D, _: Tree, x: Tensor2D): Tensor2D => add(s, transpose(x))
    const [found, wanted] = [staged, eager].map(by =>
      using(by.scan(step)(table(2, 5, 3, 1), {}, xs, [0, 2]), numbersOf),
    )
    agree(found!, wanted!)
  })

  it('with an update whose old weights are read afterwards', () => {
    type State = { readonly w: Tensor2D; readonly old: Tensor2D }
    const f = ({ w }: State, { t, rate }: { t: Tensor2D; rate: Scalar }, rows: Tensor1D): State => {
      const a = gather(t, rows)
      const delta = sigmoid<Tensor2D>(matMul(a, w, false, true))
      return { w: sub<Tensor2D>(w, mul(rate, matMul(delta, a, true, false))), old: w }
    }
    for (const density of [0.2, 1])
      law(
        f,
        { w: table(1, 6, 9, 1), old: table(2, 6, 9, 1) },
        { t: table(3, 5, 9, density), rate: own(scalar(0.1)) },
        ROWS(),
      )
  })

  it('with states that are swapped, returned unchanged, or computed from each other', () => {
    type State = readonly [Tensor2D, Tensor2D, Tensor2D]
    const s0: State = [table(1, 3, 5, 1), table(2, 3, 5, 1), table(3, 3, 5, 1)]
    law(([a, b, c]: State): State => [b, a, c], s0, {}, ROWS())
    law(([a, b, c]: State): State => [b, c, a], s0, {}, ROWS())
    law(([a, b]: State): State => [a, a, b], s0, {}, ROWS())
    law(([a, b, c]: State): State => [add(a, b), mul(a, c), sub(b, c)], s0, {}, ROWS())
  })

  it('whatever the padding of rows contains', () => {
    law(
      (_: readonly [Scalar, Scalar, Tensor1D], c: Tensor2D) => {
        const a = exp(neg(c)) // 1 where c is 0
        return [sum<Scalar>(a), max<Scalar>(neg(a)), cast<Tensor1D>(argMax(neg(a), 1), 'float32')] as const
      },
      [own(scalar(0)), own(scalar(0)), own(tensor1d([0, 0, 0]))] as const,
      table(1, 3, 5, 1),
      ROWS(),
    )
  })

  it('in where NaN is', () => {
    const c = own(tensor2d([0, -0, 1e38, -1e38, 200, -200, Infinity, -Infinity, NaN, 1e-40], [2, 5]))
    for (const f of [exp, log, log1p, sigmoid, softplus, tanh, relu, abs])
      law((_: Tensor2D, x: Tensor2D) => f(x), table(1, 2, 5, 1), c, ROWS())
  })
})

describe('between calls', () => {
  it('a range runs its own rows only, and nothing when it is empty', () => {
    const [s0, xs] = [own(scalar(0)), own(tensor2d([[1], [20], [300]]))]
    const scan = staged.scan((s: Scalar, _: Tree, x: Tensor1D) => add<Scalar>(s, sum(x)))
    const found = ([0, 1, 2, 3] as const).map(from =>
      using(scan(s0, {}, xs, [from, 3]), s => s.dataSync()[0]),
    )
    expect(found).toEqual([321, 320, 300, 0])
  })

  it('compiles once for each kind of arguments: other numbers or more steps do not count', () => {
    const interpreter = wasm()
    const scan = interpreter.scan((s: Tensor2D, c: Tensor2D) => add<Tensor2D>(s, c))
    for (const [seed, rows, steps] of [
      [1, 2, 2],
      [2, 2, 7],
      [3, 3, 2],
      [4, 2, 1],
    ] as const)
      // prettier-ignore
      dispose(scan(table(seed, rows, 2, 1), table(seed + 1, rows, 2, 1), table(5, steps, 3, 1), [0, steps]))
    expect(interpreter.compilations()).toBe(2)
  })

  it('a table of the same kind but another density, or other numbers', () => {
    const f = (_: Tensor2D, c: { t: Tensor2D; w: Tensor2D }, rows: Tensor1D): Tensor2D =>
      matMul(gather(c.t, rows), c.w)
    for (const [seed, density] of [
      [1, 0.1],
      [2, 0.1],
      [3, 1],
      [4, 0.2],
    ] as const)
      // prettier-ignore
      law(f, table(1, 3, 4, 1), { t: table(seed, 5, 20, density), w: table(9, 20, 4, 1) }, ROWS())
  })

  it('memory does not grow from call to call, nor the number of tensors', () => {
    const w = table(1, 30, 20, 1)
    const [t, xs] = [table(2, 50, 20, 0.2), ROWS()]
    const interpreter = wasm()
    const scan = interpreter.scan((s: Tensor2D, c: { t: Tensor2D; rate: Scalar }, rows: Tensor1D) =>
      sub<Tensor2D>(
        s,
        mul(c.rate, matMul(sigmoid(matMul(gather(c.t, rows), s, false, true)), gather(c.t, rows), true)),
      ),
    )
    const before = memory().numTensors
    for (let i = 0; i < 50; i++) {
      const rate = scalar(1 / (i + 1))
      dispose([scan(w, { t, rate }, xs, [0, 2]), rate])
    }
    expect(memory().numTensors).toBe(before)
    expect(interpreter.compilations()).toBe(1)
  })
})

describe('what cannot be compiled', () => {
  it('a kernel that is not supported is named', () => {
    const scan = staged.scan((s: Tensor2D) => acosh(s))
    expect(() => scan(table(1, 2, 2, 1), {}, ROWS(), [0, 1])).toThrow(CompileError)
    expect(() => scan(table(1, 2, 2, 1), {}, ROWS(), [0, 1])).toThrow('the kernel Acosh is not supported')
  })

  it('kernels on more than two axes are refused, or right', () => {
    const s0 = own(
      tensor3d(
        Array.from({ length: 30 }, (_, i) => Math.sin(i)),
        [2, 3, 5],
      ),
    )
    const refused = (f: (s: Tensor3D) => Tensor3D): void => {
      expect(() => staged.scan(f)(s0, {}, ROWS(), [0, 1])).toThrow(CompileError)
    }
    refused(s => add(s, cast(expandDims(argMax(s, 2), 2), 'float32')))
    law((s: Tensor3D) => sub(mul(s, sigmoid(s)), sum(s)), s0, {}, ROWS())
    law((s: Tensor3D) => add(s, transpose(transpose(s, [0, 2, 1]), [0, 2, 1])), s0, {}, ROWS())
    law((s: Tensor3D) => add(s, sum<Scalar>(matMul(s, s, false, true))), s0, {}, ROWS())
    law((s: Tensor3D) => add(s, max(s, 2, true)), s0, {}, ROWS())
    law((s: Tensor3D) => add(s, sum(s, [0, 1])), s0, {}, ROWS())
  })

  it('a state that changes its kind', () => {
    const scan = staged.scan((s: Tensor) => sum(s))
    expect(() => scan(table(1, 2, 2, 1), {}, ROWS(), [0, 1])).toThrow(
      "a scan's state must keep its dtypes and shapes: the state was float32[2,2], became float32[]",
    )
  })

  it('a row that the table does not have', () => {
    const xs = own(tensor2d([[1, 0], [2, 5]], [2, 2], 'int32')) // prettier-ignore
    for (const density of [0.1, 1]) {
      const scan = staged.scan((_: Tensor2D, c: { t: Tensor2D }, rows: Tensor1D) => gather(c.t, rows))
      expect(() => scan(table(1, 2, 3, 1), { t: table(2, 5, 3, density) }, xs, [0, 2])).toThrow('row')
    }
  })

  it('more than four gigabytes, with the alternative', () => {
    expect(() => newMemory(WASM_VECTORS).allocate(2 ** 32)).toThrow(TooLarge)
    expect(() => newMemory(WASM_VECTORS).allocate(2 ** 32)).toThrow('--backend native')
  })
})
