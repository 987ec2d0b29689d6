/**
 * Simpler programs for every engine: what changes nothing is dropped, kernels that consist of others are written as these,
 * and each node has one output. An engine then needs few kernels.
 *
 * The rules that need a number apply to floats. A kernel to which no rule applies stays, and an engine that does not have it
 * refuses it by name.
 */
import { axesOf, countedAxis, numbersOf } from '../attributes.ts'
import { sizeOf, type Node, type Program, type Ref, type Spec } from '../program.ts'
import { resamplingRules } from './resampling.ts'
import { rewrite, unchanged, type Builder } from './rewrite.ts'
import { boolean, ofFloats, type Rewriting, type Rules, type SimplifyRule } from './simplify-rule.ts'

/** A function of one number, as a rule. */
const ofOne = (f: (x: Ref, rewriting: Rewriting) => Ref | undefined): SimplifyRule =>
  ofFloats(rewriting => f(rewriting.inputs[0]!, rewriting))

/** yes where a < b, else no: NaN is not below anything. */
const whereBelow = ({ make, output }: Rewriting, [a, b]: readonly [Ref, Ref], yes: Ref, no: Ref): Ref =>
  make('Select', [make('Less', [a, b], boolean(output)), yes, no], output)

/** e^x - 1 where x < 0, times a factor; elsewhere `no`. */
const expBelowZero = (rewriting: Rewriting, x: Ref, factor: number, no: Ref): Ref => {
  const { make, output, scalar } = rewriting
  const below = make('Sub', [make('Exp', [x], output), scalar(1)], output)
  const yes = factor === 1 ? below : make('Multiply', [scalar(factor), below], output)
  return whereBelow(rewriting, [x, scalar(0)], yes, no)
}

/** 1 where x > 0, else alpha; NaN stays. */
const step = ofOne((x, { old, make, scalar, output }) => {
  const compared = (kernel: string, to: Ref): Ref => make(kernel, [x, to], boolean(output))
  const heights = make(
    'Select',
    [compared('Greater', scalar(0)), scalar(1), scalar(Number(old.attributes.alpha ?? 0))],
    output,
  )
  return make('Select', [compared('NotEqual', x), x, heights], output)
})

/** 1 where x > 0, -1 where x < 0, else 0. */
const sign = ofOne((x, { make, scalar, output }) => {
  const zero = scalar(0)
  const truth = (kernel: string): Ref => make('Cast', [make(kernel, [x, zero], boolean(output))], output)
  return make('Sub', [truth('Greater'), truth('Less')], output)
})

/** x - max x along the last axis, which changes no softmax and never overflows; and Σ of its powers: (78). */
const shifted = ({ make, output }: Rewriting, x: Ref) => {
  const attributes = { axis: output.shape.length - 1, keepDims: true }
  const reduced = { ...output, shape: [...output.shape.slice(0, -1), 1] }
  const difference = make('Sub', [x, make('Max', [x], reduced, attributes)], output)
  const power = make('Exp', [difference], output)
  return { difference, power, total: make('Sum', [power], reduced, attributes), reduced }
}

const square: SimplifyRule = ({ inputs: [x], make, output }) => make('Multiply', [x!, x!], output)

/** x to a power that is a known number, where products and roots give it exactly. */
const power: SimplifyRule = ofFloats(({ inputs, make, scalar, output, numberOf }) => {
  const [x, exponent] = [inputs[0]!, numberOf(inputs[1]!)]
  const times = (a: Ref, b: Ref): Ref => make('Multiply', [a, b], output)
  const exact: Readonly<Record<number, () => Ref>> = {
    [-1]: () => make('RealDiv', [scalar(1), x], output),
    0.5: () => make('Sqrt', [x], output),
    1: () => x,
    1.5: () => times(x, make('Sqrt', [x], output)),
    2: () => times(x, x),
    3: () => times(x, times(x, x)),
  }
  return exponent === undefined ? undefined : exact[exponent]?.()
})

