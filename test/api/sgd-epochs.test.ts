/**
 * The library's training: values in, values out, the program's own bytes.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  engine,
  getBackend,
  KernelBackend,
  mul,
  registerBackend,
  removeBackend,
  setBackend,
  square,
  sub,
  sum,
  tensor1d,
  topk,
} from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { predict, evaluate } from '../../src/api/predict.ts'
import { deserialize, network, serialize } from '../../src/api/net.ts'
import { sgd, type Epoch, type SgdOptions } from '../../src/api/sgd-epochs.ts'
import { eager } from '../../src/compiler/eager.ts'
import { wasm } from '../../src/compiler/wasm/wasm.ts'
import type { Cost } from '../../src/core/cost.ts'
import { quadratic } from '../../src/core/costs/quadratic.ts'
import { dispose, scoped } from '../../src/core/scope.ts'
import { load, loadData, save } from '../../src/runs/promises.ts'
import { cli, inFolder } from '../support/cli.ts'
import { smallExamples, smallRows } from '../support/small-data.ts'

const training = smallExamples(1, 90)
const test = smallExamples(2, 30)
const net = network([8, 6, 3], { init: 'large', seed: 4 })

const bytesOf = ({ net }: Pick<Epoch, 'net'>): string => serialize(net)

const settings = { miniBatchSize: 7, eta: 0.7, lmbda: 0.3, momentum: 0.5, dropout: 0.4, seed: 5 }

/** With every setting that a training carries something for from epoch to epoch. */
const options = {
  ...settings,
  epochs: 4,
  evaluation: test,
  etaSchedule: { patience: 1, stop: 1024 },
} satisfies SgdOptions<typeof test>

