import { memory, slice } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recorded, type Golden } from '../../scripts/golden.ts'
import { eager } from '../../src/compiler/eager.ts'
import type { Batch } from '../../src/core/network.ts'
import { dropoutOf, fullNetwork, neuronsKept } from '../../src/core/dropout.ts'
import { fromParams, toParams, type Params } from '../../src/core/params.ts'
import { fold, key, permutation } from '../../src/core/rng.ts'
import { dispose, clone, leave } from '../../src/core/scope.ts'
import {
  cursorAfter,
  positionOf,
  train,
  type TrainCursor,
  type TrainEvent,
  type TrainSets,
} from '../../src/core/train.ts'
import { beside } from '../support/beside.ts'
import { arranged, reports, run, type Ran } from '../support/training.ts'

const ENGINES = [
  ['', eager],
  [', with the monitors beside the next epoch', beside(eager)],
] as const

const golden = (name: string): Golden => recorded({ name })

describe.each(ENGINES)('the pieces of an epoch%s', (_, engine) => {
  it('never change the result', () => {
    const whole = run(eager, arranged(golden('xent-short-batch-decay'))).values
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.1, max: 40, noNaN: true }), { minLength: 1 }), sizes => {
        let i = 0
        const { values } = run(
          engine,
          arranged(golden('xent-short-batch-decay')),
          () => sizes[i++ % sizes.length],
        )
        expect(values).toEqual(whole)
      }),
      { numRuns: 20 },
    )
  })
})

describe('the pieces of an epoch', () => {
  it('are reported as progress, of training and of evaluation', () => {
    const { events } = run(eager, arranged(golden('xent-short-batch-decay')), () => 10)
    const first = events.filter(event => event.kind === 'progress' && event.epoch === 1)
    expect(first.map(event => event.kind === 'progress' && [event.phase, event.done])).toEqual([
      ['training', 0],
      ['training', 10],
      ['training', 20],
      ['observing', 0],
      ['observing', 23],
    ])
  })

  it('say how far the next epoch is, which is trained beside the monitors', () => {
    const { events } = run(beside(eager), arranged(golden('xent-short-batch-decay')), () => 10)
    const first = events.filter(event => event.kind !== 'diverged' && event.cursor.epochs === 0)
    // what sizes the chunks
    expect(first.map(positionOf)).toEqual([0, 10, 20, 0, 10])
    expect(first.map(event => event.kind === 'progress' && [event.phase, event.done, event.ahead])).toEqual([
      ['training', 0, 0],
      ['training', 10, 0],
      ['training', 20, 0],
      ['observing', 0, 0],
      ['observing', 0, 10],
    ])
    const epochs = events.flatMap(event => (event.kind === 'epoch' ? [event.ahead] : []))
    // two chunks while two sets are evaluated; after the last epoch there is none
    expect(epochs).toEqual([...epochs.slice(1).map(() => 20), 0])
  })
})

describe('the order of the examples', () => {
  it('is asked for by epoch, from 1, and decides the result', () => {
    const asked: number[] = []
    const shuffled = (seed: number) => {
      const { settings, ...rest } = arranged(golden('xent'))
      const order = (epoch: number) => {
        asked.push(epoch)
        return permutation(fold(key(seed), epoch), 40)
      }
      return run(eager, { settings: { ...settings, order }, ...rest }).values
    }
    const one = shuffled(1)
    expect(asked).toEqual([1, 2, 3, 4, 5])
    expect(shuffled(1)).toEqual(one)
    expect(shuffled(2)).not.toEqual(one)
  })
})

describe.each(ENGINES)('a break%s', (_, engine) => {
  it.each([
    ['whole', undefined],
    ['thinned', dropoutOf(0.5, key(9))],
  ])('anywhere changes neither a %s network nor the reports', (_name, dropout) => {
    const schedule = { halve: { patience: 1, stop: 8 } }
    const scheduled = () => {
      const { settings, ...rest } = arranged(golden('xent-short-batch-decay'))
      return { ...rest, settings: { ...settings, schedule, epochs: 8, dropout } }
    }
    const whole = run(engine, scheduled(), () => 10)
    expect(whole.values).toEqual(run(eager, scheduled()).values)
    expect(reports(whole.events).length).toBeGreaterThan(3)
    const { settings, sets, initial, freeAll } = scheduled()

    for (let at = 0; at < whole.events.length; at++) {
      const first = train(engine, settings, sets, { params: initial })
      let event = first.next(10)
      for (let i = 0; i < at; i++) event = first.next(10)
      if (event.done || event.value.kind === 'diverged') throw new Error('it ended before the break')
      const { cursor } = event.value
      // through plain numbers, as a file would carry them
      const kept = toParams(fromParams(event.value.state.params))
      leave(first)

      const second = train(engine, settings, sets, { params: kept }, cursor)
      const events: TrainEvent[] = []
      let next = second.next()
      while (!next.done) {
        events.push(next.value)
        next = second.next()
      }
      expect(fromParams(next.value.params)).toEqual(whole.values)
      expect(reports(events)).toEqual(reports(whole.events).slice(cursor.epochs))
      const before = reports(whole.events).slice(0, cursor.epochs)
      if (cursor.examples === 0) expect(cursorAfter(schedule, before)).toEqual(cursor)
      dispose([kept, next.value])
    }
    freeAll()
  })
})