/** An operation on two known numbers is their result. */
const folded =
  (f: (a: number, b: number) => number): SimplifyRule =>
  ({ inputs, output, scalar, numberOf }) => {
    const [a, b] = inputs.map(numberOf)
    return a === undefined || b === undefined || output.shape.length > 0 || output.dtype !== 'float32'
      ? undefined
      : scalar(f(a, b))
  }

/** A reshape, with the attribute that TensorFlow.js's kernel has. */
const reshaped = ({ make }: Pick<Rewriting, 'make'>, x: Ref, output: Spec): Ref =>
  make('Reshape', [x], output, { shape: [...output.shape] })

/** A reduction over the first or last axes of more than two is one of a matrix. */
const reduction =
  (kernel: string): SimplifyRule =>
  rewriting => {
    const { old, inputs, output, spec, make } = rewriting
    const input = spec(inputs[0]!)
    const { shape } = input
    const removed = [...new Set(axesOf(old, input))].sort((a, b) => a - b)
    const kept = shape.length - removed.length
    const first = removed.every((axis, i) => axis === i)
    const last = removed.every((axis, i) => axis === kept + i)
    if (shape.length <= 2 || kept === 0) return undefined
    if (!first && !last) {
      const perm = [...shape.keys()].filter(axis => !removed.includes(axis)).concat(removed)
      const turned = make(
        'Transpose',
        [inputs[0]!],
        { ...input, shape: perm.map(axis => shape[axis]!) },
        { perm },
      )
      const axis = removed.map((_, i) => kept + i)
      const flat = { ...output, shape: perm.slice(0, kept).map(at => shape[at]!) }
      return reshaped(rewriting, make(kernel, [turned], flat, { axis, keepDims: false }), output)
    }
    const cut = first ? removed.length : kept
    const matrix = [sizeOf({ shape: shape.slice(0, cut) }), sizeOf({ shape: shape.slice(cut) })] as const
    const result = { ...output, shape: [matrix[first ? 1 : 0]] }
    const flat = reshaped(rewriting, inputs[0]!, { ...input, shape: matrix })
    return reshaped(rewriting, make(kernel, [flat], result, { axis: first ? 0 : 1, keepDims: false }), output)
  }

/** The sum, divided by how many numbers are in it. */
const mean = ofOne((x, { old, spec, make, scalar, output }) => {
  const attributes = { axis: [...axesOf(old, spec(x))], keepDims: old.attributes.keepDims === true }
  const count = scalar(sizeOf(spec(x)) / sizeOf(output))
  return make('RealDiv', [make('Sum', [x], output, attributes), count], output)
})

/** The parts of a tensor along an axis, which follow one another. */
const parts = ({ old, inputs, make, spec }: Rewriting, lengths: readonly number[]): readonly Ref[] => {
  const { dtype, shape } = spec(inputs[0]!)
  const axis = countedAxis(old, { dtype, shape })
  return lengths.map((length, i) => {
    const at = lengths.slice(0, i).reduce((a, b) => a + b, 0)
    const size = shape.with(axis, length)
    const begin = shape.map((_, d) => (d === axis ? at : 0))
    return make('Slice', inputs, { dtype, shape: size }, { begin, size })
  })
}

/** Two matrices in a batch of one are two matrices. */
const product: SimplifyRule = rewriting => {
  const { old, inputs, output, spec, make } = rewriting
  const isBatchOfOne = ({ shape }: Spec): boolean =>
    shape.length > 2 && sizeOf({ shape: shape.slice(0, -2) }) === 1
  if (!inputs.map(spec).every(isBatchOfOne)) return undefined
  const matrix = (of: Spec): Spec => ({ ...of, shape: of.shape.slice(-2) })
  const matrices = inputs.map(ref => reshaped(rewriting, ref, matrix(spec(ref))))
  return reshaped(rewriting, make('BatchMatMul', matrices, matrix(output), old.attributes), output)
}

