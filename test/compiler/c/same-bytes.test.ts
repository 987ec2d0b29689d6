/**
 * The C engine gives the same bits as the WebAssembly engine, for vectors of any width.
 */
import workerThreads from 'node:worker_threads'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'
import { costs } from '../../../src/core/costs/index.ts'
import { momentum } from '../../../src/core/optimizers/momentum.ts'
import { initialValues, toParams, type Sizes } from '../../../src/core/params.ts'
import { fold, key, normalNumbers, permutation } from '../../../src/core/rng.ts'
import { dispose, using, withTensors } from '../../../src/core/scope.ts'
import { train } from '../../../src/core/train.ts'
import { leaves, type Tree } from '../../../src/core/tree.ts'
import { c } from '../../../src/compiler/c/c.ts'
import { jit } from '../../../src/compiler/jit.ts'
import { uniform } from '../../../src/compiler/random.ts'
import type { CompiledListing } from '../../../src/compiler/wasm/compile.ts'
import { wasm } from '../../../src/compiler/wasm/wasm.ts'
import type { Interpreter } from '../../../src/core/scan.ts'
import { cCompiler, clang, need, type Need } from '../../support/needs.ts'

const folder = mkdtempSync(join(tmpdir(), 'network2-c-'))
const searchPath = process.env.PATH ?? ''
afterAll(() => rmSync(folder, { recursive: true }))

const WIDTHS = [4, 8, 16] as const

/** The bits of all numbers of a tree. */
const bitsOf = (tree: Tree): readonly number[][] =>
  leaves(tree).map(leaf => {
    const numbers = leaf.dataSync()
    return [...new Int32Array(Float32Array.from(numbers).buffer)]
  })

const matrix = (seed: number, rows: number, columns: number): tf.Tensor2D =>
  tf.tensor2d(normalNumbers(key(seed), rows * columns), [rows, columns])

/** aᵀ d in float32, each number summed over the rows in their order, with the zeros. */
const product = (a: readonly (readonly number[])[], d: readonly (readonly number[])[]): Float32Array =>
  Float32Array.from(
    a[0]!.flatMap((_, i) =>
      d[0]!.map((_, j) => a.reduce((sum, row, k) => Math.fround(sum + Math.fround(row[i]! * d[k]![j]!)), 0)),
    ),
  )

/** Numbers at the edges of what a float32 can be, and numbers of every size. */
const edges = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2.5,
  -2.5,
  1e-40,
  -1e-40,
  2 ** 31,
  -(2 ** 31),
  3e9,
  -3e9,
  88.8,
  -103,
  1e38,
  -1e38,
]

type F = (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Tensor

const unary: readonly ((x: tf.Tensor2D) => tf.Tensor)[] = [
  tf.abs,
  tf.ceil,
  tf.exp,
  tf.floor,
  tf.log,
  tf.log1p,
  tf.neg,
  tf.relu,
  tf.round,
  tf.sigmoid,
  tf.softplus,
  tf.sqrt,
  tf.tanh,
  x => tf.cast(tf.cast(x, 'int32'), 'float32'),
  x => tf.cast(x, 'bool'),
  x => tf.abs(tf.cast(x, 'int32')),
  x => tf.neg(tf.cast(x, 'int32')),
  x => tf.logicalNot(tf.cast(x, 'bool')),
  x => tf.sum(x, 0),
  x => tf.sum(x, 1),
  x => tf.sum(x),
  x => tf.max(x, 1),
  x => tf.max(x, 1, true),
  x => tf.min(x),
  x => tf.argMax(x, 1),
  x => tf.softmax(x),
  x => tf.transpose(x),
  x => tf.reshape(x, [-1, 3]),
  x => tf.tile(x, [2, 3]),
  x => tf.reverse(x, 1),
  x =>
    tf.pad(
      x,
      [
        [1, 0],
        [0, 2],
      ],
      0.5,
    ),
  x => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2], 'int32'), 4),
  x => tf.gather(x, tf.tensor1d([2, 0, 2, 1], 'int32')),
  x => tf.add(x, uniform(tf.tensor1d([7, -9], 'int32'), x.shape)),
]

