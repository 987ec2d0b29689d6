/**
 * Tensors whose numbers are bytes over a divisor, such as pixels: float32 to TensorFlow.js, in a quarter of the memory.
 *
 * TensorFlow.js moves the data of a tensor to the backend that computes with it: then a byte tensor becomes float32 as a
 * whole, and stays so. Two readers leave it as it is: `gather`, which makes float32 numbers of the rows that it picks, and an
 * engine that asks for `scaledBytesOf`.
 */
import {
  backend,
  engine,
  GatherV2,
  getBackend,
  getKernelsForBackend,
  KernelBackend,
  registerKernel,
  unregisterKernel,
  util,
  type KernelConfig,
  type KernelFunc,
  type Tensor,
  type Tensor2D,
  type TensorInfo,
} from '@tensorflow/tfjs-core'

/** Numbers as bytes: each is byte / divisor. In float32 that is exact where the divisor is a power of two. */
export type ScaledBytes = { readonly bytes: Uint8Array; readonly divisor: number }

/** The number that each byte stands for, [256]. */
export const byteValues = (divisor: number): Float32Array =>
  Float32Array.from({ length: 256 }, (_, byte) => byte / divisor)

/** The numbers as float32. */
export const toFloats = ({ bytes, divisor }: ScaledBytes): Float32Array => {
  const values = byteValues(divisor)
  const floats = new Float32Array(bytes.length)
  for (let i = 0; i < floats.length; i++) floats[i] = values[bytes[i]!]!
  return floats
}

/** The data of byte tensors, by their id. */
const stored = new WeakMap<object, ScaledBytes>()

/** The same for TensorFlow.js: a backend that has data, and no kernels. */
class ByteBackend extends KernelBackend {
  override readSync(dataId: object): Float32Array {
    return toFloats(stored.get(dataId)!)
  }
  override read(dataId: object): Promise<Float32Array> {
    return Promise.resolve(this.readSync(dataId))
  }
  override refCount(): number {
    // a second handle is made by a kernel of another backend, to which the data move first
    return 1
  }
  override disposeData(dataId: object): boolean {
    stored.delete(dataId)
    return true
  }
}

const byteBackend = new ByteBackend()

/** The numbers of a tensor as bytes; undefined if it is no byte tensor, or has become float32. */
export const scaledBytesOf = ({ dataId }: Pick<Tensor, 'dataId'>): ScaledBytes | undefined =>
  stored.get(dataId)

/** The kernels that gather rows of byte tensors. */
const byteGathers = new WeakSet<KernelFunc>()

/** Whether a kernel picks rows of its first input: of a byte tensor it reads those alone. */
export const picksRows = (kernelName: string, attributes: Parameters<KernelFunc>[0]['attrs']): boolean =>
  kernelName === GatherV2 && attributes?.axis === 0 && attributes.batchDims === 0

/** The gather kernel of a backend, with another way for the rows of a byte tensor. */
const withByteRows = (config: KernelConfig): KernelConfig => {
  const kernelFunc: KernelFunc = params => {
    const [x, indices] = [params.inputs.x!, params.inputs.indices!]
    const source = scaledBytesOf(x)
    if (source === undefined || !picksRows(GatherV2, params.attrs)) return config.kernelFunc(params)
    const [n = 0, ...row] = x.shape
    const width = util.sizeFromShape(row)
    const rows = backend().readSync(indices.dataId) as Int32Array
    const bytes = new Uint8Array(rows.length * width)
    rows.forEach((from, to) => {
      if (from < 0 || from >= n) throw new RangeError(`gather: row ${from} of a tensor with ${n} rows`)
      bytes.set(source.bytes.subarray(from * width, (from + 1) * width), to * width)
    })
    const shape = [...indices.shape, ...row]
    const dataId = backend().write(toFloats({ ...source, bytes }), shape, 'float32')
    return { dataId, shape, dtype: 'float32' }
  }
  byteGathers.add(kernelFunc)
  return { ...config, kernelFunc }
}

/** Makes the current backend gather rows of byte tensors. TensorFlow.js finds a kernel by the backend that is current. */
const extendGather = (): void => {
  const name = getBackend()
  const config = getKernelsForBackend(name).find(({ kernelName }) => kernelName === GatherV2)
  if (config === undefined || byteGathers.has(config.kernelFunc)) return
  unregisterKernel(GatherV2, name)
  registerKernel(withByteRows(config))
}

/**
 * A float32 tensor whose numbers are byte / divisor.
 *
 * @param bytes borrowed for as long as the tensor lives: they must not change
 */
export const byteTensor = (
  bytes: Uint8Array,
  shape: readonly [rows: number, columns: number],
  divisor: number,
): Tensor2D => {
  if (bytes.length !== shape[0] * shape[1])
    throw new RangeError(`${bytes.length} bytes for a tensor of the shape [${shape.join()}]`)
  // TensorFlow.js starts a backend when it is first used
  backend()
  extendGather()
  const dataId = {}
  stored.set(dataId, { bytes, divisor })
  const info: TensorInfo = { dataId, shape: [...shape], dtype: 'float32' }
  return engine().makeTensorFromTensorInfo(info, byteBackend) as Tensor2D
}