/** What an index of any shape picks from the first axis of any tensor is rows of a matrix. */
const gather: SimplifyRule = rewriting => {
  const { old, inputs, output, spec, make } = rewriting
  const [source, index] = [inputs[0]!, inputs[1]!]
  const [from, rows] = [spec(source), spec(index)]
  const { axis, batchDims = 0 } = old.attributes
  if (from.shape.length < 2 || Number(axis) !== 0 || Number(batchDims) !== 0) return undefined
  if (from.shape.length === 2 && rows.shape.length === 1) return undefined
  const matrix = [from.shape[0]!, sizeOf({ shape: from.shape.slice(1) })] as const
  const picked = make(
    'GatherV2',
    [
      reshaped(rewriting, source, { ...from, shape: matrix }),
      reshaped(rewriting, index, { ...rows, shape: [sizeOf(rows)] }),
    ],
    { ...output, shape: [sizeOf(rows), matrix[1]] },
    { axis: 0, batchDims: 0 },
  )
  return reshaped(rewriting, picked, output)
}

/** Tensors that are added by their number are rows of a matrix. */
const segmentSum: SimplifyRule = rewriting => {
  const { old, inputs, output, spec, make } = rewriting
  const [x, numbers] = [inputs[0]!, inputs[1]!]
  const [from, of] = [spec(x), spec(numbers)]
  if (from.shape.length === 2 && of.shape.length === 1) return undefined
  const width = sizeOf(from) / sizeOf(of)
  const sum = make(
    'UnsortedSegmentSum',
    [
      reshaped(rewriting, x, { ...from, shape: [sizeOf(of), width] }),
      reshaped(rewriting, numbers, { ...of, shape: [sizeOf(of)] }),
    ],
    { ...output, shape: [output.shape[0]!, width] },
    old.attributes,
  )
  return reshaped(rewriting, sum, output)
}

/** `onValue` where the index is the place along a new last axis, else `offValue`. */
const oneHot: SimplifyRule = rewriting => {
  const { old, inputs, output, spec, make, scalar, constant } = rewriting
  const { depth, onValue, offValue } = old.attributes
  const index = spec(inputs[0]!)
  const values = Int32Array.from({ length: Number(depth) }, (_, i) => i)
  const column = reshaped(rewriting, inputs[0]!, { ...index, shape: [...index.shape, 1] })
  const isPlace = make(
    'Equal',
    [column, constant({ dtype: 'int32', shape: [values.length], values })],
    boolean(output),
  )
  const numbers = { ...output, dtype: 'float32' as const }
  return make(
    'Cast',
    [make('Select', [isPlace, scalar(Number(onValue)), scalar(Number(offValue))], numbers)],
    output,
  )
}

/** The kernels of TensorFlow.js's activation functions, as its fused kernels name them. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  linear: 'Identity',
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
}

/** The input of a kernel by its name: some of these kernels may be given without it. */
const inputNamed = ({ old, inputs }: Rewriting, name: string): Ref | undefined =>
  inputs[(old.attributes.inputNames as readonly string[]).indexOf(name)]

/** A kernel, its bias and its activation function, which are one kernel of TensorFlow.js. */
const fused =
  (kernel: string, operands: readonly string[]): SimplifyRule =>
  rewriting => {
    const { old, output, make } = rewriting
    const { activation, leakyreluAlpha } = old.attributes
    const given = operands.map(name => inputNamed(rewriting, name)!)
    const linear = make(kernel, given, output, old.attributes)
    const bias = inputNamed(rewriting, 'bias')
    const z = bias === undefined ? linear : make('Add', [linear, bias], output)
    const name = typeof activation === 'string' ? ACTIVATIONS[activation] : undefined
    if (name === 'Identity') return z
    if (name === undefined) return undefined
    const slopes = name === 'Prelu' ? [inputNamed(rewriting, 'preluActivationWeights')!] : []
    return make(name, [z, ...slopes], output, { alpha: Number(leakyreluAlpha ?? 0) })
  }