const binary: readonly F[] = [
  tf.add,
  tf.sub,
  tf.mul,
  tf.div,
  tf.maximum,
  tf.minimum,
  tf.greater,
  tf.greaterEqual,
  tf.less,
  tf.lessEqual,
  tf.equal,
  tf.notEqual,
  (x, y) => tf.where(tf.greater(x, y), x, y),
  (x, y) => tf.logicalAnd(tf.cast(x, 'bool'), tf.cast(y, 'bool')),
  (x, y) => tf.logicalOr(tf.cast(x, 'bool'), tf.cast(y, 'bool')),
  (x, y) => tf.add(tf.cast(x, 'int32'), tf.cast(y, 'int32')),
  (x, y) => tf.mul(tf.cast(x, 'int32'), tf.cast(y, 'int32')),
  (x, y) => tf.maximum(tf.cast(x, 'int32'), tf.cast(y, 'int32')),
  (x, y) => tf.less(tf.cast(x, 'int32'), tf.cast(y, 'int32')),
  (x, y) => tf.matMul(x, y, false, true),
  (x, y) => tf.matMul(x, y, true, false),
  (x, y) => tf.concat([x, y], 1),
  (x, y) => tf.stack([x, y], 1),
]

type Pair = readonly [tf.Tensor2D, tf.Tensor2D]

/** One program with every kernel: it is compiled once. */
const everyKernel = ([x, y]: Pair): readonly tf.Tensor[] => [
  ...unary.map(f => f(x)),
  ...binary.map(f => f(x, y)),
]

const pairs = (columns: number): readonly (() => Pair)[] => [
  () => [matrix(1, 3, columns), matrix(2, 3, columns)],
  () => [tf.mul(matrix(3, 3, columns), 30), tf.mul(matrix(4, 3, columns), 1e9)],
  () => {
    const of = (from: number): tf.Tensor2D =>
      tf.tensor2d(
        Float32Array.from({ length: 3 * columns }, (_, i) => edges[(i * (from + 1) + from) % edges.length]!),
        [3, columns],
      )
    return [of(0), of(4)]
  },
]

type Network = {
  readonly sizes: Sizes
  readonly density: number
  readonly batch: number
  readonly cost: keyof typeof costs
  /** The momentum coefficient, if there is momentum. */
  readonly mu?: number
}

const NETWORKS: readonly Network[] = [
  { sizes: [50, 30, 10], density: 0.2, batch: 10, cost: 'xent' },
  { sizes: [40, 41, 17, 3], density: 1, batch: 16, cost: 'log-likelihood' },
  { sizes: [30, 9], density: 0.1, batch: 1, cost: 'xent' },
  { sizes: [50, 30, 10], density: 0.2, batch: 10, cost: 'xent', mu: 0.7 },
]

/** Wide enough that threads share the steps; the weights of one are stored as they are, of the other transposed. */
const WIDE: readonly Network[] = [
  { sizes: [200, 301, 10], density: 0.2, batch: 30, cost: 'xent' },
  { sizes: [60, 130, 70, 10], density: 1, batch: 30, cost: 'quadratic' },
  { sizes: [200, 301, 10], density: 0.2, batch: 30, cost: 'xent', mu: 0.7 },
]

const trained = (engine: Interpreter, { sizes, density, batch, cost, mu }: Network): readonly number[][] => {
  const n = 40
  const numbers = normalNumbers(key(5), n * sizes[0]).map((x, i) =>
    Math.abs(Math.sin(97 * i)) < density ? x : 0,
  )
  const x = tf.tensor2d(numbers, [n, sizes[0]])
  const y = tf.tensor2d(
    Float32Array.from({ length: n * sizes.at(-1)! }, (_, i) => (i % sizes.at(-1)! < 1 + (i % 7) ? 1 : 0)),
    [n, sizes.at(-1)!],
  )
  const params = toParams(initialValues('default', key(1), sizes))
  const events = train(
    engine,
    {
      cost: costs[cost],
      ...(mu === undefined ? {} : { mu, optimizer: momentum }),
      epochs: 2,
      miniBatchSize: batch,
      eta: 0.5,
      lmbda: 0.1,
      order: epoch => permutation(fold(key(7), epoch), n),
    },
    { training: { x, y }, observed: { training: { x, y } } },
    { params },
  )
  let at = events.next()
  while (!at.done) at = events.next()
  dispose([x, y, params])
  return using(at.value, bitsOf)
}

type Matrices = { readonly w: tf.Tensor2D; readonly m: tf.Tensor2D }

const UPDATE_RATE = 0.001

/** What is taken from w. */
const change = ({ w }: Matrices, x: tf.Tensor2D): tf.Tensor2D =>
  tf.mul(UPDATE_RATE, tf.matMul(x, tf.tanh(tf.matMul(x, w)), true, false))

