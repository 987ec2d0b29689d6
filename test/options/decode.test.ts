import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { pageCommand } from '../../src/cli/commands/page-command.ts'
import { checkKnown, decodeOptions, type Argv } from '../../src/options/option.ts'
import { trainOptions } from '../../src/options/train-options.ts'

const complaint = (argv: Argv): string => {
  const result = decodeOptions(trainOptions, argv)
  return E.isLeft(result) ? result.left.message : 'accepted'
}

const value = (argv: Argv, name: string): unknown => {
  const result = decodeOptions(trainOptions, argv)
  return E.isRight(result) ? (result.right as Record<string, unknown>)[name] : result.left
}

describe('the flags of train', () => {
  it('have defaults', () => {
    const result = decodeOptions(trainOptions, {})
    expect(result).toMatchObject({
      right: {
        epochs: 30,
        miniBatchSize: 10,
        lmbda: 0,
        seed: 0,
        shuffle: true,
        data: 'auto',
        cost: undefined,
      },
    })
  })

  it.each([
    ['eta', '.5', 'eta', 0.5],
    ['eta', '1e-3', 'eta', 0.001],
    ['cost', 'cross-entropy', 'cost', 'xent'],
    ['cost', 'quadratic', 'cost', 'quadratic'],
    ['sizes', '784, 30,10', 'sizes', [784, 30, 10]],
    ['epochs', '0', 'epochs', 0],
    ['monitor', 'none', 'monitor', []],
    ['monitor', 'evaluation-cost,trainingAccuracy', 'monitor', ['evaluationCost', 'trainingAccuracy']],
    ['init', 'large', 'init', { kind: 'start', start: 'large' }],
    ['init', 'net.json', 'init', { kind: 'file', file: 'net.json' }],
    ['threads', 'auto', 'threads', 'auto'],
    ['threads', '2', 'threads', 2],
  ])('--%s %s', (flag, given, name, expected) => {
    expect(value({ [flag]: given }, name)).toEqual(expected)
  })

  it.each([
    ['eta', 'abc', '--eta abc: not a number above 0'],
    ['eta', '', '--eta needs a value: a number above 0'],
    ['eta', '0', '--eta 0: not a number above 0'],
    ['eta', '-1', '--eta -1: not'],
    ['eta', 'Infinity', '--eta Infinity: not'],
    ['eta', 'NaN', '--eta NaN: not'],
    ['eta', '0x10', '--eta 0x10: not'],
    ['eta', '1e999', '--eta 1e999: not'],
    ['eta', ['1', '2'], '--eta is given 2 times (1, 2)'],
    ['cost', ['xent', 'xent'], '--cost is given 2 times'],
    ['cost', 'constructor', '--cost constructor: not quadratic | xent | cross-entropy'],
    ['cost', '__proto__', '--cost __proto__: not'],
    ['epochs', '1.5', '--epochs 1.5: not a whole number'],
    ['epochs', '-1', '--epochs -1: not'],
    ['sizes', '784', '--sizes 784: not two or more'],
    ['sizes', `784,${'9,'.repeat(3000)}10`, 'at most 100 layers'],
    ['sizes', '784,1e9,10', 'at most 100 million weights'],
    ['sizes', '784,0,10', '--sizes 784,0,10: not two or more'],
    ['sizes', '784,,10', '--sizes 784,,10: not'],
    ['mini-batch-size', '0', '--mini-batch-size 0: not'],
    ['lmbda', '-0.1', '--lmbda -0.1: not'],
    ['train-size', '0', '--train-size 0: not'],
    ['monitor', 'loss', '--monitor loss: not'],
    ['init', 'net.txt', '--init net.txt: not default | large | he | FILE.json'],
    ['shuffle', 'yes', '--shuffle takes no value'],
    ['json', [true, true], '--json takes no value, and is given once'],
    ['save', '', '--save needs a value'],
    ['backend', 'gpu', '--backend gpu: not auto | native | wasm | cpu'],
    ['threads', '0', '--threads 0: not auto or a whole number of 1 to 64'],
    ['threads', '-1', '--threads -1: not auto or a whole number of 1 to 64'],
    ['threads', '1.5', '--threads 1.5: not auto or a whole number of 1 to 64'],
    ['threads', 'many', '--threads many: not auto or a whole number of 1 to 64'],
    ['threads', '10000', '--threads 10000: not auto or a whole number of 1 to 64'],
  ])('--%s %j is refused', (flag, given, words) => {
    expect(complaint({ [flag]: given })).toContain(words)
  })

  it('are all looked at before the first complaint', () => {
    const text = complaint({ eta: 'abc', epochs: '1.5' })
    expect(text).toContain('--eta abc')
    expect(text).toContain('--epochs 1.5')
  })
})

describe('a flag that is not there', () => {
  const remedy = (flag: string): string => {
    const result = checkKnown(trainOptions, false, { _: [], [flag]: '1' })
    return E.isLeft(result) ? `${result.left.message} ${result.left.remedy}` : 'accepted'
  }

  it('is refused with the nearest one', () => {
    expect(remedy('lerning-rate')).toBe(
      '--lerning-rate: unknown flag did you mean --learning-rate? --help lists all flags',
    )
    expect(remedy('epoch')).toContain('did you mean --epochs?')
    expect(remedy('zzzzzz')).not.toContain('did you mean')
    expect(remedy('batch_size')).toBe('accepted')
  })

  it('and a value without a flag is refused too', () => {
    expect(checkKnown(trainOptions, false, { _: ['xent'] })).toMatchObject({
      left: { message: 'xent: unexpected value' },
    })
  })
})

describe('the port of page', () => {
  const port = (text: string) => decodeOptions(pageCommand.options, { port: text })

  it.each(['80.5', '-1', '65536', '1e9', 'http'])('%s is refused', text => {
    expect(port(text)).toMatchObject({
      left: { message: `--port ${text}: not a whole number of 0 to 65535` },
    })
  })

  it.each(['0', '8020', '65535'])('%s is one', text => {
    expect(port(text)).toMatchObject({ right: { port: Number(text) } })
  })
})
