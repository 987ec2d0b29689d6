import {
  add,
  gather,
  matMul,
  mul,
  scalar,
  sigmoid,
  sign,
  sub,
  sum,
  tensor1d,
  tensor2d,
  zeros,
} from '@tensorflow/tfjs-core'
import type { Rank, Scalar, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it } from 'vitest'
import { crossEntropy } from '../../../src/core/costs/cross-entropy.ts'
import { print, type AnyNode, type Program } from '../../../src/compiler/program.ts'
import type { KernelProgram, LoopProgram } from '../../../src/compiler/kernel-program.ts'
import { traceStep } from '../../../src/compiler/rows.ts'
import { fuse } from '../../../src/compiler/passes/fuse.ts'
import { lower } from '../../../src/compiler/passes/lower.ts'
import { canonicalize } from '../../../src/compiler/passes/canonicalize.ts'
import { assignLayouts } from '../../../src/compiler/passes/assign-layouts.ts'
import { planMemory } from '../../../src/compiler/passes/memory-plan.ts'
import { sparsify, gatherSources } from '../../../src/compiler/passes/sparsify.ts'
import type { Params } from '../../../src/core/params.ts'
import { dispose } from '../../../src/core/scope.ts'
import { sigmoid as hidden } from '../../../src/core/activations/sigmoid.ts'
import { backprop } from '../../../src/core/network.ts'
import { stochasticGradientDescent } from '../../../src/core/optimizers/sgd.ts'
import { l2 } from '../../../src/core/regularizers/l2.ts'
import type { Tree } from '../../../src/core/tree.ts'

let mine: Tree[] = []
const own = <T extends Tree>(tree: T): T => {
  mine.push(tree)
  return tree
}
afterEach(() => {
  dispose(mine)
  mine = []
})

const NONE = new Set<number>()

/** The layout of the step of `training`: two layers, and one row. */
const LAYOUT = { carried: 4, rows: 1 }
const matrix = (rows: number, columns: number): Tensor2D => own(zeros([rows, columns]))

/** The program of a step in canonical form; x is a row of two numbers. */
const canonical = <S extends Tree, C extends Tree>(
  f: (state: S, constants: C, x: Tensor1D) => S,
  s0: S,
  constants: C,
): KernelProgram =>
  canonicalize(
    traceStep(
      (state: S, given: C, x: Tensor1D) => [f(state, given, x), []],
      s0,
      constants,
      own(tensor2d([[0, 1]], [1, 2], 'int32')),
    ).program,
  )

/** The nodes and the result, without the list of inputs. */
const body = (program: Program<AnyNode>): string[] =>
  print(program)
    .split('\n')
    .filter(line => /^(%|return)/.test(line))

type Data = { readonly x: Tensor2D; readonly y: Tensor2D; readonly rate: Scalar; readonly decay: Scalar }

/** A step of a network [5,3,2] on two rows of nine. */
const training = (): KernelProgram =>
  canonical(
    (params: Params, { x, y, rate, decay }: Data, rows: Tensor1D) =>
      stochasticGradientDescent.update(
        backprop({ hidden, cost: crossEntropy })(params, { x: gather(x, rows), y: gather(y, rows) }),
        { params, optimizer: [] },
        { rate, decay },
        l2,
      ).params,
    [
      { w: matrix(3, 5), b: own(tensor1d([0, 0, 0])) },
      { w: matrix(2, 3), b: own(tensor1d([0, 0])) },
    ],
    { x: matrix(9, 5), y: matrix(9, 2), rate: own(scalar(1)), decay: own(scalar(1)) },
  )

describe('canonicalize', () => {
  it('a product reads its second matrix row by row', () => {
    const program = canonical(
      (s: Tensor2D, c: Tensor2D) => matMul(s, c, false, true),
      matrix(2, 2),
      matrix(2, 2),
    )
    expect(body(program)).toEqual([
      '%0 = Transpose() : float32[2,2]',
      '%1 = BatchMatMul(, %0) : float32[2,2]',
      'return %1',
    ])
  })
})

