/**
 * `evaluate`: how well a saved network classifies a data set.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { evaluator, type Metrics } from '../../core/evaluate.ts'
import { toParams } from '../../core/params.ts'
import { networkNamed } from '../../core/parts.ts'
import { l2 } from '../../core/regularizers/l2.ts'
import type { Interpreter } from '../../core/scan.ts'
import { dispose } from '../../core/scope.ts'
import { toBatch } from '../../data/batch.ts'
import { modelFits, targetsFit, type Dataset, type Examples } from '../../data/dataset.ts'
import { dataIdentity } from '../../data/fingerprint.ts'
import { dataError, interrupted, usageError, type AppError } from '../../errors.ts'
import { percentOf } from '../../format.ts'
import type { Env } from '../../io/env.ts'
import type { ModelFile } from '../../io/model.ts'
import { anyText } from '../../options/decode.ts'
import { required } from '../../options/option.ts'
import { outputOptions, trainingOptions } from '../../options/train-options.ts'
import { evaluationPart } from '../../runs/evaluation-part.ts'
import { loadResources, readModel } from '../../runs/resources.ts'
import { runChunked } from '../../runs/run-chunked.ts'
import { comparesOutputs } from '../../runs/run-plan.ts'
import { defineCommand } from '../command.ts'

/** The option that names a saved network. */
export const modelOption = required(anyText, 'FILE.json', {
  help: 'network to load: FILE.json, written by --save or by network2.py; or the folder of a run, such as runs/latest',
})

export const evaluateCommand = defineCommand({
  describe: 'Reports how well a saved network classifies a data set.',
  options: {
    model: modelOption,
    data: trainingOptions.data,
    evaluateOn: trainingOptions.evaluateOn,
    backend: trainingOptions.backend,
    engine: trainingOptions.engine,
    threads: trainingOptions.threads,
    ...outputOptions,
  },
  examples: [['--model net.json', 'on the test set']],
  run: (flags, env) =>
    pipe(
      readModel(flags.model),
      TE.bindTo('model'),
      TE.bindW('resources', ({ model }) => loadResources({ ...flags, sizesFor: () => model.sizes }, env)),
      TE.tap(({ model, resources }) => TE.fromEither(modelFits(flags.model, model.sizes)(resources.dataset))),
      TE.tap(({ model, resources }) =>
        TE.fromEither(targetsFit(networkNamed(model).cost, model.sizes, flags.model)(resources.dataset)),
      ),
      TE.bindW('evaluated', ({ resources }) =>
        TE.fromEither(evaluationPart(flags.evaluateOn, resources.dataset)),
      ),
      TE.bindW('metrics', ({ model, resources: { interpreter }, evaluated: { examples } }) =>
        examples === undefined
          ? TE.left(usageError('--evaluate-on none: nothing to evaluate', 'give validation or test'))
          : model.cost === undefined && !comparesOutputs(model.sizes)
            ? TE.left(
                dataError(
                  `${flags.model}: a network with one output has no accuracy, and this file names no cost`,
                  'add "cost": "QuadraticCost" or "CrossEntropyCost" to the file',
                ),
              )
            : evaluate(env, interpreter, model, examples),
      ),
      TE.map(({ model, resources: { dataset }, evaluated: { part }, metrics: { cost, correct, n } }) => {
        const compares = comparesOutputs(model.sizes)
        env.out(
          flags.json
            ? JSON.stringify({
                event: 'done',
                evaluateOn: part,
                data: dataset.name,
                trainedOn: model.trainedOn?.name,
                trainedOnThisData: isSameData(model, dataset),
                ...(model.cost === undefined ? {} : { evaluationCost: cost }),
                ...(compares ? { evaluationAccuracy: correct } : {}),
                evaluationSize: n,
              })
            : `${flags.model} on the ${part} set of ${dataset.name}: ` +
                [
                  ...(compares ? [`${correct} / ${n}, ${percentOf(correct, n)}`] : []),
                  ...(model.cost === undefined ? [] : [`cost ${cost.toPrecision(4)} (${model.cost})`]),
                ].join(', ') +
                otherData(model, dataset),
        )
      }),
    ),
})

/** Whether a network was trained on this data set; undefined if its file does not say it. */
const isSameData = ({ trainedOn }: ModelFile, dataset: Dataset): boolean | undefined =>
  trainedOn === undefined ? undefined : trainedOn.fingerprint === dataIdentity(dataset).fingerprint

/** What to add to a result on other data than the network was trained on. */
const otherData = (model: ModelFile, dataset: Dataset): string => {
  const { trainedOn } = model
  if (trainedOn === undefined || isSameData(model, dataset) === true) return ''
  return trainedOn.name === dataset.name
    ? `. The network was trained on other data of this name`
    : `. The network was trained on ${trainedOn.name}, not on ${dataset.name}`
}

const evaluate = (
  env: Env,
  interpreter: Interpreter,
  { layers, ...model }: ModelFile,
  examples: Examples,
): TE.TaskEither<AppError, Metrics> =>
  pipe(
    TE.fromTask(async () => {
      const params = toParams(layers)
      const set = toBatch(examples, model.sizes.at(-1)!)
      try {
        const observing = evaluator(interpreter, networkNamed(model), l2)(params, set, 0)
        return await runChunked(env, observing, { position: ({ done }) => done, onEvent: () => undefined })
      } finally {
        dispose([params, set])
        interpreter.dispose()
      }
    }),
    TE.flatMap(ended =>
      ended.kind === 'done'
        ? TE.right(ended.value)
        : TE.left(
            ended.kind === 'failed'
              ? ended.error
              : interrupted(ended.by, 'evaluation was stopped', 'run it again for the whole result'),
          ),
    ),
  )
