import { mul, tensor2d } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { linear } from '../../../src/core/activations/linear.ts'
import { quadratic } from '../../../src/core/costs/quadratic.ts'
import { quadraticLinear } from '../../../src/core/costs/quadratic-linear.ts'
import { sigmoid } from '../../../src/core/activations/sigmoid.ts'
import { withTensors } from '../../../src/core/scope.ts'

const Z = [[2, -1]]
const Y = [[1, 0.25]]

it('by hand: outputs 2 and -1, desired 1 and ¼: (6) and (68), where no slope is', () => {
  const [a, cost, delta] = withTensors(
    () => {
      const [z, y] = [tensor2d(Z), tensor2d(Y)]
      return [linear.fn(z), quadraticLinear.fn(z, linear.fn(z), y), quadraticLinear.delta(z, linear.fn(z), y)]
    },
    tensors => tensors.map(tensor => [...tensor.dataSync()]),
  )
  expect(a).toEqual([2, -1])
  expect(cost).toEqual([0.5 * (1 + 1.25 ** 2)])
  expect(delta).toEqual([1, -1.25])
})

it('law: it costs what the quadratic cost does at equal outputs, and its error lacks only the slope of (65)', () => {
  const [ours, its, delta, scaled] = withTensors(
    () => {
      const [a, y] = [sigmoid.fn(tensor2d(Z)), tensor2d(Y)]
      return [
        quadraticLinear.fn(a, a, y),
        quadratic.fn(a, a, y),
        mul(quadraticLinear.delta(a, a, y), sigmoid.prime(a)),
        quadratic.delta(a, a, y),
      ]
    },
    tensors => tensors.map(tensor => [...tensor.dataSync()]),
  )
  expect(ours).toEqual(its)
  expect(delta).toEqual(scaled)
})