it('learns, yields an epoch at a time, and changes nothing that it was given', () => {
  const before = serialize(net)
  const rows = JSON.stringify(training)
  const epochs = sgd(net, training, { epochs: 20, miniBatchSize: 10, eta: 0.5, evaluation: test })
  const first = epochs.next().value!
  expect(first.epoch).toBe(1)
  const all = [first, ...epochs]
  expect(all.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  expect(all.at(-1)!.evaluation.correct).toBeGreaterThan(25)
  expect(evaluate(all.at(-1)!.net, test)).toEqual(all.at(-1)!.evaluation)
  const right = predict(all.at(-1)!.net, test).filter(({ label }, i) => label === i % 3)
  expect(right.length).toBe(all.at(-1)!.evaluation.correct)
  expect(serialize(net)).toBe(before)
  expect(JSON.stringify(training)).toBe(rows)
  expect(bytesOf(first)).not.toBe(bytesOf(all.at(-1)!))
})

it('the types know which monitors there are', () => {
  const [plain] = sgd(net, training, { epochs: 1 })
  const [both] = sgd(net, training, { epochs: 1, evaluation: test, monitorTraining: true })
  expect([plain!.evaluation, plain!.training]).toEqual([undefined, undefined])
  expect([both!.evaluation.n, both!.training.n]).toEqual([30, 90])
  // @ts-expect-error -- there is no evaluation without examples for it
  expect(() => plain!.evaluation.n as number).toThrow(TypeError)
})

it('continues from any epoch to the same bytes', () => {
  const whole = [...sgd(net, training, options)]
  for (const from of whole.slice(0, -1)) {
    const rest = [...sgd(from, training, options)]
    expect(rest.map(({ epoch, eta, evaluation }) => [epoch, eta, evaluation])).toEqual(
      whole.slice(from.epoch).map(({ epoch, eta, evaluation }) => [epoch, eta, evaluation]),
    )
    expect(bytesOf(rest.at(-1)!)).toBe(bytesOf(whole.at(-1)!))
  }
  // the schedule halved η on the way, or its state would not be tested
  expect(whole.some(({ eta }) => eta < 0.7)).toBe(true)
  expect([...sgd(whole.at(-1)!, training, options)]).toEqual([])
})

it('η may be a function of the epoch', () => {
  const three = { epochs: 3, seed: 2 }
  const constant = [...sgd(net, training, { ...three, eta: 0.5 })]
  expect([...sgd(net, training, { ...three, eta: () => 0.5 })].map(bytesOf)).toEqual(constant.map(bytesOf))
  const falling = [...sgd(net, training, { ...three, eta: epoch => 0.5 / epoch })]
  expect(falling.map(({ eta }) => eta)).toEqual([0.5, 0.25, 0.5 / 3])
  expect(bytesOf(falling[0]!)).toBe(bytesOf(constant[0]!))
  expect(bytesOf(falling[1]!)).not.toBe(bytesOf(constant[1]!))
})

it('stops when the accuracy does not improve, and says why', () => {
  const epochs = [...sgd(net, training, { epochs: 60, eta: 1e-6, earlyStop: 2, evaluation: test })]
  expect(epochs.length).toBe(3)
  expect(epochs.at(-1)!.stopReason).toContain('no better accuracy')
})

/** Σ (a - y)⁴ / 4, whose error is (a - y)³ σ'(z). */
const quartic: Cost = {
  ...quadratic,
  name: 'quartic',
  label: 'quartic',
  savedAs: 'QuarticCost',
  fn: (_z, a, y) => mul(0.25, sum(square(square(sub(a, y))), 1)),
  delta: (_z, a, y) => mul(mul(sub(a, y), square(sub(a, y))), mul(a, sub(1, a))),
}

it("trains with a cost of one's own, and saves and loads its networks", () => {
  const last = [...sgd(network([8, 6, 3], { cost: quartic }), training, { epochs: 40, eta: 6 })].at(-1)!
  expect(evaluate(last.net, test).correct).toBeGreaterThan(20)
  const text = serialize(last.net)
  expect(JSON.parse(text)).toMatchObject({ cost: 'QuarticCost' })
  const again = deserialize(text, { cost: quartic })
  expect(again.cost).toBe(quartic)
  expect(evaluate(again, test)).toEqual(evaluate(last.net, test))
  expect(() => deserialize(text)).toThrow('cost is "QuarticCost"')
})

it('says so if a cost cannot be compiled, and trains all the same', () => {
  const lines: string[] = []
  const uncompilable: Cost = { ...quadratic, delta: (z, a, y) => topk(quadratic.delta(z, a, y), 3).values }
  const own = network([8, 3], { cost: uncompilable })
  expect([...sgd(own, training, { epochs: 1, onNotice: line => lines.push(line) })].length).toBe(1)
  expect(lines).toEqual([expect.stringContaining('falling back to the eager engine')])
})

it("runs on an engine of one's own, which stays open", () => {
  const interpreter = wasm()
  const run = () => [...sgd(net, training, { epochs: 2, engine: interpreter })].at(-1)!
  const [first, second] = [run(), run()]
  expect(interpreter.compilations()).toBeGreaterThan(0)
  interpreter.dispose()
  expect(bytesOf(first)).toBe(bytesOf(second))
  expect(bytesOf([...sgd(net, training, { epochs: 2 })].at(-1)!)).toBe(bytesOf(first))
  const slow = [...sgd(net, training, { epochs: 2, engine: eager })].at(-1)!
  slow.net.layers.forEach(({ w }, l) =>
    w.forEach((value, i) => expect(value).toBeCloseTo(first.net.layers[l]!.w[i]!, 4)),
  )
})

/** A backend that a user's program may have chosen. */
class Another extends KernelBackend {
  override dispose(): void {
    // it holds nothing
  }
}

it('leaves the backend as it was, and computes the same whatever it is', async () => {
  const expected = bytesOf([...sgd(net, training, { epochs: 1 })][0]!)
  registerBackend('another', () => new Another())
  await setBackend('another')
  try {
    expect(bytesOf([...sgd(net, training, { epochs: 1 })][0]!)).toBe(expected)
    expect(getBackend()).toBe('another')
    expect(() => sgd(net, training, { epochs: 1, eta: -1 })).toThrow('options.eta')
    expect(getBackend()).toBe('another')
    // as in a program that has used TensorFlow.js for nothing yet
    Object.assign(engine(), { backendName: undefined, backendInstance: null })
    predict(net, test)
    expect(getBackend()).toBe(undefined)
  } finally {
    await setBackend('cpu')
    removeBackend('another')
  }
})

it('a training that is left early, or never asked, leaves no tensor; so does one in a tidy', () => {
  for (const { epoch } of sgd(net, training, options)) if (epoch === 2) break
  sgd(net, training, options)
  const inTidy = scoped(() => {
    expect([...sgd(net, training, { epochs: 1 })].length).toBe(1)
    return tensor1d([1])
  })
  dispose(inTidy())
})

it('gives the same file as a process of the program with these settings', () =>
  inFolder(async folder => {
    const [data, theirs, ours] = ['data.json', 'theirs.json', 'ours.json'].map(name =>
      join(folder, name),
    ) as [string, string, string]
    writeFileSync(data, JSON.stringify({ training: smallRows(1, 90), test: smallRows(2, 30) }))
    const { code } = await cli([
      ...['train', '--data', data, '--sizes', '8,6,3', '--init', 'large', '--epochs', '3', '--seed', '5'],
      ...[
        '--mini-batch-size',
        '7',
        '--eta',
        '0.7',
        '--lmbda',
        '0.3',
        '--momentum',
        '0.5',
        '--dropout',
        '0.4',
      ],
      ...['--save', theirs],
    ])
    expect(code).toBe(0)

    const dataset = await loadData(data)
    const start = network([8, 6, 3], { init: 'large', seed: 5 })
    const last = [...sgd(start, dataset.training, { ...settings, epochs: 3 })].at(-1)!
    await save(last.net, ours, { trainedOn: dataset })
    const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
    expect(sha256(ours)).toBe(sha256(theirs))
    expect(evaluate(await load(theirs), dataset.test!)).toEqual(evaluate(last.net, dataset.test!))
  }))