/** scale (x - mean) / √(variance + ε) + offset. */
const batchNorm = ofOne((x, rewriting) => {
  const { old, output, spec, make, scalar } = rewriting
  const [mean, variance] = [inputNamed(rewriting, 'mean')!, inputNamed(rewriting, 'variance')!]
  const [scale, offset] = [inputNamed(rewriting, 'scale'), inputNamed(rewriting, 'offset')]
  const each = spec(variance)
  const kept = make('Add', [variance, scalar(Number(old.attributes.varianceEpsilon))], each)
  const inverse = make('Rsqrt', [kept], each)
  const factor = scale === undefined ? inverse : make('Multiply', [inverse, scale], each)
  const scaled = make('Multiply', [make('Sub', [x, mean], output), factor], output)
  return offset === undefined ? scaled : make('Add', [scaled, offset], output)
})

const SELU_SCALE = 1.0507009873554805
const SELU_ALPHA = 1.6732632423543772

export const simplifyRules: Rules = {
  // what changes nothing
  Identity: ({ inputs: [x] }) => x,
  Cast: ({ inputs: [x], output, spec, scalar, numberOf }) => {
    if (spec(x!).dtype === output.dtype) return x
    const known = numberOf(x!)
    return known === undefined || output.dtype !== 'float32' ? undefined : scalar(known)
  },
  ExpandDims: rewriting => reshaped(rewriting, rewriting.inputs[0]!, rewriting.output),
  Transpose: ({ old, inputs: [x] }) =>
    numbersOf(old.attributes.perm).every((axis, i) => axis === i) ? x : undefined,
  Reshape: ({ inputs: [x], output, spec }) =>
    String(spec(x!).shape) === String(output.shape) ? x : undefined,

  // known numbers
  Add: folded((a, b) => a + b),
  Multiply: folded((a, b) => a * b),
  RealDiv: folded((a, b) => a / b),
  Sub: folded((a, b) => a - b),

  // element by element
  ClipByValue: ofOne((x, { old, make, scalar, output }) => {
    const above = make('Maximum', [x, scalar(Number(old.attributes.clipValueMin))], output)
    return make('Minimum', [above, scalar(Number(old.attributes.clipValueMax))], output)
  }),
  Elu: ofOne((x, rewriting) => expBelowZero(rewriting, x, 1, x)),
  // by the result y = e^x - 1, the derivative is y + 1
  EluGrad: ofOne((dy, rewriting) => {
    const { inputs, make, scalar, output } = rewriting
    const y = inputs[1]!
    const below = make('Multiply', [dy, make('Add', [y, scalar(1)], output)], output)
    return whereBelow(rewriting, [y, scalar(0)], below, dy)
  }),
  LeakyRelu: ofOne((x, rewriting) => {
    const { old, make, scalar, output } = rewriting
    const below = make('Multiply', [scalar(Number(old.attributes.alpha)), x], output)
    return whereBelow(rewriting, [x, scalar(0)], below, x)
  }),
  OnesLike: ({ inputs: [x], make, output }) =>
    make('Cast', [make('LogicalNot', [make('Less', [x!, x!], boolean(output))], boolean(output))], output),
  Pow: power,
  Prelu: ofOne((x, rewriting) => {
    const { inputs, make, scalar, output } = rewriting
    return whereBelow(rewriting, [x, scalar(0)], make('Multiply', [inputs[1]!, x], output), x)
  }),
  Reciprocal: ofOne((x, { make, scalar, output }) => make('RealDiv', [scalar(1), x], output)),
  Relu6: ofOne((x, { make, scalar, output }) =>
    make('Minimum', [make('Relu', [x], output), scalar(6)], output),
  ),
  Rsqrt: ofOne((x, { make, scalar, output }) =>
    make('RealDiv', [scalar(1), make('Sqrt', [x], output)], output),
  ),
  Selu: ofOne((x, rewriting) => {
    const { make, scalar, output } = rewriting
    const above = make('Multiply', [scalar(SELU_SCALE), x], output)
    return expBelowZero(rewriting, x, SELU_SCALE * SELU_ALPHA, above)
  }),
  Sign: sign,
  Square: square,
  SquaredDifference: ({ inputs, make, output }) => {
    const difference = make('Sub', inputs, output)
    return make('Multiply', [difference, difference], output)
  },
  Step: step,
  ZerosLike: ({ inputs: [x], make, output }) =>
    make('Cast', [make('Less', [x!, x!], boolean(output))], output),
  AddN: ({ inputs, make, output }) => inputs.reduce((a, b) => make('Add', [a, b], output)),

  // along axes
  Max: reduction('Max'),
  Mean: mean,
  Min: reduction('Min'),
  Sum: reduction('Sum'),
  UnsortedSegmentSum: segmentSum,
  Softmax: ofOne((x, rewriting) => {
    const { power, total } = shifted(rewriting, x)
    return rewriting.make('RealDiv', [power, total], rewriting.output)
  }),
  LogSoftmax: ofOne((x, rewriting) => {
    const { difference, total, reduced } = shifted(rewriting, x)
    const { make, output } = rewriting
    return make('Sub', [difference, make('Log', [total], reduced)], output)
  }),

  ...resamplingRules,

  // products
  BatchMatMul: product,
  _FusedMatMul: fused('BatchMatMul', ['a', 'b']),
  FusedConv2D: fused('Conv2D', ['x', 'filter']),
  FusedDepthwiseConv2D: fused('DepthwiseConv2dNative', ['x', 'filter']),
  FusedBatchNorm: batchNorm,

  // form
  GatherV2: gather,
  OneHot: oneHot,
  Pack: rewriting => {
    const { old, inputs, output, spec, make } = rewriting
    const axis = countedAxis(old, output)
    const parts = inputs.map(part =>
      reshaped(rewriting, part, { ...spec(part), shape: output.shape.with(axis, 1) }),
    )
    return make('Concat', parts, output, { axis })
  },
  SplitV: rewriting =>
    parts(
      rewriting,
      rewriting.old.outputs.map(output => output.shape[countedAxis(rewriting.old, output)]!),
    ),
  Unpack: rewriting =>
    parts(
      rewriting,
      rewriting.old.outputs.map(() => 1),
    ).map((part, i) => reshaped(rewriting, part, rewriting.old.outputs[i]!)),
}

