/**
 * The compiler's public interface, `network2/compiler`: for any pure function of TensorFlow.js tensors, in Node and in
 * browsers. The XLA engine is not part of it, because it needs Node and TensorFlow's native library.
 *
 * - An engine is an {@link Interpreter}: {@link wasm} compiles, {@link eager} does not, and {@link withFallback} takes
 *   the second where the first cannot compile.
 * - {@link scan} runs a step many times in one call, and stacks what each step says; {@link jit} compiles a single function.
 * - {@link valueAndGrad} takes gradients, and {@link optim} has the usual optimizers.
 * - {@link trace} returns the program of a function, which {@link print} shows.
 *
 * @module network2/compiler
 */
export {
  CompileError,
  type EngineName,
  type Interpreter,
  type Scan,
  type Scanned,
  type Stacked,
  type StackedScan,
  type StepRange,
} from '../core/scan.ts'
export type { Tree } from '../core/tree.ts'
export { eager } from './eager.ts'
export { withFallback } from './fallback.ts'
export { jit } from './jit.ts'
export {
  optim,
  type OptimSettings,
  type OptimState,
  type OptimStep,
  type PureOptimizer,
  type Rate,
} from './optim.ts'
export {
  print,
  type AnyNode,
  type Constant,
  type Input,
  type Node,
  type Program,
  type Ref,
  type Spec,
} from './program.ts'
export { dropout, keys, normal, uniform } from './random.ts'
export { scan } from './stacked-scan.ts'
export { trace, TraceError, type Arguments } from './trace.ts'
export { valueAndGrad, type ValueAndGrad, type ValueGradAndAux } from './value-and-grad.ts'
export type { CompiledListing } from './wasm/compile.ts'
export { wasm, type WasmOptions } from './wasm/wasm.ts'