describe('canonicalize refuses by name', () => {
  it('a product of more than two matrices', () => {
    const many = own(zeros<Rank.R3>([3, 2, 2]))
    expect(() => canonical((s: Tensor2D, c: Tensor3D) => sum(matMul(c, s), 0), matrix(2, 2), many)).toThrow(
      'the kernel BatchMatMul of [3,2,2] and [2,2]',
    )
  })

  it('the sign of whole numbers', () => {
    const whole = own(zeros<Rank.R2>([2, 2], 'int32'))
    expect(() => canonical((s: Tensor2D) => sign(s), whole, {})).toThrow('the kernel Sign of int32')
  })
})

describe('assignLayouts', () => {
  it('stores the weights that only the forward pass reads transposed', () => {
    const { program, transposed } = assignLayouts(training(), NONE, LAYOUT)
    expect([...transposed]).toEqual([0])
    expect(body(program).filter(line => line.includes('Transpose'))).toEqual([
      '%5 = Transpose([1].w) : float32[3,2]',
    ])
    expect(print(program)).toContain('input [0].wᵀ : float32[5,3]')
  })

  type Moving = { readonly w: Tensor2D; readonly v: Tensor2D; readonly u: Tensor2D }

  /** A step with momentum, and what becomes of a column by the gradient. */
  const moving = (also: (u: Tensor2D, gradient: Tensor2D) => Tensor2D) =>
    canonical(
      ({ w, v, u }: Moving, { x, rate }: { readonly x: Tensor2D; readonly rate: Scalar }) => {
        const gradient = matMul<Tensor2D>(matMul(x, w, false, true), x, true)
        const after = sub<Tensor2D>(mul(rate, v), mul(rate, gradient))
        return { w: add<Tensor2D>(w, after), v: after, u: also(u, gradient) }
      },
      { w: matrix(3, 5), v: matrix(3, 5), u: matrix(3, 1) },
      { x: matrix(2, 5), rate: own(scalar(1)) },
    )
  const laidOut = (program: KernelProgram) => assignLayouts(program, new Set([3, 4]), { carried: 3, rows: 1 })

  it('stores a velocity like its weights, where neither is transposed then', () => {
    const { program, transposed } = laidOut(moving(u => u))
    expect([...transposed]).toEqual([0, 1])
    expect(print(program)).not.toContain('Transpose')
  })

  it('but does not compute a gradient twice for it', () => {
    const { program, transposed } = laidOut(moving((u, gradient) => add(u, sum(gradient, 1, true))))
    expect([...transposed]).toEqual([])
    expect(print(program).match(/BatchMatMul\(/g)).toHaveLength(2)
  })

  it('leaves a fixed input as it is', () => {
    expect([...assignLayouts(training(), new Set([0]), LAYOUT).transposed]).toEqual([])
  })
})

describe('sparsify', () => {
  it('finds the gather sources', () => {
    expect(gatherSources(training(), LAYOUT)).toEqual([4, 5])
  })

  it('multiplies with rows that are never gathered, and updates weights in place', () => {
    const { program } = assignLayouts(training(), new Set([4, 5]), LAYOUT)
    const lines = body(sparsify(program, new Set([4])))
    expect(lines.filter(line => /Sparse|Rank|Gather/.test(line))).toEqual([
      '%0 = GatherV2(y, x) : float32[2,2]',
      '%1 = SparseMatMul(x, x, [0].wᵀ) : float32[2,3]',
      '%23 = RankUpdate([0].wᵀ, x, x, %14, rate, decay) : float32[5,3]',
    ])
  })

  it('updates weights in place on whichever side the numbers stand', () => {
    type Scaled = { readonly x: Tensor2D; readonly delta: Tensor2D; readonly rate: Scalar }
    const constants = { x: matrix(9, 5), delta: matrix(2, 3), rate: own(scalar(1)) }
    const step =
      (times: (a: Tensor2D, b: Scalar) => Tensor2D) =>
      (w: Tensor2D, { x, delta, rate }: Scaled, rows: Tensor1D): Tensor2D =>
        sub(times(w, rate), times(matMul(gather(x, rows), delta, true), rate))
    const update = (times: (a: Tensor2D, b: Scalar) => Tensor2D): string[] =>
      body(sparsify(canonical(step(times), matrix(5, 3), constants), new Set([1])))
    expect(update((a, b) => mul(a, b))).toEqual(update((a, b) => mul(b, a)))
    expect(update((a, b) => mul(a, b))[0]).toMatch(/^%\d+ = RankUpdate\(/)
  })

  it('does not take a product of two matrices for a matrix times a number', () => {
    type Two = { readonly x: Tensor2D; readonly delta: Tensor2D; readonly mask: Tensor2D }
    const step = (w: Tensor2D, { x, delta, mask }: Two, rows: Tensor1D): Tensor2D =>
      sub(w, mul(matMul(gather(x, rows), delta, true), mask))
    const constants = { x: matrix(9, 5), delta: matrix(2, 3), mask: matrix(5, 3) }
    const lines = body(sparsify(canonical(step, matrix(5, 3), constants), new Set([1])))
    expect(lines.join()).not.toContain('RankUpdate')
  })

  it('leaves a dense gather source alone', () => {
    const { program } = assignLayouts(training(), new Set([4, 5]), LAYOUT)
    expect(print(sparsify(program, NONE))).toBe(print(program))
  })
})

describe('fuse', () => {
  it('joins a chain to the product that it starts from', () => {
    const program = canonical(
      (s: Tensor2D, c: Tensor2D) => sigmoid(add<Tensor2D>(matMul(c, s), s)),
      matrix(2, 2),
      matrix(2, 2),
    )
    expect(body(fuse(program))).toEqual([
      '%0 = Fused(, ) body="Sigmoid(Add(BatchMatMul(0, 1), 1))" : float32[2,2]',
      'return %0',
    ])
  })

  it('computes a result that is read twice once', () => {
    const program = canonical(
      (s: Tensor2D) => {
        const a = sigmoid(s)
        return mul<Tensor2D>(a, sub(1, a))
      },
      matrix(2, 2),
      {},
    )
    expect(body(fuse(program))).toEqual([
      '%0 = Fused(, c0) body="a = Sigmoid(0); Multiply(a, Sub(1, a))" : float32[2,2]',
      'return %0',
    ])
  })

  it('has each input once, however often it is read', () => {
    const program = canonical((s: Tensor2D) => add<Tensor2D>(mul(s, s), s), matrix(2, 2), {})
    expect(body(fuse(program))[0]).toBe('%0 = Fused() body="Add(Multiply(0, 0), 0)" : float32[2,2]')
  })

  it('keeps the inputs of the product out of the chain', () => {
    const program = canonical((s: Tensor2D) => matMul(sigmoid(s), s), matrix(2, 2), {})
    expect(body(fuse(program))).toHaveLength(3)
  })
})

describe('planMemory', () => {
  const planned = (program: LoopProgram) => ({
    program,
    plan: planMemory(program, NONE, { carried: program.outputs.length, rows: 1 }, 4),
  })

  it('writes each new state over the old one', () => {
    const forms = new Map([
      [4, 'sparse'],
      [5, 'dense'],
    ] as const)
    const { program } = lower(training(), forms, LAYOUT)
    const plan = planMemory(program, new Set(forms.keys()), LAYOUT, 4)
    expect(plan.moves).toEqual([])
    expect(program.outputs.map(ref => plan.nodes[ref.index])).toEqual(plan.inputs.slice(0, 4))
  })

  it('but not where the old one is still read', () => {
    const { program, plan } = planned(
      fuse(canonical((s: Tensor2D, c: Tensor2D) => matMul(c, s), matrix(2, 2), matrix(2, 2))),
    )
    expect(plan.nodes[0]).not.toBe(plan.inputs[0])
    expect(plan.moves).toEqual([{ from: plan.nodes[0], to: plan.inputs[0], bytes: 32 }])
    expect(program.nodes).toHaveLength(1)
  })

  it('copies states that change places aside first', () => {
    type Pair = readonly [Tensor2D, Tensor2D]
    const { plan } = planned(canonical(([a, b]: Pair): Pair => [b, a], [matrix(2, 2), matrix(2, 2)], {}))
    expect(plan.moves).toHaveLength(4)
  })

  it('reuses the place of a result that is not read again', () => {
    const chain = (s: Tensor2D, c: Tensor2D): Tensor2D =>
      Array.from({ length: 5 }).reduce<Tensor2D>(a => matMul(c, a), s)
    const { plan } = planned(fuse(canonical(chain, matrix(2, 2), matrix(2, 2))))
    // two in turn, and the state's own for the last
    expect(new Set(plan.nodes).size).toBe(3)
  })
})
