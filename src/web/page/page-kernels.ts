/**
 * TensorFlow.js's backend in plain JavaScript with the kernels that a training in the page needs, one by one: with all of
 * its kernels the page would be a third larger. What is computed in numbers is compiled to WebAssembly; these kernels run
 * once, while a step is traced.
 */
import { registerBackend, registerKernel, type KernelConfig } from '@tensorflow/tfjs-core'
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js'
import { absConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Abs.js'
import { addConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Add.js'
import { addNConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/AddN.js'
import { argMaxConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/ArgMax.js'
import { batchMatMulConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/BatchMatMul.js'
import { castConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Cast.js'
import { equalConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Equal.js'
import { expConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Exp.js'
import { gatherV2Config } from '@tensorflow/tfjs-backend-cpu/dist/kernels/GatherV2.js'
import { identityConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Identity.js'
import { logConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Log.js'
import { maxConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Max.js'
import { meanConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Mean.js'
import { multiplyConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Multiply.js'
import { negConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Neg.js'
import { reluConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Relu.js'
import { reshapeConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Reshape.js'
import { sigmoidConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Sigmoid.js'
import { signConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Sign.js'
import { softmaxConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Softmax.js'
import { softplusConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Softplus.js'
import { squareConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Square.js'
import { stepConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Step.js'
import { subConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Sub.js'
import { sumConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Sum.js'
import { tanhConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Tanh.js'
import { zerosLikeConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/ZerosLike.js'
import { CPU } from '../../runtime/cpu-backend.ts'

const kernels: readonly KernelConfig[] = [
  absConfig,
  addConfig,
  addNConfig,
  argMaxConfig,
  batchMatMulConfig,
  castConfig,
  equalConfig,
  expConfig,
  gatherV2Config,
  identityConfig,
  logConfig,
  maxConfig,
  meanConfig,
  multiplyConfig,
  negConfig,
  reluConfig,
  reshapeConfig,
  sigmoidConfig,
  signConfig,
  softmaxConfig,
  softplusConfig,
  squareConfig,
  stepConfig,
  subConfig,
  sumConfig,
  tanhConfig,
  zerosLikeConfig,
]

/** Makes the backend known to TensorFlow.js. */
export const registerPageBackend = (): void => {
  registerBackend(CPU, () => new MathBackendCPU(), 1)
  for (const kernel of kernels) registerKernel(kernel)
}
