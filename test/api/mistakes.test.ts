/**
 * Mistakes that a new user makes with the library, and what each is told.
 */
import {
  engine,
  removeBackend,
  setBackend,
  tensor2d,
  tensor3d,
  variable,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { examples, syntheticDigits } from '../../src/api/examples.ts'
import { deserialize, network, serialize } from '../../src/api/net.ts'
import { Network2Error } from '../../src/api/network2-error.ts'
import { evaluate, predict } from '../../src/api/predict.ts'
import { sgd } from '../../src/api/sgd-epochs.ts'
import { eager } from '../../src/compiler/eager.ts'
import { dispose, using } from '../../src/core/scope.ts'
import { load, loadData, save } from '../../src/runs/promises.ts'
import { inFolder } from '../support/cli.ts'
import { smallExamples } from '../support/small-data.ts'

const training = smallExamples(1, 30)
const net = network([8, 6, 3])

/** What a user of JavaScript can pass, where the types of TypeScript would not let him. */
const anything = (value: unknown): never => value as never

const errorOf = (mistake: () => unknown): Network2Error => {
  try {
    mistake()
  } catch (error) {
    if (error instanceof Network2Error) return error
    throw error
  }
  throw new Error('no error')
}

const mistakes: readonly (readonly [mistake: string, code: () => unknown, told: string])[] = [
  [
    'lr instead of eta',
    () => sgd(net, training, anything({ lr: 0.5 })),
    'sgd, options.lr: is unknown; did you mean eta? known are: epochs, miniBatchSize, eta, lmbda, evaluation, monitorTraining, momentum, optimizer, regularizer, dropout, earlyStop, etaSchedule, selection, seed, shuffle, rng, engine, onNotice',
  ],
  [
    'a misspelt option',
    () => network([8, 3], anything({ sede: 1 })),
    'network, options.sede: is unknown; did you mean seed? known are: cost, activation, init, seed, rng',
  ],
  [
    'a misspelt name',
    () => network([8, 3], { cost: anything('quadradic') }),
    'network, options.cost: is "quadradic"; did you mean quadratic? known are: quadratic, xent, log-likelihood, quadratic-linear',
  ],
  [
    'inputs that are wider than the network',
    () => sgd(network([784, 30, 3]), training),
    'sgd, training.inputs: has 8 inputs for each example, and the network has 784; make the network for these examples: network([8, 30, 3])',
  ],
  [
    'rows of different lengths',
    () => examples({ inputs: [[0, 1], [1]], labels: [0, 1] }),
    'examples, inputs[1]: has 1 numbers, and inputs[0] has 2; give every row with the same number of values',
  ],
  [
    'a label for each but one',
    () => examples({ inputs: [[0], [1], [2]], labels: [0, 1] }),
    'examples, labels: are 2 for 3 inputs; give one for each of the inputs, in their order',
  ],
  [
    'labels that begin with 1 and go up to the number of outputs',
    () => sgd(network([2, 3]), examples({ inputs: [[0, 1]], labels: [3] })),
    'sgd, training.labels: has the label 3, and the network has 3 outputs, for the labels 0 to 2; make the network with an output for each: network([2, 4]), or correct the labels',
  ],
  [
    'a label that is no class',
    () => examples({ inputs: [[0], [1]], labels: [0, -1] }),
    'examples, labels[1]: is -1, not a class; number the classes 0, 1, 2 … up to 255',
  ],
  [
    'one-hot rows as labels',
    () => examples({ inputs: [[0]], labels: anything([[0, 1]]) }),
    'examples, labels[0]: is [0, 1], not a class; give rows of outputs as targets, not as labels',
  ],
  [
    'NaN among the inputs',
    () => examples({ inputs: Float32Array.of(0, 1, NaN, 1), labels: [0, 1] }),
    'examples, inputs[1][0]: is NaN; give finite numbers only: look for a division by 0, or a value that is missing, where this row was made',
  ],
  [
    'a value that is missing',
    () => examples({ inputs: [[0, anything(undefined)]], labels: [0] }),
    'examples, inputs[0][1]: is undefined; give finite numbers only: look for a division by 0, or a value that is missing, where this row was made',
  ],
  [
    'a tf.Variable',
    () => {
      const x = tensor2d([[0, 1]])
      const owned = variable(x)
      try {
        return examples({ inputs: owned as Tensor2D, labels: [0] })
      } finally {
        dispose([x, owned])
      }
    },
    'examples, inputs: is a tf.Variable, which changes when it is assigned; give its numbers of this moment: variable.clone(), or await variable.data()',
  ],
  [
    'a tensor that has been disposed of',
    () => {
      const x = tensor2d([[0, 1]])
      dispose(x)
      return predict(network([2, 3]), x)
    },
    'predict, inputs: is a tensor of the shape [1,2] that has been disposed of; use it before dispose() and outside of the tidy() that made it, or return it from that tidy()',
  ],
  [
    'images that are not rows',
    () => using(tensor3d([[[0, 1]]]), x => predict(network([2, 3]), anything(x))),
    'predict, inputs: is a tensor of the shape [1,1,2], not [n, width]; make a row of each example: reshape(tensor, [1, -1]) of @tensorflow/tfjs-core',
  ],
  [
    'a tensor of a second copy of tfjs-core',
    () => examples({ inputs: anything({ dataId: {}, dtype: 'float32', shape: [1, 2] }), labels: [0] }),
    'examples, inputs: is a tensor of another copy of @tensorflow/tfjs-core; keep one copy (npm ls @tensorflow/tfjs-core shows them, npm dedupe joins them), or give its numbers: await tensor.data()',
  ],
  [
    'tensors instead of examples',
    () => using(tensor2d([[0, 1]]), x => sgd(network([2, 3]), anything(x))),
    'sgd, training: is a tensor of the shape [1,2], not examples; make them with examples({ inputs, labels })',
  ],
  [
    'a missing await',
    () => {
      const { training } = anything(Promise.resolve()) as { training: never }
      return sgd(net, training)
    },
    'sgd, training: is undefined, not examples; is an await missing before loadData(…)? Examples are made by examples(…), syntheticDigits(…) and loadData(…)',
  ],
  [
    'the options in the place of the network',
    () => sgd(anything([8, 6, 3]), training),
    'sgd, from: is [8, 6, 3], not a network; give one that network(…), sgd(…) or deserialize(…) made',
  ],
  [
    'a learning rate of 0',
    () => sgd(net, training, { eta: 0 }),
    'sgd, options.eta: is 0; give a number above 0',
  ],
  [
    'a schedule that gives no number',
    () => [...sgd(net, training, { eta: () => anything(undefined) })],
    'sgd, options.eta(1): is undefined; give a number above 0',
  ],
  [
    'a learning rate that is too large',
    () => [...sgd(network([8, 3], { cost: 'quadratic-linear' }), training, { eta: 1e30 })],
    'sgd: the training diverged in epoch 1, with mini-batch 1: the weights overflowed float32; try a smaller eta (it was 1e+30); the epoch before still has its network',
  ],
  [
    'early stopping by nothing',
    () => sgd(net, training, { earlyStop: 3 }),
    'sgd, options.earlyStop: decides by an accuracy, and there are no examples to measure it on; give evaluation or selection, such as the validation set',
  ],
  [
    'targets that are no distribution',
    () =>
      evaluate(network([1, 2], { cost: 'log-likelihood' }), examples({ inputs: [[0]], targets: [[1, 1]] })),
    'evaluate, examples.targets[0]: has the sum 2, not 1, and with the log-likelihood cost the targets of an example are a distribution; use another cost, such as crossEntropy, or change the targets',
  ],
  [
    'a network of one layer',
    () => network([784]),
    'network, sizes: is [784], and a network has at least an input and an output layer; give the neurons in each layer, such as [784, 30, 10]',
  ],
  [
    'a cost without its error',
    () => network([2, 1], { cost: anything({ fn: () => 0 }) }),
    'network, options.cost: has no function delta; give a record with fn, delta: copy one, such as { ...crossEntropy, delta: … }',
  ],
  [
    "a cost of one's own under the name of another",
    () => serialize({ ...net, cost: { ...net.cost } }),
    'serialize, net.cost.savedAs: is "CrossEntropyCost", which is the cross-entropy cost; give your cost a name of its own in files: { …, savedAs: "MyCost" }',
  ],
  [
    'a promise instead of a text',
    () => deserialize(Promise.resolve('{}')),
    'deserialize, model: is a Promise; write await before it',
  ],
  [
    'more digits than there are',
    () => syntheticDigits({ training: 60_000 }),
    'syntheticDigits, counts.training: is 60000; give a whole number up to 50000',
  ],
]

describe('a new user is told what is wrong, where, and what to do', () => {
  it.each(mistakes)('%s', (_mistake, code, told) => {
    const error = errorOf(code)
    expect(error.message).toBe(told)
    expect(error.message).toBe(`${error.where}: ${error.what}; ${error.remedy}`)
  })

  it('a missing backend', async () => {
    const before = engine().registryFactory.cpu!
    removeBackend('cpu')
    try {
      for (const call of [
        () => sgd(net, training),
        () => predict(net, training),
        () => evaluate(net, training),
      ])
        expect(errorOf(call).message).toMatch(
          /^(sgd|predict|evaluate): needs the plain JavaScript backend of TensorFlow.js, which is not loaded; write once, before it: import '@tensorflow\/tfjs-backend-cpu' /,
        )
      expect(errorOf(() => sgd(net, training, { engine: eager })).message).toBe(
        "sgd, options.engine: runs on the current backend of TensorFlow.js, and no backend has been chosen; import one, such as '@tensorflow/tfjs-backend-wasm', and write: await tf.setBackend('wasm'); or leave engine out",
      )
    } finally {
      engine().registerBackend('cpu', before.factory, before.priority)
      await setBackend('cpu')
    }
  })

  it('a JavaScript engine that is too old, such as that of Node 18', () => {
    const method = Object.getOwnPropertyDescriptor(Array.prototype, 'toReversed')!
    Reflect.deleteProperty(Array.prototype, 'toReversed')
    try {
      for (const call of [
        () => sgd(net, training),
        () => predict(net, training),
        () => evaluate(net, training),
      ])
        expect(errorOf(call).message).toMatch(
          /^(sgd|predict|evaluate): needs the JavaScript of 2023 .*; use Node 20\.12 or later, or a browser of 2023 or later$/,
        )
    } finally {
      Object.defineProperty(Array.prototype, 'toReversed', method)
    }
  })

  it('a file that is missing, or is something else; a folder that cannot be written', () =>
    inFolder(async folder => {
      const told = (work: Promise<unknown>): Promise<unknown> =>
        work.then(
          () => 'no error',
          (error: unknown) => (error instanceof Network2Error ? [error.kind, error.message] : error),
        )
      expect(await told(load(`${folder}/none.json`))).toEqual(['data', expect.stringContaining('none.json')])
      expect(await told(loadData(`${folder}/none`))).toEqual([
        'data',
        expect.stringContaining(`${folder}/none`),
      ])
      expect(await told(loadData(anything(3)))).toEqual([
        'usage',
        "loadData, choice: is 3; give 'mnist', 'digits', or a path",
      ])
      expect(await told(save(net, `${folder}/a/b/net.json`))).toEqual([
        'other',
        expect.stringContaining(`${folder}/a/b`),
      ])
    }))
})
