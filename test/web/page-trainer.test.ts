/**
 * The trainings of the page, without its worker.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { wasm } from '../../src/compiler/wasm/wasm.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import type { PlannedRun } from '../../src/runs/run-plan.ts'
import type { TrialResult } from '../../src/study/trial.ts'
import { decodeTexts } from '../../src/web/page/page-link.ts'
import {
  openNetworkLab,
  pageDigits,
  pageTrial,
  planPageRun,
  settingsOf,
  type NetworkLab,
} from '../../src/web/page/page-trainer.ts'

const data = pageDigits(200)

const runFrom = (seed: number, sizes = '784,12,10'): PlannedRun => {
  const texts = { first: { 'train-size': '200', epochs: '2', sizes }, second: {}, page: {} }
  const flags = decodeTexts(texts)
  if (E.isLeft(flags)) throw new Error(flags.left.message)
  const run = planPageRun({ ...flags.right.first, seed }, data)
  if (E.isLeft(run)) throw new Error(run.left.message)
  return run.right
}

const ended = (lab: NetworkLab, seed: number): TrialResult => {
  const trial = pageTrial(lab, runFrom(seed), `${seed}`)
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
  const flags = (sizes: string): string => settingsOf(runFrom(0, sizes)).flags
  expect(flags('784,200,95,10')).not.toContain('--engine')
  expect(flags('784,200,100,10')).toContain('--engine wasm')
})
