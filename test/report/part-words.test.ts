import { expect, it } from 'vitest'
import { runReport } from '../../src/report/pages/run-page.ts'
import { partWords } from '../../src/report/text/part-words.ts'
import { cli } from '../support/cli.ts'
import { sampleRun } from './samples.ts'

it('names what network2.py does not have, and how many neurons dropout keeps in each layer', () => {
  expect(partWords({ sizes: [784, 30, 10], cost: 'xent', eta: 0.5, lmbda: 5, dropout: 0.5 })).toEqual([
    'dropout 0.5 (15 of 30 hidden neurons kept)',
  ])
  expect(
    partWords({ sizes: [9, 800, 5, 10], activation: 'tanh', regularizer: 'l1', momentum: 0.9, dropout: 0.3 }),
  ).toEqual([
    'tanh hidden neurons',
    'L1 regularization',
    'momentum 0.9',
    'dropout 0.3 (560 of 800, 3 of 5 hidden neurons kept)',
  ])
  expect(partWords({ expand: 'shift', expandCopies: 4 })).toEqual([
    'training images displaced by one pixel (4 copies beside each)',
  ])
  expect(partWords({ expand: 'elastic', expandEachEpoch: true })).toEqual([
    'training images elastically distorted (new copies in each epoch)',
  ])
  expect(partWords(sampleRun().config)).toEqual([])
})

it('stands in the report of a run, with the name of its cost', () => {
  const run = sampleRun()
  const page = runReport({ ...run, config: { ...run.config, cost: 'log-likelihood', dropout: 0.5 } })
  expect(page).toContain('log-likelihood cost, [784, 30, 10] neurons')
  expect(page).toContain('lmbda 0, dropout 0.5 (15 of 30 hidden neurons kept), default start')
})

it('stands in the first line of train', async () => {
  const parts = ['--activation', 'relu', '--init', 'he', '--momentum', '0.9', '--regularizer', 'l1']
  const train = ['train', '--data', 'digits', '--sizes', '784,20,8,10', '--epochs', '0', '--backend', 'cpu']
  const { err } = await cli([...train, ...parts, '--dropout', '0.25'])
  expect(err.replace(/\s+/g, ' ')).toContain(
    'cross-entropy cost, [784, 20, 8, 10], eta 0.5, mini-batches of 10, lmbda 0, relu hidden neurons, L1 regularization, ' +
      'momentum 0.9, dropout 0.25 (15 of 20, 6 of 8 hidden neurons kept), he start, seed 0',
  )
})
