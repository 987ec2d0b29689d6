/**
 * Which way round a matrix that comes from outside is kept. A layer's weights [out, in] are read as [in, out] on
 * the way forward: where that is their main use they are kept so, and never turned inside the loop.
 */
import { same, sizeOf, specOf, type Node, type Program, type Ref } from '../program.ts'
import { isElementwise } from '../emit/elementwise.ts'
import { isScalar, sameShape } from './shapes.ts'
import { emitProduct, transpose } from './canonicalize.ts'
import { unchanged, outputOf, readers, rewrite, type Builder } from './rewrite.ts'

/**
 * Moves transposes towards the inputs: that of a transpose vanishes, that of a product is the product the other
 * way round, that of an element-wise kernel is the kernel of the transposes.
 */
export const sinkTransposes = (program: Program): Program => {
  const counts = readers(program)
  const turn = (ref: Ref, maker: Builder): Ref => {
    const made = ref.kind === 'node' ? program.nodes[ref.index]! : undefined
    if (made?.kernel === 'Transpose') return maker.moved(made.inputs[0]!)
    // what is read elsewhere too would be computed twice
    if (ref.kind !== 'node' || made === undefined || counts[ref.index] !== 1)
      return transpose(maker.moved(ref), maker)
    const { dtype, shape } = outputOf(made)
    const output = { dtype, shape: [shape[1]!, shape[0]!] }
    if (made.kernel === 'BatchMatMul') {
      const [a, b] = made.inputs as [Ref, Ref]
      return made.attributes.transposeA === true
        ? emitProduct(
            { a: maker.moved(b), b: maker.moved(a), transposeA: true, transposeB: false },
            output,
            maker,
          )
        : maker.emit({
            ...made,
            inputs: [maker.moved(b), turn(a, maker)],
            attributes: { ...made.attributes, transposeA: true },
            outputs: [output],
          })
    }
    const fits = made.inputs.every(input => {
      const spec = specOf(program, input)
      return isScalar(spec) || sameShape(spec, outputOf(made))
    })
    if (!isElementwise(made.kernel) || !fits) return transpose(maker.moved(ref), maker)
    const inputs = made.inputs.map(input =>
      isScalar(specOf(program, input)) ? maker.moved(input) : turn(input, maker),
    )
    return maker.emit({ ...made, inputs, outputs: [output] })
  }
  return rewrite(program, (old, maker) =>
    old.kernel === 'Transpose' ? turn(old.inputs[0]!, maker) : unchanged(old, maker),
  )
}

/** The program that is given an input the other way round, and gives it back so where it is part of the state. */
const turnInput = (program: Program, index: number): Program => {
  const { dtype, name, shape } = program.inputs[index]!
  const turned = { dtype, name: `${name}ᵀ`, shape: shape.toReversed() }
  return rewrite(program, unchanged, {
    inputs: program.inputs.with(index, turned),
    input: (ref, maker) => (ref.index === index ? transpose(ref, maker) : ref),
    output: (ref, position, maker) => (position === index ? transpose(ref, maker) : ref),
  })
}

/** How many numbers a step moves only to turn matrices. */
const turnedNumbers = ({ nodes }: Program): number =>
  nodes.reduce((sum, node: Node) => sum + (node.kernel === 'Transpose' ? sizeOf(outputOf(node)) : 0), 0)

export type LaidOut = {
  readonly program: Program
  /** The inputs that are given the other way round. */
  readonly turned: ReadonlySet<number>
}

/**
 * Keeps each matrix the way round that costs least.
 *
 * @param fixed inputs that are kept as they are
 */
export const assignLayouts = (program: Program, fixed: ReadonlySet<number>): LaidOut => {
  const start: LaidOut = { program: sinkTransposes(program), turned: new Set() }
  return program.inputs.reduce<LaidOut>((best, { shape }, index) => {
    const ref: Ref = { kind: 'input', index }
    const read = best.program.nodes.some(
      ({ kernel, inputs }) => kernel === 'Transpose' && inputs.some(input => same(input, ref)),
    )
    if (shape.length !== 2 || fixed.has(index) || !read) return best
    const other = sinkTransposes(turnInput(best.program, index))
    return turnedNumbers(other) < turnedNumbers(best.program)
      ? { program: other, turned: new Set([...best.turned, index]) }
      : best
  }, start)
}