/** Steps that update w, which threads keep in panels where each thread touches its own columns only; these read it in other ways, too. */
const UPDATES: readonly (readonly [string, (state: Matrices, x: tf.Tensor2D) => Matrices])[] = [
  ['nothing else', (state, x) => ({ w: tf.sub(state.w, change(state, x)), m: state.m })],
  [
    'it reads another matrix, number by number',
    (state, x) => ({ w: tf.add<tf.Tensor2D>(tf.sub(state.w, change(state, x)), state.m), m: state.m }),
  ],
  [
    'another matrix reads it, number by number',
    (state, x) => ({ w: tf.sub(state.w, change(state, x)), m: tf.add(state.m, tf.tanh(state.w)) }),
  ],
  [
    'it is on the left of a product',
    (state, x) => ({
      w: tf.sub(state.w, change(state, x)),
      m: tf.matMul(state.w, tf.matMul(state.m, state.m, true, false)),
    }),
  ],
  [
    'another matrix becomes what it was',
    (state, x) => ({ w: tf.sub(state.w, change(state, x)), m: state.w }),
  ],
  [
    'another matrix reads what it becomes',
    (state, x) => {
      const w = tf.sub<tf.Tensor2D>(state.w, change(state, x))
      return { w, m: tf.add(state.m, w) }
    },
  ],
]

/** The places, the first ones, at which bits differ: the whole lists take minutes to print. */
const differences = (found: readonly number[][], wanted: readonly number[][]): readonly string[] =>
  found
    .flatMap((bits, i) =>
      bits.flatMap((bit, j) => (bit === wanted[i]?.[j] ? [] : [`${i}: ${j} of ${bits.length}`])),
    )
    .slice(0, 5)

/** A search path on which clang is the only compiler. */
const clangPath = (): string => {
  const path = join(folder, 'clang')
  mkdirSync(path, { recursive: true })
  rmSync(join(path, 'cc'), { force: true })
  symlinkSync(spawnSync('which', ['clang'], { encoding: 'utf8' }).stdout.trim(), join(path, 'cc'))
  return path
}

describe.each([
  ['cc', cCompiler, () => searchPath],
  ['clang', clang, clangPath],
] as const)('C, compiled by %s, gives the bytes of WebAssembly', (compiler, needs, path) => {
  const engineOf = (lanes: (typeof WIDTHS)[number]): Interpreter =>
    c({ folder: join(folder, compiler), searchPath: path(), lanes })

  for (const lanes of WIDTHS) {
    it.skipIf(needs.isMissing)(`in every kernel, ${lanes} lanes`, needs.why, () => {
      const [found, wanted] = [engineOf(lanes), wasm()]
      for (const columns of [21]) {
        const both = [found, wanted].map(engine => jit(engine)(everyKernel))
        for (const pair of pairs(columns))
          withTensors(pair, given => {
            const [a, b] = both.map(compiled => using(compiled(given), bitsOf))
            a!.forEach((bits, i) => expect(bits, `result ${i} of ${columns} columns`).toEqual(b![i]))
          })
      }
      found.dispose()
      wanted.dispose()
    })

    it.skipIf(needs.isMissing)(`in trained weights, ${lanes} lanes`, needs.why, () => {
      const [found, wanted] = [engineOf(lanes), wasm()]
      for (const network of NETWORKS)
        expect(differences(trained(found, network), trained(wanted, network))).toEqual([])
      found.dispose()
      wanted.dispose()
    })
  }
})

it('the gradient of sparse rows has the bits of a dense product', () => {
  const [rows, columns, width] = [40, 31, 21]
  const numbers = normalNumbers(key(8), rows * columns).map(x => (Math.abs(x) < 1 ? 0 : x))
  const programs: string[] = []
  const engine = wasm({ onCompile: ({ program }) => programs.push(program) })
  withTensors(
    () => ({
      x: tf.tensor2d(numbers, [rows, columns]),
      d: matrix(9, 3, width),
      g: tf.zeros<tf.Rank.R2>([columns, width]),
      picked: tf.tensor2d([7, 31, 7], [1, 3], 'int32'),
    }),
    ({ x, d, g, picked }) => {
      const gradient = engine.scan(
        (_: tf.Tensor2D, given: { readonly x: tf.Tensor2D; readonly d: tf.Tensor2D }, from: tf.Tensor1D) =>
          tf.matMul<tf.Tensor2D>(tf.gather(given.x, from), given.d, true, false),
      )
      const found = using(gradient(g, { x, d }, picked, [0, 1]), bitsOf)
      const all = x.arraySync()
      expect(found[0]).toEqual([
        ...new Int32Array(product([all[7]!, all[31]!, all[7]!], d.arraySync()).buffer),
      ])
      expect(programs.join()).toContain('SparseGradient')
    },
  )
  engine.dispose()
})

type Threaded = { readonly threads: number; readonly onCompile: (listing: CompiledListing) => void }

/** Each engine that has threads, and what it needs. */
const THREADED: readonly (readonly [string, Need, (options: Threaded) => Interpreter])[] = [
  ['C', cCompiler, options => c({ folder: join(folder, 'c'), searchPath, ...options })],
  ['WebAssembly', need(true, ''), wasm],
]

