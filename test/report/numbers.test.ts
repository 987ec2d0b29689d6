import { expect, it } from 'vitest'
import { percent, points, seconds, settingText, significant, twoDecimals } from '../../src/report/numbers.ts'

it('accuracies are percentages with two decimals, costs have four digits', () => {
  expect([percent(0.95123), percent(1), points(0.0012), points(-0.0012), points(0)]).toEqual([
    ...['95.12 %', '100.00 %', '+0.12', '−0.12', '0.00'],
  ])
  expect([significant(0.34912), significant(-2.5), significant(123456)]).toEqual([
    '0.3491',
    '−2.500',
    '1.235e+5',
  ])
  expect([seconds(0.12345), seconds(1234)]).toEqual(['0.123 s', '1,234 s'])
})

it('what is not a finite number is said in words', () => {
  for (const write of [percent, points, significant, seconds, settingText])
    expect([write(NaN), write(Infinity), write(-Infinity)]).toEqual(['not a number', 'infinite', '−infinite'])
})

it('a number in the text of a verdict has two decimals, or a word', () => {
  expect([1.005, -0.001, -0.126, Infinity, -Infinity, NaN].map(twoDecimals)).toEqual([
    ...['1.00', '0.00', '-0.13', '∞', '-∞', 'unknown'],
  ])
})

it('any value of a configuration fits a line', () => {
  expect([[784, 30], ['a', 'b'], true, null, undefined, { a: 1 }, -0.5, 'text'].map(settingText)).toEqual([
    ...['[784, 30]', 'a, b', 'yes', 'not set', 'not set', '{"a":1}', '−0.5', 'text'],
  ])
})
