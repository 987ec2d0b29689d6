import {
  add,
  engine,
  gather,
  matMul,
  memory,
  mul,
  randomUniform,
  reshape,
  scalar,
  square,
  sum,
  tensor1d,
  tensor2d,
  train,
  variable,
  type Rank,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { byteTensor, scaledBytesOf } from '../../src/core/byte-tensor.ts'
import { quadratic } from '../../src/core/costs/quadratic.ts'
import { print } from '../../src/compiler/program.ts'
import { trace } from '../../src/compiler/trace.ts'
import { initialValues, toParams } from '../../src/core/params.ts'
import { key } from '../../src/core/rng.ts'
import { dispose, withTensors } from '../../src/core/scope.ts'
import { trainStep } from '../../src/core/train.ts'
import type { Tree } from '../../src/core/tree.ts'

/** The program of a function of one vector, as text. */
const traced = (f: (x: Tensor1D) => Tree): string =>
  withTensors(
    () => tensor1d([1, 2, 3]),
    x => print(trace(f, [['x', x]])),
  )

describe('a trace', () => {
  it('of bytes is that of floats, and makes no floats of the whole argument where rows are picked', () => {
    const [bytes, floats] = [
      byteTensor(Uint8Array.of(1, 2, 3, 4, 5, 6), [3, 2], 256),
      tensor2d([1, 2, 3, 4, 5, 6], [3, 2]),
    ]
    const read = vi.spyOn(engine().state.tensorInfo.get(bytes.dataId)!.backend, 'readSync')
    const [rows, whole] = [
      (x: Tensor2D): Tree => gather(x, tensor1d([2, 0], 'int32')),
      (x: Tensor2D): Tree => square(x),
    ].map(f => (x: Tensor2D) => print(trace(f, [['x', x]])))
    expect(rows!(bytes)).toBe(rows!(floats))
    expect(read).not.toHaveBeenCalled()
    expect(whole!(bytes)).toBe(whole!(floats))
    expect(scaledBytesOf(bytes)).toBeDefined()
    expect(read).toHaveBeenCalled()
    read.mockRestore()
    dispose([bytes, floats])
  })

  it('of a step with the quadratic cost has one node for each operation of the book', () => {
    const text = withTensors(
      () => ({
        params: toParams(initialValues('default', key(1), [4, 3, 2])),
        set: { x: tensor2d([[1, 2, 3, 4]]), y: tensor2d([[0, 1]]), rate: scalar(0.3), decay: scalar(1) },
        rows: tensor1d([0], 'int32'),
      }),
      ({ params, set, rows }) => {
        return print(
          trace(trainStep({ cost: quadratic }), [
            ['', { params, optimizer: [] }],
            ['', set],
            ['', { rows, masks: [] }],
          ]),
        )
      },
    )
    expect(text).toMatchInlineSnapshot(`
      "input params[0].w : float32[3,4]
      input params[0].b : float32[3]
      input params[1].w : float32[2,3]
      input params[1].b : float32[2]
      input x : float32[1,4]
      input y : float32[1,2]
      input rate : float32[]
      input decay : float32[]
      input rows : int32[1]
      c0 = 1 : float32[]
      %0 = GatherV2(x, rows) axis=0 batchDims=0 : float32[1,4]
      %1 = GatherV2(y, rows) axis=0 batchDims=0 : float32[1,2]
      %2 = BatchMatMul(%0, params[0].w) transposeB=true : float32[1,3]
      %3 = Add(%2, params[0].b) : float32[1,3]
      %4 = Sigmoid(%3) : float32[1,3]
      %5 = BatchMatMul(%4, params[1].w) transposeB=true : float32[1,2]
      %6 = Add(%5, params[1].b) : float32[1,2]
      %7 = Sigmoid(%6) : float32[1,2]
      %8 = Sub(%7, %1) : float32[1,2]
      %9 = Sub(c0, %7) : float32[1,2]
      %10 = Multiply(%7, %9) : float32[1,2]
      %11 = Multiply(%8, %10) : float32[1,2]
      %12 = BatchMatMul(%11, %4) transposeA=true : float32[2,3]
      %13 = Sum(%11) axis=0 : float32[2]
      %14 = BatchMatMul(%11, params[1].w) : float32[1,3]
      %15 = Sub(c0, %4) : float32[1,3]
      %16 = Multiply(%4, %15) : float32[1,3]
      %17 = Multiply(%14, %16) : float32[1,3]
      %18 = BatchMatMul(%17, %0) transposeA=true : float32[3,4]
      %19 = Sum(%17) axis=0 : float32[3]
      %20 = Multiply(decay, params[0].w) : float32[3,4]
      %21 = Multiply(rate, %18) : float32[3,4]
      %22 = Sub(%20, %21) : float32[3,4]
      %23 = Multiply(rate, %19) : float32[3]
      %24 = Sub(params[0].b, %23) : float32[3]
      %25 = Multiply(decay, params[1].w) : float32[2,3]
      %26 = Multiply(rate, %12) : float32[2,3]
      %27 = Sub(%25, %26) : float32[2,3]
      %28 = Multiply(rate, %13) : float32[2]
      %29 = Sub(params[1].b, %28) : float32[2]
      return %22, %24, %27, %29"
    `)
  })

  it('has no dead nodes, and equal constants once', () => {
    expect(
      traced(x => {
        square(x)
        return add(mul(x, scalar(2)), scalar(2))
      }),
    ).toMatchInlineSnapshot(`
      "input x : float32[3]
      c0 = 2 : float32[]
      %0 = Multiply(x, c0) : float32[3]
      %1 = Add(%0, c0) : float32[3]
      return %1"
    `)
  })

  it('tells two arguments apart that are the same tensor now', () => {
    const text = withTensors(
      () => tensor1d([1, 2]),
      x =>
        print(
          trace(
            (a: Tensor1D, b: Tensor1D) => mul(a, b),
            [
              ['a', x],
              ['b', x],
            ],
          ),
        ),
    )
    expect(text).toContain('%0 = Multiply(a, b)')
  })

  it('tells shapes apart that share their numbers', () => {
    const text = traced(x => matMul(reshape<Rank.R2>(x, [3, 1]), reshape<Rank.R2>(x, [1, 3])))
    expect(text).toContain('float32[3,1]')
    expect(text).toContain('float32[1,3]')
    expect(text).toContain('BatchMatMul(%0, %1)')
  })

  it('may pass an argument through, or return a constant', () => {
    expect(traced(x => ({ x, one: scalar(1) }))).toContain('return x, c0')
  })

  it('may make a variable of an argument', () => {
    const stepped = (x: Tensor1D): Tensor1D => {
      const inside = variable(x)
      inside.assign(add(inside, 1))
      const result = square<Tensor1D>(inside)
      inside.dispose()
      return result
    }
    expect(traced(stepped)).toContain('%1 = Square(%0)')
  })

  it('leaves no tensor and no wrapped kernel behind, also after a throw', () => {
    const broken = (x: Tensor1D): Tensor1D => {
      mul(x, 2)
      throw new Error('in the middle')
    }
    expect(() => traced(broken)).toThrow('in the middle')
    expect(memory().numTensors).toBe(0)
    expect(traced(x => square(x))).toBe(traced(x => square(x)))
    expect(
      withTensors(
        () => sum<Scalar>(square(tensor1d([1, 2]))),
        s => s.dataSync()[0],
      ),
    ).toBe(5)
  })
})

describe('what cannot be traced is an error that says why', () => {
  let outside: Variable
  beforeEach(() => {
    const one = scalar(1)
    outside = variable(one, true, 'outside')
    dispose(one)
  })
  afterEach(() => dispose(outside))

  it.each<[string, (x: Tensor1D) => Tree, string]>([
    ['a value read back', x => scalar(x.dataSync()[0]!), 'a tensor is read while the function is traced'],
    ['a branch on a number', x => (sum<Scalar>(x).arraySync() > 0 ? x : square(x)), 'a tensor is read'],
    ['a value that is waited for', x => (void x.data(), x), 'a tensor is read'],
    ['an array that is waited for', x => (void x.array(), x), 'a tensor is read'],
    ['a variable', x => mul(x, outside), 'the function uses the variable outside'],
    ['a variable that is set', x => (outside.assign(scalar(2)), x), 'the function uses the variable outside'],
    [
      'an optimizer',
      x => {
        const optimizer = train.sgd(0.1)
        try {
          optimizer.minimize(() => sum<Scalar>(mul(x, outside)))
        } finally {
          optimizer.dispose()
        }
        return x
      },
      'pass the value as an argument, and return the new one',
    ],
    ['a random draw', x => add(x, randomUniform([3])), 'random numbers are drawn'],
    ['a number', () => 3 as never, '3 is no tensor'],
    ['text', () => 'three' as never, 'three is no tensor'],
  ])('%s', (_what, f, words) => {
    expect(() => traced(f)).toThrow(words)
    expect(Math.random()).toBeLessThan(1)
  })
})
