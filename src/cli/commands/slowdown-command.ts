/**
 * `slowdown`: the learning slowdown of chapter 3, as curves in the terminal, as a page, or as data.
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { dirname } from 'node:path'
import { shellCommand } from '#scripts/package'
import { comparison, observation, rates } from '../../book/slowdown.ts'
import type { AppError } from '../../errors.ts'
import { unwritable } from '../../io/failure.ts'
import { anyText, countUpTo, positive } from '../../options/decode.ts'
import { optional, withDefault } from '../../options/option.ts'
import { outputOptions } from '../../options/train-options.ts'
import {
  costTitles,
  explainSlowdown,
  slowdownConclusion,
  rateNote,
  slowdownText,
  type ComparedCosts,
  type ObservedRate,
} from '../../report/text/slowdown-text.ts'
import type { CliEnv } from '../cli-env.ts'
import { defineCommand } from '../command.ts'
import { counted } from '../../format.ts'

/** Every epoch of every curve stays in memory. */
const MOST_EPOCHS = 1_000_000

export const slowdownCommand = defineCommand({
  describe: 'Shows the learning slowdown of chapter 3 on a single neuron, with both costs.',
  options: {
    eta: optional(positive, {
      help: 'learning rate of both costs',
      byDefault: `${rates.quadratic}, then a note on ${rates.xent}`,
    }),
    epochs: withDefault(countUpTo(MOST_EPOCHS), 300, { help: 'steps of gradient descent' }),
    out: withDefault(anyText, 'runs/slowdown.html', { help: 'FILE.html of the page; none writes no page' }),
    ...outputOptions,
  },
  examples: [['--eta 0.3', 'both costs at another learning rate']],
  run: ({ eta, epochs, out, json }, env) => {
    const compared = comparison(eta ?? rates.quadratic, epochs)
    // the note is about the book's learning rate, not about another one
    const observed = eta === undefined ? observation(epochs) : undefined
    if (!json)
      for (const line of slowdownText(compared, observed, env.columns ?? 80).split('\n')) env.out(line)
    else {
      const results = [...compared, ...(observed ?? [])]
      for (const result of results) env.out(JSON.stringify({ event: 'curve', ...result }))
      env.out(JSON.stringify({ event: 'done', curves: results.length }))
    }
    return out === 'none' ? TE.right(undefined) : writePage(env, out, compared, observed)
  },
})

/** The curves as a page, which shows more of them than a terminal can. */
const writePage = (
  { files, log }: CliEnv,
  out: string,
  compared: ComparedCosts,
  observed: ObservedRate | undefined,
): TE.TaskEither<AppError, void> =>
  TE.tryCatch(async () => {
    const { slowdownReport } = await import('../../report/pages/slowdown-page.ts')
    const [{ eta, epochs }] = compared
    const prose = [...explainSlowdown(compared), ...(observed === undefined ? [] : rateNote(observed))]
    const page = slowdownReport({
      title: 'The learning slowdown',
      state: 'finished',
      sentence: `One neuron must learn to answer x = 1 with y = 0: ${counted(epochs, 'epoch')} at eta ${eta}.`,
      conclusion: slowdownConclusion(compared),
      explanation: prose.map(text => text.replaceAll(/[{}]/g, '')),
      starts: [compared.slice(0, 2), compared.slice(2)].map(results => ({
        weight: results[0]!.start.w,
        bias: results[0]!.start.b,
        learnings: results.map(({ cost, eta, curve }) => ({
          cost: costTitles[cost],
          eta,
          output: curve.a,
          costs: curve.cost,
          gradient: curve.gradient,
        })),
      })),
      command: shellCommand('slowdown', `--eta ${eta} --epochs ${epochs}`),
      config: { eta, epochs },
      env: { numbers: 'float64' },
    })
    await files.makeFolder(dirname(out))
    await files.save(out, page)
    log(`Report: ${out}`)
  }, unwritable(out))
