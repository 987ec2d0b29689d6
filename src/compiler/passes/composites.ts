/**
 * Kernels that our own engines do not have, as others that they have: series and products. XLA has them itself.
 */
import { backend_util } from '@tensorflow/tfjs-core'
import { axesOf, countedAxis } from '../attributes.ts'
import type { Program, Ref, Spec } from '../program.ts'
import { rewriteBy, simplifyRules } from './simplify.ts'
import { boolean, ofFloats, type Rewriting, type SimplifyRule } from './simplify-rule.ts'

type Operand = Ref | number

/** Operations on tensors that have, or broadcast into, the shape of the result. */
const arithmetic = ({ make, scalar, output }: Rewriting) => {
  const refs = (operands: readonly Operand[]): readonly Ref[] =>
    operands.map(operand => (typeof operand === 'number' ? scalar(operand) : operand))
  const apply =
    (kernel: string, spec: Spec = output) =>
    (...operands: readonly Operand[]): Ref =>
      make(kernel, refs(operands), spec)
  const [mul, add] = [apply('Multiply'), apply('Add')]
  return {
    abs: apply('Abs'),
    add,
    div: apply('RealDiv'),
    equal: apply('Equal', boolean(output)),
    exp: apply('Exp'),
    floor: apply('Floor'),
    less: apply('Less', boolean(output)),
    log: apply('Log'),
    max: apply('Maximum'),
    min: apply('Minimum'),
    mul,
    neg: apply('Neg'),
    round: apply('Round'),
    select: apply('Select'),
    sign: apply('Sign'),
    sub: apply('Sub'),
    tanh: apply('Tanh'),
    /** The coefficient of the highest power first. */
    polynomial: (x: Ref, first: number, ...rest: readonly number[]): Ref =>
      rest.reduce<Ref>((sum, coefficient) => add(mul(sum, x), coefficient), scalar(first)),
  }
}

type Arithmetic = ReturnType<typeof arithmetic>

const ofNumbers = (f: (on: Arithmetic, ...inputs: readonly Ref[]) => Ref): SimplifyRule =>
  ofFloats(rewriting => f(arithmetic(rewriting), ...rewriting.inputs))

/** What is left of a number after division by another one, with the sign of that: 0 ≤ a mod b < b. */
const modulo = ({ div, floor, less, mul, add, select, sub }: Arithmetic, a: Ref, b: Operand): Ref => {
  const rest = sub(a, mul(b, floor(div(a, b))))
  // the quotient may have been rounded up to a whole number
  return select(less(mul(rest, b), 0), add(rest, b), rest)
}

/**
 * sin(x + quarters π/2), by the series of Cephes around the nearest multiple of π/2, which is split into three parts. The error is
 * about 1e-7 for |x| < 1000, and grows with |x|.
 */
