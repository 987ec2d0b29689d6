/**
 * Functions that WebAssembly does not have, for four float32 at a time: argument reduction and a polynomial with the
 * coefficients of S. Moshier's Cephes library (single precision). The error is about two units in the last place;
 * limits, infinities and NaN are those of the real function.
 */
import {
  f32x4,
  i32x4,
  let_,
  v128,
  vectorFunction,
  type Code,
  type Computed,
  type Locals,
  type V128,
} from './code.ts'

const { add, sub, mul, div, const: float } = f32x4

type Function1 = (fn: Locals, x: V128) => Computed

/** Collects statements, so that a function can be written as a list of named values. */
const steps = (
  fn: Locals,
): { readonly before: Code[]; readonly put: (value: V128) => V128; readonly use: (c: Computed) => V128 } => {
  const before: Code[] = []
  return {
    before,
    put: value => {
      const { code, value: named } = let_(fn, value)
      before.push(code)
      return named
    },
    use: computed => {
      before.push(computed.before)
      return computed.value
    },
  }
}

/** Horner's scheme, the coefficient of the highest power first. */
const polynomial = (x: V128, [first, ...rest]: readonly [number, ...number[]]): V128 =>
  rest.reduce((sum, coefficient) => add(mul(sum, x), float(coefficient)), float(first))

/** 2^n for integers from -126 to 127. */
const powerOfTwo = (n: V128): V128 => i32x4.shl(i32x4.add(n, i32x4.const(127)), 23)

/** Below and above these e^x is 0 and infinity in float32. */
const [EXP_LOW, EXP_HIGH] = [-104, 89]

/** A float32 of this size has no room for a fraction: what is added to it is rounded, and is the difference of the bits. */
const ROUND = 1.5 * 2 ** 23
const ROUND_BITS = 0x4b400000

/** e^x = 2^n e^r with |r| ≤ ½ ln 2. ln 2 is split into two parts, so that n times the first is exact. */
export const emitExp: Function1 = vectorFunction('exp', (fn, x) => {
  const { before, put } = steps(fn)
  const bounded = put(f32x4.min(f32x4.max(x, float(EXP_LOW)), float(EXP_HIGH)))
  const shifted = put(add(mul(bounded, float(Math.LOG2E)), float(ROUND)))
  const n = put(sub(shifted, float(ROUND)))
  const r = put(sub(sub(bounded, mul(n, float(0.693359375))), mul(n, float(-2.1219444e-4))))
  const p = polynomial(
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  )
  const y = add(add(mul(mul(r, r), p), r), float(1))
  // two factors: at the ends of the range e^x fits into float32, but 2^n does not
  const whole = put(i32x4.sub(shifted, i32x4.const(ROUND_BITS)))
  const half = put(i32x4.shrS(whole, 1))
  return { before, value: mul(mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half))) }
})

/** Equation (3): σ(x) = 1 / (1 + e^-x), from e^-|x|, which never overflows and stays accurate where σ(x) is small. */
export const emitSigmoid: Function1 = vectorFunction('sigmoid', (fn, x) => {
  const { before, put, use } = steps(fn)
  const t = put(use(emitExp(fn, f32x4.neg(f32x4.abs(x)))))
  const above = v128.select(t, float(1), f32x4.lt(x, float(0)))
  return { before, value: div(above, add(float(1), t)) }
})

const SMALLEST_NORMAL = 2 ** -126

/** ln(m 2^e) = ln m + e ln 2, with m from √½ to √2. */
export const emitLog: Function1 = vectorFunction('log', (fn, x) => {
  const { before, put } = steps(fn)
  const tiny = put(f32x4.lt(x, float(SMALLEST_NORMAL)))
  const scaled = put(v128.select(mul(x, float(2 ** 23)), x, tiny))
  const half = put(v128.or(v128.and(scaled, i32x4.const(0x007fffff)), i32x4.const(0x3f000000)))
  const low = put(f32x4.lt(half, float(Math.SQRT1_2)))
  const e = put(
    f32x4.fromInts(
      i32x4.sub(
        i32x4.add(i32x4.sub(i32x4.shrU(scaled, 23), i32x4.const(126)), low),
        v128.and(tiny, i32x4.const(23)),
      ),
    ),
  )
  const m = put(sub(add(half, v128.and(low, half)), float(1)))
  const square = put(mul(m, m))
  const p = polynomial(
    m,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  )
  const tail = add(mul(mul(m, square), p), mul(e, float(-2.1219444e-4)))
  const finite = add(add(m, sub(tail, mul(square, float(0.5)))), mul(e, float(0.693359375)))
  // ln ∞ = ∞ and ln NaN = NaN, which is x itself; ln 0 = -∞; NaN for negative numbers
  const upper = v128.select(finite, x, f32x4.lt(x, float(Infinity)))
  const zero = v128.select(float(-Infinity), upper, f32x4.eq(x, float(0)))
  return { before, value: v128.select(float(NaN), zero, f32x4.lt(x, float(0))) }
})

/** ln(1 + x): the logarithm of the rounded u = 1 + x, corrected by the rounding error over u. */
export const emitLog1p: Function1 = vectorFunction('log1p', (fn, x) => {
  const { before, put, use } = steps(fn)
  const u = put(add(float(1), x))
  const lost = sub(x, sub(u, float(1)))
  const ordinary = v128.and(f32x4.gt(u, float(0)), f32x4.lt(u, float(Infinity)))
  const mend = put(v128.and(div(lost, u), ordinary))
  return { before, value: add(use(emitLog(fn, u)), mend) }
})

/**
 * Equation (110), tanh x = (e^x - e^-x) / (e^x + e^-x), from t = e^-2|x|, which never overflows:
 * tanh |x| = (1 - t) / (1 + t), with the sign of x. Near 0, where that is inaccurate, an odd polynomial.
 */
export const emitTanh: Function1 = vectorFunction('tanh', (fn, x) => {
  const { before, put, use } = steps(fn)
  const size = put(f32x4.abs(x))
  const t = put(use(emitExp(fn, mul(size, float(-2)))))
  const far = div(sub(float(1), t), add(float(1), t))
  const square = put(mul(x, x))
  const p = polynomial(
    square,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  )
  const near = add(x, mul(mul(x, square), p))
  const signed = v128.or(far, v128.and(x, i32x4.const(0x80000000)))
  return { before, value: v128.select(near, signed, f32x4.lt(size, float(0.625))) }
})

/** ln(1 + e^x), from e^-|x|, which never overflows. */
export const emitSoftplus: Function1 = vectorFunction('softplus', (fn, x) => {
  const { before, put, use } = steps(fn)
  const t = put(use(emitExp(fn, f32x4.neg(f32x4.abs(x)))))
  const rest = put(use(emitLog1p(fn, t)))
  return { before, value: add(f32x4.max(x, float(0)), rest) }
})
