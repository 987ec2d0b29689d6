/**
 * The trainings of the page, without its worker.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { wasm } from '../../src/compiler/wasm/wasm.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import type { PlannedRun } from '../../src/runs/run-plan.ts'
import type { TrialResult } from '../../src/study/trial.ts'
import { decodeTexts, type LinkTexts } from '../../src/web/page/page-link.ts'
import type { Measured } from '../../src/web/page/page-messages.ts'
import {
  openNetworkLab,
  openPageTraining,
  pageDigits,
  pageTrial,
  planPageRun,
  settingsOf,
  type NetworkLab,
} from '../../src/web/page/page-trainer.ts'

const data = pageDigits(200)

const runFrom = (seed: number, other: LinkTexts['first'] = {}): PlannedRun => {
  const common = { 'train-size': '200', epochs: '2', sizes: '784,12,10' }
  const texts = { first: { ...common, ...other }, second: {}, page: {} }
  const flags = decodeTexts(texts)
  if (E.isLeft(flags)) throw new Error(flags.left.message)
  const run = planPageRun({ ...flags.right.first, seed }, data)
  if (E.isLeft(run)) throw new Error(run.left.message)
  return run.right
}

const ended = (lab: NetworkLab, seed: number, run = runFrom(seed)): TrialResult => {
  const trial = pageTrial(lab, run, `${seed}`)
  for (;;) {
    const { done, value } = trial.next()
    if (done === true) return value
  }
}

const withLab = <A>(interpreter: Interpreter, seed: number, body: (lab: NetworkLab) => A): A => {
  const lab = openNetworkLab(interpreter, runFrom(seed))
  try {
    return body(lab)
  } finally {
    lab.close()
  }
}

it('trainings from several seeds are compiled once, and each has the result that it has alone', () => {
  const interpreter = wasm()
  withLab(interpreter, 1, lab => {
    ended(lab, 1)
    const compiled = interpreter.compilations()
    const third = ended(lab, 3)
    expect(interpreter.compilations()).toBe(compiled)
    expect(third).toEqual(withLab(wasm(), 3, alone => ended(alone, 3)))
    expect(third).not.toEqual({ ...ended(lab, 4), id: '3' })
  })
  interpreter.dispose()
})

it('the command line names the engine where another one may be chosen', () => {
  const flags = (sizes: string): string => settingsOf(runFrom(0, { sizes })).flags
  expect(flags('784,200,95,10')).not.toContain('--engine')
  expect(flags('784,200,100,10')).toContain('--engine wasm')
})

it('early stopping ends a training, and a schedule lowers η', () => {
  const run = runFrom(0, { epochs: '40', 'early-stop': '6', 'eta-schedule': 'halve:2,1024' })
  withLab(wasm(), 0, lab => {
    const { accuracies } = ended(lab, 0, run)
    const best = accuracies.indexOf(Math.max(...accuracies))
    expect(accuracies.length).toBe(best + 1 + 6)
    expect(accuracies.length).toBeLessThan(40)
    const training = openPageTraining(lab, run)
    const measured: Measured[] = []
    while (training.outcome() === 'training') {
      training.advance(undefined)
      measured.push(
        ...training.frame({ weights: false, slopes: false, answers: false }, undefined, false).measured,
      )
    }
    training.close()
    expect(measured.find(({ at }) => at === 1)?.eta).toBe(0.5)
    // twice in the six epochs without a better accuracy
    expect(measured.at(-1)?.eta).toBeLessThanOrEqual(0.5 / 4)
  })
})
