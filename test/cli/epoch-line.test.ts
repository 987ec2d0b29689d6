import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { epochLines } from '../../src/cli/epoch-line.ts'
import type { TimedEpoch } from '../../src/runs/history.ts'
import type { RunConfig } from '../../src/runs/run-plan.ts'

const config = {
  epochs: 30,
  trainSize: 50_000,
  monitor: ['evaluationCost', 'evaluationAccuracy', 'trainingCost', 'trainingAccuracy'],
} as const satisfies Partial<RunConfig> as unknown as RunConfig

const timed = (epoch: number, seconds = 0.24): TimedEpoch => ({
  report: {
    epoch,
    eta: 0.5,
    evaluation: { cost: 0.41271, correct: 9530, n: 10_000 },
    training: { cost: 0.03301, correct: 48_728, n: 50_000 },
  },
  seconds,
  observing: 0.1,
})

describe('the line of an epoch', () => {
  it('golden: leaves out the speed, then the counts of the training set, then the time, as the terminal narrows', () => {
    const lines = [120, 100, 90, 80, 70, 50, 20].map(columns => epochLines(config, columns)(timed(3)))
    expect(lines).toEqual([
      'Epoch 3: 9530 / 10000    cost 0.4127   training 48,728 / 50,000  cost 0.03301   0.24 s   208,333 images/s',
      'Epoch 3: 9530 / 10000    cost 0.4127   training 48,728 / 50,000  cost 0.03301   0.24 s',
      'Epoch 3: 9530 / 10000    cost 0.4127   training 48,728 / 50,000  cost 0.03301   0.24 s',
      'Epoch 3: 9530 / 10000    cost 0.4127   training 97.46 %  cost 0.03301   0.24 s',
      'Epoch 3: 9530 / 10000    cost 0.4127   training 97.46 %  cost 0.03301',
      'Epoch 3: 9530 / 10000    cost 0.4127',
      'Epoch 3: 9530 / 10000 ',
    ])
  })

  it('law: fits 80 columns, and 99 without a terminal, with every monitor and up to 9,999 epochs', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.double({ min: 0.001, max: 9999, noNaN: true }),
        fc.constantFrom(80, 100, undefined),
        (epoch, seconds, columns) => {
          const line = epochLines({ ...config, epochs: 9999 }, columns)(timed(epoch, seconds))
          expect(line.length).toBeLessThanOrEqual(columns ?? 99)
          expect(line).toMatch(/: 9530 \/ 10000 .*cost 0\.4127 {3}training .*cost 0\.03301/)
        },
      ),
    )
  })

  it('leaves out of later lines what was left out of an earlier one', () => {
    const line = epochLines(config, 90)
    expect(line(timed(1, 1000))).not.toContain('images/s')
    const short = {
      ...timed(2),
      report: { ...timed(2).report, training: undefined },
    } as unknown as TimedEpoch
    expect(line(short)).toBe('Epoch 2: 9530 / 10000    cost 0.4127   0.24 s')
  })
})
