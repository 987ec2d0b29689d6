/**
 * Scans whose steps have outputs, and scans as the case without outputs.
 */
import { concat, zeros } from '@tensorflow/tfjs-core'
import { clone, dispose, foldScoped, keptAside, scoped, using } from '../core/scope.ts'
import type { Interpreter, Scan, Scanned, Stacked, StackedScan, StepRange } from '../core/scan.ts'
import { leaves, map, unflatten, type Tree } from '../core/tree.ts'
import { checkRange, zeroRow, type StackedStep } from './rows.ts'
import { isTracing, TraceError } from './trace.ts'

/** The `scan` of an engine, by its `stackedScan`: its steps have no output. */
export const scanOf =
  (stackedScan: Interpreter['stackedScan']): Interpreter['scan'] =>
  <S extends Tree, C extends Tree, X extends Tree>(f: (state: S, constants: C, x: X) => S): Scan<S, C, X> => {
    const run = stackedScan<S, C, X, readonly []>((state, constants, x) => [f(state, constants, x), []])
    const { begin } = run
    return Object.assign(
      (...args: Parameters<typeof run>): S => {
        const [s0, , , [from, to]] = args
        return from < to || isTracing() ? run(...args).state : clone(s0)
      },
      {
        begin:
          begin &&
          ((...args: Parameters<typeof run>) => {
            const end = begin(...args)
            return () => end().state
          }),
      },
    )
  }

/**
 * A fold whose steps have outputs, which are put one behind the other.
 *
 * @param f returns the new state and, as a tree of leaves [n, …], the outputs of n steps
 * @returns a fold over at least one item. It borrows `s0`; when `f` throws, no tensor is left
 */
export const foldStacked =
  <S extends Tree, X, Y extends Tree>(f: (state: S, x: X) => readonly [state: S, ys: Tree]) =>
  (s0: S, items: Iterable<X>): Scanned<S, Y> => {
    const outputs: Tree[] = []
    const step = (before: S, x: X): S => {
      const [state, ys] = f(before, x)
      outputs.push(map(ys, keptAside))
      return state
    }
    const stack = scoped(() => {
      const parts = outputs.map(leaves)
      return unflatten(
        outputs[0]!,
        parts[0]!.map((_, i) => concat(parts.map(part => part[i]!))),
      )
    })
    try {
      const state = foldScoped(step)(s0, items)
      try {
        return { state, ys: stack() as Stacked<Y> }
      } catch (error) {
        dispose(state)
        throw error
      }
    } finally {
      dispose(outputs)
    }
  }

/** The result of no step. The step runs once, on a row of zeros, to find the form of its output. */
const scannedNothing = <S extends Tree, C extends Tree, X extends Tree, Y extends Tree>(
  f: StackedStep<S, C, X, Y>,
  s0: S,
  constants: C,
  xs: Stacked<X>,
): Scanned<S, Y> => {
  const outputs = scoped(() => f(s0, constants, zeroRow<X>(xs))[1])
  return {
    state: clone(s0),
    ys: using(outputs(), y => map<Tree>(y, ({ dtype, shape }) => zeros([0, ...shape], dtype))) as Stacked<Y>,
  }
}

/** @throws TraceError in a function that is being traced: a program has no loops of its own */
const refuseNested = (): void => {
  if (isTracing())
    throw new TraceError(
      'a scan inside a function that is compiled: write it as a for loop there, or move it outside',
    )
}

/** The scan of an engine from one that runs at least one step, whose rows are there, and that is in no other program. */
export const checkedScan =
  (open: Interpreter['stackedScan']): Interpreter['stackedScan'] =>
  <S extends Tree, C extends Tree, X extends Tree, Y extends Tree>(
    f: StackedStep<S, C, X, Y>,
  ): StackedScan<S, C, X, Y> => {
    const run = open(f)
    const { begin } = run
    const checked =
      <R>(ofNothing: (nothing: Scanned<S, Y>) => R, of: (...args: Parameters<typeof run>) => R) =>
      (...args: Parameters<typeof run>): R => {
        const [s0, constants, xs, range] = args
        refuseNested()
        if (range[0] >= range[1]) return ofNothing(scannedNothing(f, s0, constants, xs))
        checkRange(xs, range)
        return of(...args)
      }
    return Object.assign(
      checked(nothing => nothing, run),
      { begin: begin && checked(nothing => () => nothing, begin) },
    )
  }

/** The rows that all leaves of the per-step inputs have. */
const allRows = (xs: Tree): StepRange => {
  const counts = leaves(xs).map(({ shape }) => shape.at(0) ?? 0)
  const [count = 0] = counts
  if (counts.length === 0)
    throw new RangeError('scan: there are no per-step inputs; give the range of the steps, such as [0, 10]')
  if (counts.some(other => other !== count))
    throw new RangeError(`scan: the per-step inputs have different numbers of rows: ${counts.join(', ')}`)
  return [0, count]
}

/**
 * Folds a step over rows and stacks what each step says, as `jax.lax.scan`: [s_i+1, y_i] = f(s_i, constants, x_i).
 *
 * @param engine the engine that runs the steps, in one call
 * @returns takes a pure step, and returns a function of the first state, the constants, the stacked rows, and the range of the steps,
 *          which is all of them if it is left out. That function borrows its arguments; the caller owns its result. It throws a
 *          CompileError if the step cannot be compiled, or if it is called inside a function that is compiled; a RangeError for rows
 *          that are not there
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { add, mul, scalar, tensor1d, type Scalar } from '@tensorflow/tfjs-core'
 * import { scan, wasm } from 'network2/compiler'
 *
 * type Saved = { readonly rate: Scalar }
 *
 * // an account with interest: the state is the balance, and each step says the interest of its year
 * const year = (balance: Scalar, { rate }: Saved, paidIn: Scalar): [Scalar, { interest: Scalar }] => {
 *   const interest = mul<Scalar>(balance, rate)
 *   return [add(add(balance, interest), paidIn), { interest }]
 * }
 * const { state, ys } = scan(wasm())(year)(scalar(100), { rate: scalar(0.5) }, tensor1d([10, 20, 30]))
 * console.log(state.dataSync()[0], ys.interest.dataSync().join()) // 420 50,80,130
 * ```
 */
export const scan =
  ({ stackedScan }: Interpreter) =>
  <S extends Tree, C extends Tree, X extends Tree, Y extends Tree>(
    f: (state: S, constants: C, x: X) => readonly [state: S, y: Y],
  ): ((s0: S, constants: C, xs: Stacked<X>, range?: StepRange) => Scanned<S, Y>) => {
    const run: StackedScan<S, C, X, Y> = stackedScan(f)
    return (s0, constants, xs, range = allRows(xs)) => run(s0, constants, xs, range)
  }
