/**
 * Programs of the kernels that our own engines compile. `canonicalize` makes one of a traced program: it checks the
 * kernels and decodes their attributes, so that the passes and the emitters find both in the types.
 */
import { isElementwise, type ElementwiseKernel } from './emit/elementwise.ts'
import type { Program, Ref, Spec } from './program.ts'

type Kernel<K extends string, Inputs extends readonly Ref[], Attributes extends object = object> = {
  readonly kernel: K
  readonly inputs: Inputs
  readonly attributes: Attributes
  readonly outputs: readonly [Spec]
}

type One = readonly [Ref]
type Two = readonly [Ref, Ref]
type Three = readonly [Ref, Ref, Ref]

export type ElementwiseNode = Kernel<ElementwiseKernel, readonly Ref[]>

/** a b or aᵀ b, where b is read row by row. */
export type MatMulNode = Kernel<'BatchMatMul', Two, { readonly transposeA: boolean }>

/** (source, rows, b): the product of rows of a sparse gather source with b. */
export type SparseMatMulNode = Kernel<'SparseMatMul', Three>

/** The axes that a reduction removes; with `keepDims` they stay, of length 1. */
type Reduced = { readonly axes: readonly number[]; readonly keepDims: boolean }

export type SumNode = Kernel<'Sum', One, Reduced>

export type ReductionNode = SumNode | Kernel<'Max' | 'Min', One, Reduced>

/** Along the last axis. */
export type ArgMaxNode = Kernel<'ArgMax', One>

/** (source, rows): rows of a matrix. */
export type GatherNode = Kernel<'GatherV2', Two>

/** Of a matrix. */
export type TransposeNode = Kernel<'Transpose', One>

export type ReshapeNode = Kernel<'Reshape', One>

/** How far a turn of a loop goes along an axis of a tensor: backwards where `by` is negative. */
export type Stride = readonly [axis: number, by: number]

/** A loop of a move. Where a stride is missing it stays at its place: there it repeats, or adds up. */
export type MoveLoop = { readonly extent: number; readonly from?: Stride; readonly to?: Stride }

/** Numbers of one input, from a place of it to a place of the result, along loops, the innermost last. */
export type MovePart = {
  readonly input: number
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly loops: readonly MoveLoop[]
}

/** Copies numbers; where none comes, the result is `fill`. With `adds`, what comes to one place is added up. */
export type MoveNode = Kernel<
  'Move',
  readonly Ref[],
  { readonly parts: readonly MovePart[]; readonly fill: number; readonly adds: boolean }
>

/** (key): random numbers in [0, 1), of the shape of the result. */
export type UniformNode = Kernel<'Network2Uniform', One>

/** (x, rows): the sum of the rows of a matrix that have the same number, at that row of the result. */
export type SegmentSumNode = Kernel<'UnsortedSegmentSum', Two>

/**
 * (w, source, rows, d, rate): w - rate aᵀ d, for the rows a of a sparse gather source.
 *
 * With a sixth input, decay: decay w - rate aᵀ d. The weight update of (93).
 */
export type RankUpdateNode = Kernel<
  'RankUpdate',
  readonly [Ref, Ref, Ref, Ref, Ref] | readonly [Ref, Ref, Ref, Ref, Ref, Ref]
>

/** (source, rows, d): aᵀ d, for the rows a of a sparse gather source: the gradient (BP4), of weights that are stored transposed. */
export type SparseGradientNode = Kernel<'SparseGradient', Three>

export type KernelNode =
  | ElementwiseNode
  | MatMulNode
  | SparseMatMulNode
  | ReductionNode
  | ArgMaxNode
  | GatherNode
  | TransposeNode
  | ReshapeNode
  | RankUpdateNode
  | SparseGradientNode
  | MoveNode
  | SegmentSumNode
  | UniformNode

export type KernelProgram = Program<KernelNode>

/** A node that a chain of element-wise kernels can start from: its numbers come out in registers, row by row. */
export type ChainStart = MatMulNode | SparseMatMulNode | SumNode

export type ChainNode = ElementwiseNode | ChainStart

/** What a fused node computes: a program of its inputs, with one output. It is printed as one expression. */
export type FusedBody = Program<ChainNode> & { readonly toJSON: () => string }

export type FusedNode = Kernel<'Fused', readonly Ref[], { readonly body: FusedBody }>

/** After fusion each node is a loop of its own. */
export type LoopNode = KernelNode | FusedNode

export type LoopProgram = Program<LoopNode>

export const isElementwiseNode = (node: LoopNode): node is ElementwiseNode => isElementwise(node.kernel)
