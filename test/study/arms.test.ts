import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { parseArms } from '../../src/study/arms.ts'

const FIXABLE = {
  values: { eta: 'eta', lr: 'eta', lmbda: 'lmbda', sizes: 'sizes', init: 'init', cost: 'cost' },
  toggles: ['shuffle'],
}

const arms = (...texts: string[]): unknown => {
  const parsed = parseArms(texts, FIXABLE)
  return E.isRight(parsed)
    ? parsed.right.map(({ name, flags }) => [name, flags])
    : `${parsed.left.message} / ${parsed.left.remedy}`
}

describe('--arms', () => {
  it('takes two costs with a comma between', () => {
    expect(arms('quadratic,xent')).toEqual([
      ['quadratic', { cost: 'quadratic' }],
      ['xent', { cost: 'xent' }],
    ])
  })

  it('takes two texts with flags, by the names and aliases of train', () => {
    expect(arms('xent --lr 0.05  --no-shuffle', 'cross-entropy --lmbda=5')).toEqual([
      ['xent --lr 0.05 --no-shuffle', { cost: 'xent', eta: '0.05', shuffle: 'false' }],
      ['xent --lmbda=5', { cost: 'xent', lmbda: '5' }],
    ])
  })

  it('keeps the commas inside a value', () => {
    expect(arms('xent --sizes 784,30,10, quadratic --shuffle')).toEqual([
      ['xent --sizes 784,30,10', { cost: 'xent', sizes: '784,30,10' }],
      ['quadratic --shuffle', { cost: 'quadratic', shuffle: 'true' }],
    ])
  })

  it('numbers two arms of one name', () => {
    expect(arms('xent', 'cross-entropy')).toEqual([
      ['xent (1)', { cost: 'xent' }],
      ['xent (2)', { cost: 'xent' }],
    ])
  })

  it.each([
    [['xent'], '--arms xent: expected two arms'],
    [['xent,quadratic', 'xent'], 'expected two arms'],
    [[], 'expected two arms'],
    [['', 'xent'], '--arms "": the cost is missing'],
    [
      ['hinge', 'xent'],
      '--arms "hinge": hinge is not a cost / begin an arm with one of quadratic, xent, log-likelihood',
    ],
    [['constructor', 'xent'], 'constructor is not a cost'],
    [['--eta 1', 'xent'], '--eta is not a cost'],
    [['xent 5', 'xent'], '--arms "xent 5": 5: expected a flag'],
    [['xent --seed 1', 'xent'], 'an arm cannot fix --seed / an arm may fix --eta, --lr'],
    [['xent --toString 1', 'xent'], 'an arm cannot fix --toString'],
    [['xent --no-eta', 'xent'], 'an arm cannot fix --no-eta'],
    [['xent --eta', 'xent'], '--eta has no value'],
    [['xent --eta --lmbda 5', 'xent'], '--eta has no value'],
    [['xent --eta 1 --lr 2', 'xent'], '--eta is given twice'],
    [['xent --cost quadratic', 'xent'], '--cost is given twice'],
    [['xent --shuffle --no-shuffle', 'xent'], '--shuffle is given twice'],
  ])('%j is refused', (texts, words) => {
    expect(arms(...texts)).toContain(words)
  })
})