const sine = (on: Arithmetic, x: Ref, quarters: number): Ref => {
  const { add, equal, less, mul, neg, polynomial, round, select, sub } = on
  const n = round(mul(x, 2 / Math.PI))
  const r = [1.5703125, 4.837512969970703e-4, 7.549789954891882e-8].reduce<Ref>(
    (rest, part) => sub(rest, mul(n, part)),
    x,
  )
  const square = mul(r, r)
  const odd = polynomial(square, -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
  const even = polynomial(square, 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
  const sin = add(mul(mul(odd, square), r), r)
  const cos = add(sub(mul(mul(even, square), square), mul(square, 0.5)), 1)
  const quadrant = modulo(on, add(n, quarters), 4)
  const value = select(equal(modulo(on, quadrant, 2), 1), cos, sin)
  return select(less(quadrant, 2), value, neg(value))
}

/** The angle of a point, by Cephes's series of atan up to π/8. */
const angle = (on: Arithmetic, y: Ref, x: Ref): Ref => {
  const { abs, add, div, equal, less, max, min, mul, neg, polynomial, select, sub } = on
  const [width, height] = [abs(x), abs(y)]
  const long = max(width, height)
  // the point (0, 0) has the angle 0
  const slope = div(min(width, height), select(equal(long, 0), 1, long))
  const isSteep = less(Math.SQRT2 - 1, slope)
  const w = select(isSteep, div(sub(slope, 1), add(slope, 1)), slope)
  const square = mul(w, w)
  const series = polynomial(square, 8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1)
  const below = add(add(mul(mul(series, square), w), w), select(isSteep, Math.PI / 4, 0))
  const upper = select(less(width, height), sub(Math.PI / 2, below), below)
  const left = select(less(x, 0), sub(Math.PI, upper), upper)
  return select(less(y, 0), neg(left), left)
}

/** e^(b ln |a|), with the sign that whole exponents give; NaN for other powers of negative numbers. */
const power = (on: Arithmetic, a: Ref, b: Ref): Ref => {
  const { abs, equal, exp, floor, less, log, mul, neg, select } = on
  const size = exp(mul(b, log(abs(a))))
  const ofWhole = select(equal(modulo(on, b, 2), 1), neg(size), size)
  const ofNegative = select(equal(floor(b), b), ofWhole, NaN)
  return select(equal(b, 0), 1, select(less(a, 0), ofNegative, size))
}

/** Sums up to each place of an axis, in as many additions as the length has binary digits. */
const cumulativeSum: SimplifyRule = ({ old, inputs: [x], output, make }) => {
  const { shape } = output
  const axis = countedAxis(old, output)
  const isBackwards = old.attributes.reverse === true
  /** Moved along the axis; what comes in is 0. */
  const shifted = (ref: Ref, by: number): Ref => {
    const size = shape.with(axis, shape[axis]! - by)
    const begin = shape.map((_, d) => (d === axis && isBackwards ? by : 0))
    const kept = make('Slice', [ref], { ...output, shape: size }, { begin, size })
    const paddings = shape.map((_, d) => (d !== axis ? [0, 0] : isBackwards ? [0, by] : [by, 0]))
    return make('PadV2', [kept], output, { paddings, constantValue: 0 })
  }
  const zero = (): Ref => make('ZerosLike', [x!], output)
  let sum = old.attributes.exclusive !== true ? x! : shape[axis]! > 1 ? shifted(x!, 1) : zero()
  for (let by = 1; by < shape[axis]!; by *= 2) sum = make('Add', [sum, shifted(sum, by)], output)
  return sum
}

/** Along another axis than the first: that axis is brought to the front, and those of the index to its place. */
const gatherAlong: SimplifyRule = ({ old, inputs, output, spec, make }) => {
  const [from, index] = [spec(inputs[0]!), spec(inputs[1]!)]
  const axis = countedAxis(old, from)
  if (axis === 0 || Number(old.attributes.batchDims ?? 0) !== 0) return undefined
  const perm = [axis, ...[...from.shape.keys()].filter(d => d !== axis)]
  const turned = make('Transpose', [inputs[0]!], { ...from, shape: perm.map(d => from.shape[d]!) }, { perm })
  const picked = { ...output, shape: [...index.shape, ...perm.slice(1).map(d => from.shape[d]!)] }
  const rows = make('GatherV2', [turned, inputs[1]!], picked, { axis: 0, batchDims: 0 })
  const of = index.shape.length
  const places = [...picked.shape.keys()]
  const back = [...places.slice(of, of + axis), ...places.slice(0, of), ...places.slice(of + axis)]
  return make('Transpose', [rows], output, { perm: back })
}

/** Of truths, as the largest or the least of 0 and 1. */
const truths =
  (kernel: 'Max' | 'Min'): SimplifyRule =>
  ({ old, inputs: [x], output, spec, make }) => {
    const numbers = make('Cast', [x!], { ...spec(x!), dtype: 'float32' })
    const attributes = { axis: [...axesOf(old, spec(x!))], keepDims: old.attributes.keepDims === true }
    return make('Cast', [make(kernel, [numbers], { ...output, dtype: 'float32' }, attributes)], output)
  }

const COMPOSITES: Readonly<Record<string, SimplifyRule>> = {
  All: truths('Min'),
  Any: truths('Max'),
  ArgMin: ({ old, inputs: [x], output, spec, make }) =>
    spec(x!).dtype === 'float32'
      ? make('ArgMax', [make('Neg', [x!], spec(x!))], output, old.attributes)
      : undefined,
  Atan2: ofNumbers((on, y, x) => angle(on, y, x)),
  Cos: ofNumbers((on, x) => sine(on, x, 1)),
  Cumsum: cumulativeSum,
  // the formula, and the constants, of TensorFlow.js: Abramowitz and Stegun, 7.1.26
  Erf: ofNumbers(({ abs, add, div, exp, mul, neg, polynomial, sign, sub }, x) => {
    const { ERF_A1, ERF_A2, ERF_A3, ERF_A4, ERF_A5, ERF_P } = backend_util
    const t = div(1, add(mul(ERF_P, abs(x)), 1))
    const series = mul(polynomial(t, ERF_A5, ERF_A4, ERF_A3, ERF_A2, ERF_A1), t)
    return mul(sign(x), sub(1, mul(series, exp(neg(mul(x, x))))))
  }),
  // by (110), e^x - 1 = 2 tanh(x/2) / (1 - tanh(x/2)): near 0 that is accurate
  Expm1: ofNumbers(({ abs, div, exp, less, mul, select, sub, tanh }, x) => {
    const half = tanh(mul(x, 0.5))
    return select(less(abs(x), 1), div(mul(2, half), sub(1, half)), sub(exp(x), 1))
  }),
  GatherV2: gatherAlong,
  Mod: ofNumbers((on, a, b) => modulo(on, a, b)),
  Pow: ofNumbers((on, a, b) => power(on, a, b)),
  Sin: ofNumbers((on, x) => sine(on, x, 0)),
}

/** The kernels that are written as others. */
export const compositeKernels: readonly string[] = Object.keys(COMPOSITES)

/** The same function without these kernels. */
export const expandComposites: (program: Program) => Program = rewriteBy(COMPOSITES, simplifyRules)