describe('sets that differ from epoch to epoch', () => {
  it('are asked for by epoch, trained on, and evaluated', () => {
    const { settings, sets, initial, freeAll } = arranged(golden('xent'))
    const few: Batch = { x: slice(sets.training.x, 0, 12), y: slice(sets.training.y, 0, 12) }
    const setsOf = (epoch: number): TrainSets =>
      epoch === 1 ? sets : { training: few, observed: { training: few } }
    const order = (epoch: number): Int32Array =>
      Int32Array.from({ length: setsOf(epoch).training.x.shape[0] }, (_, i) => i)
    const oneEpoch = (epoch: number, from: Params): Ran =>
      run(eager, {
        settings: { ...settings, lmbda: 3, epochs: 1, order: () => order(epoch) },
        sets: setsOf(epoch),
        initial: from,
        freeAll: () => undefined,
      })
    const first = oneEpoch(1, initial)
    const params = toParams(first.values)
    const second = oneEpoch(2, params)

    const asked: number[] = []
    const training = train(
      eager,
      { ...settings, lmbda: 3, epochs: 2, order },
      epoch => {
        asked.push(epoch)
        return setsOf(epoch)
      },
      { params: initial },
    )
    const events: TrainEvent[] = []
    let next = training.next()
    while (!next.done) {
      events.push(next.value)
      next = training.next()
    }
    expect(asked).toEqual([1, 2])
    expect(fromParams(next.value.params)).toEqual(second.values)
    expect(reports(events).map(({ training }) => training)).toEqual(
      [first, second].map(({ events }) => reports(events)[0]!.training),
    )
    expect(reports(events)[1]!.training!.n).toBe(12)
    dispose([next.value, few, params])
    freeAll()
  })
})

describe('dropout', () => {
  it('trains with the masks of epoch, layer and step, the last mini-batch included', () => {
    const { settings, ...rest } = arranged(golden('xent-three-hidden'))
    const seen: string[] = []
    const drawn = dropoutOf(0.5, key(2))
    const dropout = {
      ...drawn,
      masks: (epoch: number, layer: number, neurons: number) => (step: number) => {
        seen.push([epoch, layer, neurons, step].join())
        return drawn.masks(epoch, layer, neurons)(step)
      },
    }
    run(eager, { ...rest, settings: { ...settings, dropout, epochs: 2, miniBatchSize: 11 } })
    // 40 examples: three mini-batches of 11 and one of 7; hidden layers of 7, 6 and 5 neurons
    const expected = [1, 2].flatMap(epoch =>
      [7, 6, 5].flatMap((neurons, layer) => [0, 1, 2, 3].map(step => [epoch, layer, neurons, step].join())),
    )
    expect(seen.toSorted()).toEqual(expected.toSorted())
  })

  it('leaves the weights of a deleted neuron as they are, and what the monitors see is the network for use', () => {
    const { settings, initial, ...rest } = arranged(golden('xent'))
    const before = fromParams(initial)
    // one mini-batch of all 40 examples
    const once = { ...settings, epochs: 1, miniBatchSize: 40, dropout: dropoutOf(0.25, key(4)) }
    const { events, values } = run(eager, { ...rest, initial, settings: once })
    const mask = once.dropout.masks(1, 0, 8)(0)
    expect([...mask].filter(r => r === 1)).toHaveLength(neuronsKept(0.25, 8))
    const [inputs, outputs] = [12, 5]
    mask.forEach((r, j) => {
      const arriving = (w: Float32Array) => [...w.subarray(j * inputs, (j + 1) * inputs)]
      const leaving = (w: Float32Array) => Array.from({ length: outputs }, (_, k) => w[k * 8 + j]!)
      const isSame =
        String(arriving(values[0]!.w)) === String(arriving(before[0]!.w)) &&
        String(leaving(values[1]!.w)) === String(leaving(before[1]!.w)) &&
        values[0]!.b[j] === before[0]!.b[j]
      expect(isSame).toBe(r === 0)
    })

    // the metrics of the network for use, trained no further
    const again = arranged(golden('xent'))
    const full = toParams(fullNetwork(0.25, values))
    const still = run(eager, {
      ...again,
      initial: full,
      settings: { ...again.settings, epochs: 1, eta: 0 },
      freeAll: () => {
        again.freeAll()
        dispose(full)
      },
    })
    expect(reports(events)).toEqual(reports(still.events).map(report => ({ ...report, eta: 0.5 })))
  })
})

