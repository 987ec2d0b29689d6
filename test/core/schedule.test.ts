import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  updateSchedule,
  initialScheduleState,
  type ScheduleState,
  type Schedule,
} from '../../src/core/schedule.ts'

const course = (schedule: Schedule, accuracies: readonly (number | undefined)[]): ScheduleState =>
  accuracies.reduce(updateSchedule(schedule), initialScheduleState)

const until = (schedule: Schedule, accuracies: readonly number[]): number => {
  let at = initialScheduleState
  let epochs = 0
  for (const accuracy of accuracies) {
    at = updateSchedule(schedule)(at, accuracy)
    epochs++
    if (at.stopReason !== undefined) break
  }
  return epochs
}

describe('early stopping', () => {
  it('ends after n epochs without a better accuracy; an equal one is not better', () => {
    expect(until({ earlyStop: 3 }, [5, 9, 9, 8, 9, 10, 11])).toBe(5)
    expect(until({ earlyStop: 3 }, [5, 9, 8, 8, 10, 9, 9, 9])).toBe(8)
    expect(course({ earlyStop: 3 }, [1])).toMatchObject({ best: 1, sinceBest: 0 })
  })

  it('never takes what is not a number for an improvement', () => {
    expect(course({ earlyStop: 2 }, [5, NaN, NaN])).toMatchObject({ best: 5, sinceBest: 2 })
    expect(course({ earlyStop: 2 }, [NaN, undefined]).stopReason).toBeDefined()
    expect(course({ earlyStop: 2 }, [NaN]).stopReason).toBeUndefined()
  })
})

describe('the schedule of the learning rate', () => {
  it('halves after n epochs, counts again from 0, and ends at 1 / stop', () => {
    const schedule = { halve: { patience: 2, stop: 4 } }
    const shares = [5, 5, 5, 6, 6, 6, 6].map((_, i, all) => course(schedule, all.slice(0, i + 1)).share)
    expect(shares).toEqual([1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])
    expect(until(schedule, [5, 5, 5, 6, 6, 6, 6])).toBe(6)
  })

  it('goes on to the next power of two where the end is none', () => {
    expect(until({ halve: { patience: 1, stop: 5 } }, [5, 5, 5, 5, 5])).toBe(4)
  })
})

describe('a course', () => {
  it('is the same whether it is followed at once or in parts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 })),
        fc.array(fc.integer({ min: 0, max: 20 })),
        fc.record({
          earlyStop: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
          halve: fc.option(
            fc.record({ patience: fc.integer({ min: 1, max: 4 }), stop: fc.integer({ min: 2, max: 64 }) }),
            { nil: undefined },
          ),
        }),
        (first, second, schedule) => {
          const whole = course(schedule, [...first, ...second])
          expect(second.reduce(updateSchedule(schedule), course(schedule, first))).toEqual(whole)
          expect(whole.best).toBe(Math.max(0, ...first, ...second))
        },
      ),
    )
  })
})