/** The kernels that are written as others, or dropped. */
export const simplified: readonly string[] = Object.keys(simplifyRules)

const rewriteNode = (sets: readonly Rules[], old: Node, builder: Builder<Node>): readonly Ref[] => {
  const { emit, moved, scalar, constant, spec, numberOf } = builder
  const applied = (node: Node): readonly Ref[] | undefined => {
    const { inputs, outputs } = node
    const rewriting = { old: node, inputs, output: outputs[0]!, spec, scalar, constant, numberOf, make }
    for (const rules of sets) {
      const rule = Object.hasOwn(rules, node.kernel) ? rules[node.kernel] : undefined
      const result = rule?.(rewriting)
      if (result !== undefined) return [result].flat()
    }
    return undefined
  }
  const make: Rewriting['make'] = (kernel, inputs, output, attributes = {}) => {
    const node: Node = { kernel, inputs, attributes, outputs: [output] }
    return applied(node)?.[0] ?? emit(node)
  }
  return applied({ ...old, inputs: old.inputs.map(moved) }) ?? unchanged(old, builder)
}

/** Rewrites a program by rules: the first set that has one that applies to a node, also to those that rules make. */
export const rewriteBy =
  (...sets: readonly Rules[]) =>
  (program: Program): Program =>
    rewrite<Node, Node>(program, (old, builder) => rewriteNode(sets, old, builder))

/** The same function in fewer kinds of kernels. */
export const simplify: (program: Program) => Program = rewriteBy(simplifyRules)
