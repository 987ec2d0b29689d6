import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { epochsOfRungs, describeRungs, FAILED, rungsWithin, halvingState } from '../../src/study/halving.ts'

const plan = fc.record({
  budget: fc.integer({ min: 0, max: 600 }),
  epochs: fc.integer({ min: 1, max: 60 }),
  factor: fc.integer({ min: 2, max: 5 }),
})

describe('rungs', () => {
  it('by hand: 240 epochs, up to 30, by 3', () => {
    // 60 · 1 + 20 · 3 + 6 · 10 + 2 · 30
    expect(rungsWithin(240, 30, 3)).toEqual([
      { configurations: 60, epochs: 1 },
      { configurations: 20, epochs: 3 },
      { configurations: 6, epochs: 10 },
      { configurations: 2, epochs: 30 },
    ])
  })

  it('by hand: a small budget never reaches the long rungs, and none allows no choice', () => {
    // six would be 6 · 1 + 2 · 3, one too many
    expect(rungsWithin(11, 9, 3)).toEqual([{ configurations: 5, epochs: 1 }])
    expect(rungsWithin(1, 9, 3)).toEqual([])
    expect(rungsWithin(0, 9, 3)).toEqual([])
    expect(rungsWithin(4, 2, 3)).toEqual([{ configurations: 2, epochs: 2 }])
  })

  it('law: they stay within the budget, and with one configuration more they would not', () => {
    fc.assert(
      fc.property(plan, ({ budget, epochs, factor }) => {
        const rungs = rungsWithin(budget, epochs, factor)
        expect(epochsOfRungs(rungs)).toBeLessThanOrEqual(budget)
        const lengths = rungsWithin(10_000, epochs, factor).map(rung => rung.epochs)
        expect(lengths.at(-1)).toBe(epochs)
        const widths = (most: number): readonly number[] =>
          lengths.map((_, i) => Math.floor(most / factor ** i)).filter(width => width > 1)
        const most = rungs[0]?.configurations ?? 1
        expect(rungs.map(rung => rung.configurations)).toEqual(widths(most))
        expect(rungs.map(rung => rung.epochs)).toEqual(lengths.slice(0, rungs.length))
        expect(widths(most + 1).reduce((s, width, i) => s + width * lengths[i]!, 0)).toBeGreaterThan(budget)
      }),
    )
  })

  it('law: they begin with about one epoch, and grow by about the factor', () => {
    fc.assert(
      fc.property(plan, ({ epochs, factor }) => {
        const lengths = rungsWithin(10_000, epochs, factor).map(rung => rung.epochs)
        expect(lengths.every(Number.isInteger)).toBe(true)
        expect(lengths[0]! >= 1 && lengths[0]! <= factor).toBe(true)
        lengths.slice(1).forEach((length, i) => {
          expect(Math.abs(length - factor * lengths[i]!)).toBeLessThanOrEqual(factor)
        })
      }),
    )
  })

  it('for a person', () => {
    expect(describeRungs(rungsWithin(240, 30, 3))).toBe(
      '60 for 1, 20 for 3, 6 for 10, 2 for 30 epochs: 240 in total',
    )
    expect(describeRungs([])).toBe('no search')
  })
})

describe('halving', () => {
  const rungs = [
    { configurations: 6, epochs: 1 },
    { configurations: 2, epochs: 3 },
  ]

  it('by hand: the best third goes on, and the best of these wins', () => {
    const scores = [
      [10, 50, 30, 50, 20, 40],
      [undefined, 60, undefined, 70, undefined, undefined],
    ]
    expect(halvingState(rungs, (candidate, rung) => scores[rung]![candidate])).toEqual({
      fields: [
        [0, 1, 2, 3, 4, 5],
        [1, 3],
      ],
      winner: 3,
      hasFailed: false,
    })
  })

  it('waits for the last result of a rung', () => {
    const found = halvingState(rungs, candidate => (candidate === 4 ? undefined : 1))
    expect(found).toEqual({ fields: [[0, 1, 2, 3, 4, 5]], waitsFor: 4, winner: undefined, hasFailed: false })
  })

  it('of equals, takes those drawn first', () => {
    expect(halvingState(rungs, () => 7)).toEqual({
      fields: [
        [0, 1, 2, 3, 4, 5],
        [0, 1],
      ],
      winner: 0,
      hasFailed: false,
    })
  })

  it('a candidate that failed never wins, and a rung of such candidates is the end', () => {
    expect(halvingState(rungs, candidate => (candidate === 5 ? 0 : FAILED)).winner).toBe(5)
    expect(halvingState(rungs, (_, rung) => (rung === 1 ? FAILED : 1))).toEqual({
      fields: [
        [0, 1, 2, 3, 4, 5],
        [0, 1],
      ],
      winner: undefined,
      hasFailed: true,
    })
    expect(halvingState(rungs, () => FAILED).fields).toHaveLength(1)
  })

  it('without rungs, the first draw wins', () => {
    expect(halvingState([], () => undefined)).toEqual({ fields: [], winner: 0, hasFailed: false })
  })

  it('law: the winner is the best of its last rung, and no candidate left a rung before a worse one', () => {
    const score = (seed: number) => (candidate: number, rung: number) =>
      Math.imul(seed + 31 * candidate + 7 * rung, 0x9e3779b9) >>> 28
    fc.assert(
      fc.property(plan, fc.nat(), (p, seed) => {
        const rungs = rungsWithin(p.budget, p.epochs, p.factor)
        const { fields, winner } = halvingState(rungs, score(seed))
        expect(fields.map(field => field.length)).toEqual(rungs.map(rung => rung.configurations))
        fields.forEach((field, rung) => {
          const kept = fields[rung + 1] ?? [winner!]
          const worstKept = Math.min(...kept.map(candidate => score(seed)(candidate, rung)))
          for (const candidate of field.filter(one => !kept.includes(one)))
            expect(score(seed)(candidate, rung)).toBeLessThanOrEqual(worstKept)
        })
      }),
    )
  })
})
