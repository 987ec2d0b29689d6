/**
 * What the page says in Chinese when a control or a drawing is refused: nothing of it may be left in English.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import type { AppError } from '../../src/errors.ts'
import { digitImage } from '../../src/image/ink.ts'
import { decodeTexts } from '../../src/web/page/page-link.ts'
import { planPageRun } from '../../src/web/page/page-trainer.ts'
import { chinese } from '../../src/web/page/words-zh.ts'
import { sentenceIn } from '../../src/web/page/words-en.ts'

const images = { pixels: new Uint8Array(2 * 784), labels: Uint8Array.of(0, 9) }
const data = { name: 'MNIST', choice: 'mnist', width: 784, training: images, test: images }

/** Why a setting of both networks is refused: by the decoders, or with the data. */
const refusalOf = (place: 'first' | 'page', flag: string, text: string): AppError => {
  const texts = { first: {}, second: {}, page: {} }
  const decoded = decodeTexts({ ...texts, [place]: { [flag]: text } })
  if (E.isLeft(decoded)) return decoded.left
  const planned = planPageRun(decoded.right.first, data)
  if (E.isLeft(planned)) return planned.left
  throw new Error(`${flag} ${text} is not refused`)
}

it.each([
  ...['0', 'x', '-1', '3,4'].map(text => ['first', 'eta', text] as const),
  ...['784', '784,0,10', '784,100000,10', '784,10000,10', '100,10', '784,30,3'].map(
    text => ['first', 'sizes', text] as const,
  ),
  ...['0', '1.5', 'many', '3', '70000'].map(text => ['first', 'train-size', text] as const),
  ...['-1', '1.5', '20000'].map(text => ['first', 'epochs', text] as const),
  ...['0', '2.5'].map(text => ['first', 'mini-batch-size', text] as const),
  ['first', 'lmbda', '-1'],
  ['first', 'momentum', '1'],
  ...['1', 'half', '0.99'].map(text => ['first', 'dropout', text] as const),
  ['first', 'seed', '-1'],
  ...['0', '500', 'x'].map(text => ['page', 'seeds', text] as const),
] as const)('%s: %s %s', (place, flag, text) => {
  const { message, remedy } = chinese.refusedFor(refusalOf(place, flag, text))
  expect(message).toContain(chinese.flags[flag])
  expect(`${message}${remedy}`.replaceAll(`“${text}”`, '')).not.toMatch(/[a-z]{2}/i)
})

it('a picture without a digit', () => {
  const blank = digitImage('a.png', 28)({ width: 40, height: 40, pixels: new Uint8Array(1600) })
  if (E.isRight(blank)) throw new Error('a blank picture is not refused')
  const refusal = { kind: 'error', file: 'a.png', error: blank.left } as const
  expect(sentenceIn(chinese.fileRefusals, refusal)).toBe('a.png：画面是空白的，没有与背景不同的笔画')
})