describe.each(ENGINES)('divergence%s', (_, engine) => {
  const hot = (eta: number, lmbda = 0) => {
    const { settings, ...rest } = arranged(golden('xent'))
    return { settings: { ...settings, eta, lmbda }, ...rest }
  }

  it('ends the training with the last good parameters, and names the step', () => {
    const { initial, ...rest } = hot(1e9)
    const before = fromParams(initial)
    const { events, values } = run(engine, { initial, ...rest })
    const last = events.at(-1)!
    expect(last.kind === 'diverged' && [last.epoch, last.step]).toEqual([1, 1])
    expect(values).toEqual(before)
  })

  it('names a later step, and keeps the epochs before it', () => {
    const { events, values } = run(engine, hot(0.5, 2000))
    const last = events.at(-1)!
    // 1 - 0.5 · 2000 / 40 = -24: after six or so steps beyond 2^24, so in the second epoch of four steps
    expect(last.kind === 'diverged' && last.epoch).toBe(2)
    expect(last.kind === 'diverged' && last.step).toBeLessThanOrEqual(4)
    expect(reports(events)).toHaveLength(1)
    expect(values.every(({ w }) => w.every(Number.isFinite))).toBe(true)
  })

  it('names the same step after a break in the epoch where it happens', () => {
    const { settings, sets, initial, freeAll } = hot(0.5, 2000)
    const training = train(eager, settings, sets, { params: initial })
    let next = training.next(10)
    let broken: { cursor: TrainCursor; params: Params } | undefined
    while (!next.done && next.value.kind !== 'diverged') {
      if (next.value.cursor.epochs === 1 && next.value.cursor.examples === 10)
        broken = { cursor: next.value.cursor, params: clone(next.value.state.params) }
      next = training.next(10)
    }
    leave(training)
    const { cursor, params } = broken!
    const again = train(engine, settings, sets, { params }, cursor)
    let last = again.next()
    while (!last.done && last.value.kind !== 'diverged') last = again.next()
    leave(again)
    const where = { ...(next.value as TrainEvent), state: undefined }
    expect(where).toMatchObject({ kind: 'diverged', epoch: 2 })
    expect({ ...(last.value as TrainEvent), state: undefined }).toEqual(where)
    dispose(params)
    freeAll()
  })
})

describe.each(ENGINES)('memory%s', (_, engine) => {
  it('holds what the caller has and the result, and nothing else', () => {
    const { settings, sets, initial, freeAll } = arranged(golden('xent-three-hidden'))
    const before = memory().numTensors
    const training = train(engine, settings, sets, { params: initial })
    let next = training.next()
    while (!next.done) next = training.next(10)
    expect(memory().numTensors - before).toBe(8)
    dispose(next.value)
    freeAll()
  })

  it('is given back when a training is left early, wherever that is', () => {
    const { settings, sets, initial, freeAll } = arranged(golden('xent'))
    const before = memory().numTensors
    for (let events = 0; events < 12; events++) {
      const training = train(engine, settings, sets, { params: initial })
      for (let i = 0; i < events; i++) training.next(10)
      leave(training)
      expect(memory().numTensors).toBe(before)
    }
    freeAll()
  })

  it('is given back when the order throws in a later epoch', () => {
    const { settings, sets, initial, freeAll } = arranged(golden('xent'))
    const before = memory().numTensors
    const order = (epoch: number): Int32Array => {
      if (epoch === 2) throw new Error('no more')
      return settings.order(epoch)
    }
    const training = train(engine, { ...settings, order }, sets, { params: initial })
    expect(() => [...training]).toThrow('no more')
    expect(memory().numTensors).toBe(before)
    freeAll()
  })

  it('lends the parameters of an event until the next one', () => {
    const { settings, sets, initial, freeAll } = arranged(golden('xent'))
    const kept: Params[] = []
    const training = train(engine, settings, sets, { params: initial })
    let next = training.next()
    while (!next.done) {
      if (next.value.kind === 'epoch') kept.push(clone(next.value.state.params))
      next = training.next()
    }
    expect(new Set(kept.map(params => String(fromParams(params)[0]!.w))).size).toBe(5)
    dispose([kept, next.value])
    freeAll()
  })
})