for (const [name, needs, make] of THREADED)
  describe.skipIf(needs.isMissing)(`threads of ${name} give the bytes of one`, needs.why, () => {
    const shared = (threads: number): { readonly engine: Interpreter; readonly used: readonly number[] } => {
      const used: number[] = []
      const onCompile = (listing: CompiledListing): void => void used.push(listing.threads)
      return { engine: make({ threads, onCompile }), used }
    }

    for (const threads of [2, 3])
      it(`in weights that ${threads} threads train`, () => {
        const { engine, used } = shared(threads)
        const wanted = wasm()
        for (const network of WIDE)
          expect(differences(trained(engine, network), trained(wanted, network))).toEqual([])
        // the training of both networks, not what observes them
        expect(used.filter(count => count === threads).length).toBeGreaterThanOrEqual(2)
        engine.dispose()
        wanted.dispose()
      })

    it.each(UPDATES)('in a matrix that is updated: %s', (_, step) => {
      const { engine, used } = shared(2)
      const wanted = wasm()
      const inputs = () =>
        [matrix(1, 300, 130), tf.mul<tf.Tensor2D>(matrix(2, 300, 130), 0.01), matrix(3, 30, 300)] as const
      withTensors(inputs, ([w, m, x]) => {
        const [found, expected] = [engine, wanted].map(each => {
          const scan = each.scan((state: Matrices, given: tf.Tensor2D) => step(state, given))
          const rows = tf.zeros<tf.Rank.R1>([3])
          const bits = using(scan({ w, m }, x, rows, [0, 3]), bitsOf)
          dispose(rows)
          return bits
        })
        expect(differences(found!, expected!)).toEqual([])
      })
      expect(used).toEqual([2])
      engine.dispose()
      wanted.dispose()
    })

    it('in products with few columns, whose rows threads share', () => {
      const { engine, used } = shared(2)
      const products = ([x, w, d]: readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]) => [
        tf.relu(tf.matMul(x, w)),
        tf.matMul(x, d, true, false),
      ]
      const wanted = wasm()
      const inputs = () => [matrix(1, 4001, 25), matrix(2, 25, 6), matrix(3, 4001, 6)] as const
      withTensors(inputs, given =>
        expect(using(jit(engine)(products)(given), bitsOf)).toEqual(
          using(jit(wanted)(products)(given), bitsOf),
        ),
      )
      expect(used).toEqual([2])
      engine.dispose()
      wanted.dispose()
    })

    it('two engines at once, also after they were disposed of', () => {
      const engines = [shared(2), shared(3)].map(({ engine }) => engine)
      const reference = wasm()
      const wanted = trained(reference, WIDE[0]!)
      for (let round = 0; round < 2; round++) {
        for (const engine of engines) expect(trained(engine, WIDE[0]!)).toEqual(wanted)
        for (const engine of engines) engine.dispose()
      }
      reference.dispose()
    })

    it('a row that does not exist ends every thread', () => {
      const { engine, used } = shared(2)
      const picked = jit(engine)(([x, rows, w]: readonly [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D]) =>
        tf.matMul(tf.gather(x, rows), w),
      )
      const rowsOf = (row: number): tf.Tensor1D =>
        tf.tensor1d([...new Array<number>(99).fill(0), row], 'int32')
      const inputs = [matrix(1, 5, 100), rowsOf(5), rowsOf(4), matrix(2, 100, 64)] as const
      const [x, beyond, last, w] = inputs
      expect(() => picked([x, beyond, w])).toThrow('a row number')
      const found = picked([x, last, w])
      const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(found, tf.matMul(tf.gather(x, last), w)))))
      expect(difference.dataSync()[0]).toBeLessThan(1e-4)
      expect(used).toEqual([2])
      dispose([...inputs, difference, found])
      engine.dispose()
    })
  })

it('one thread that stands in for two, whose worker does not start, trains the same bytes', () => {
  const { Worker } = workerThreads
  workerThreads.Worker = class extends Worker {
    constructor() {
      super('', { eval: true, env: 1 as unknown as NodeJS.ProcessEnv })
    }
  }
  const notices: string[] = []
  const [found, wanted] = [wasm({ threads: 2, onNotice: line => notices.push(line) }), wasm()]
  try {
    for (const network of WIDE)
      expect(differences(trained(found, network), trained(wanted, network))).toEqual([])
    expect(notices).toEqual(['one thread runs the steps, not 2: a worker has ended, or did not start'])
  } finally {
    workerThreads.Worker = Worker
    found.dispose()
    wanted.dispose()
  }
})
