/**
 * Products while a function is traced: nobody reads their numbers, and computing them takes long where a convolution is a loop
 * of JavaScript. Zeros of the same shape stand for them.
 */
import { backend, backend_util, util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core'

type Params = Parameters<KernelConfig['kernelFunc']>[0]
type ShapeOf = (
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: Record<string, unknown>,
) => number[] | undefined

/** Undefined where the matrices do not fit: the kernel says so. */
const productShape: ShapeOf = ({ a, b }, { transposeA, transposeB }) => {
  const [left, right] = [a!.shape, b!.shape]
  const batch = left.slice(0, -2)
  const [rows, inner] = transposeA === true ? [left.at(-1), left.at(-2)] : [left.at(-2), left.at(-1)]
  const [other, columns] = transposeB === true ? [right.at(-1), right.at(-2)] : [right.at(-2), right.at(-1)]
  return inner === other && String(batch) === String(right.slice(0, -2))
    ? [...batch, rows!, columns!]
    : undefined
}

const convolutionShape: ShapeOf = ({ x, filter }, { strides, dilations, pad, dataFormat, dimRoundingMode }) =>
  backend_util.computeConv2DInfo(
    x!.shape as [number, number, number, number],
    filter!.shape as [number, number, number, number],
    strides as number,
    dilations as number,
    pad as 'same',
    dimRoundingMode as 'floor',
    false,
    backend_util.convertConv2DDataFormat(dataFormat as 'NHWC'),
  ).outShape

const SHAPES: Readonly<Record<string, ShapeOf>> = {
  BatchMatMul: productShape,
  _FusedMatMul: productShape,
  Conv2D: convolutionShape,
  FusedConv2D: convolutionShape,
  Conv2DBackpropFilter: (_, { filterShape }) => filterShape as number[],
  Conv2DBackpropInput: (_, { inputShape }) => inputShape as number[],
}

/** Zeros instead of the result of a kernel; undefined for a kernel that must run. */
export const zeroProduct = (kernel: string, { inputs, attrs }: Params): TensorInfo | undefined => {
  const given = inputs as Readonly<Record<string, TensorInfo>>
  const first = given.a ?? given.x ?? given.dy
  if (!Object.hasOwn(SHAPES, kernel) || first?.dtype !== 'float32') return undefined
  const shape = SHAPES[kernel]!(given, attrs as Record<string, unknown>)
  if (shape === undefined) return undefined
  const numbers = new Float32Array(util.sizeFromShape(shape))
  return { dataId: backend().write(numbers, shape, 'float32'), shape: [...shape], dtype: 'float32' }
}
