import { expect, it } from 'vitest'
import { trainCommandLine } from '../../src/report/train-command-line.ts'

it('golden: the settings of a run as flags, without those that are the default', () => {
  expect(
    trainCommandLine({
      ...{ cost: 'xent', sizes: [784, 30, 10], epochs: 30, miniBatchSize: 10, eta: 0.5, lmbda: 5 },
      ...{ init: 'large', seed: 3, shuffle: false, data: 'mnist', trainSize: 1000, evaluateOn: 'test' },
      ...{ monitor: ['evaluationCost'], engine: 'auto', future: 'setting', rng: undefined },
    }),
  ).toBe(
    'npm run train -- --cost xent --sizes 784,30,10 --eta 0.5 --lmbda 5 --init large --seed 3 --no-shuffle ' +
      '--data mnist --train-size 1000 --evaluate-on test --monitor evaluationCost',
  )
  expect(trainCommandLine({ monitor: [], data: '/my data' })).toBe(
    "npm run train -- --data '/my data' --monitor none",
  )
})
