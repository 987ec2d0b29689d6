/**
 * The state of the page, where the order of events matters.
 */
import { expect, it } from 'vitest'
import { initialPageState, nextPageState, type PageEventOf } from '../../src/web/page/page-state.ts'

const start = initialPageState('en', { first: {}, second: {}, page: {} }, 'full', '')

const after = (events: readonly PageEventOf[]) => events.reduce(nextPageState, start)

const line: readonly PageEventOf[] = [
  { kind: 'pen-down', at: [0.5, 0.2] },
  { kind: 'pen-moved', at: [0.5, 0.8] },
  { kind: 'pen-up' },
]

it.each(['clear', 'undo'] as const)('what was seen in a drawing is ignored after %s', kind => {
  const { begun } = after(line).drawing
  const seen: PageEventOf = {
    kind: 'answer',
    answer: { kind: 'seen', of: begun, image: new Uint8Array(784) },
  }
  expect(after([...line, seen]).drawing.image).toBeDefined()
  expect(after([...line, { kind }, seen]).drawing.image).toBeUndefined()
  expect(after([...line, { kind }, ...line, seen]).drawing.image).toBeUndefined()
})
