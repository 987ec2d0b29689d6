/**
 * `npm run evaluate`: how well a saved network does.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Options } from 'yargs'
import type { BackendChoice } from '../../runtime/backend.ts'
import { costOf } from '../../core/cost.ts'
import { modelFits, type Examples } from '../../data/dataset.ts'
import type { EngineChoice } from '../../runtime/engine.ts'
import { interrupted, usageError, type AppError, type UsageError } from '../../errors.ts'
import type { Interpreter } from '../../core/scan.ts'
import { evaluator, type Metrics } from '../../core/evaluate.ts'
import { toParams } from '../../core/params.ts'
import { dispose } from '../../core/scope.ts'
import type { ModelFile } from '../../io/model.ts'
import { comparesOutputs } from '../../runs/run-plan.ts'
import { runChunked } from '../../runs/run-chunked.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import * as F from '../../options/decode.ts'
import { evaluationPart, readModel, resources, type Resources } from '../../runs/resources.ts'
import { toBatch } from '../../runs/sets.ts'
import {
  backendFlag,
  commonOptions,
  dataFlag,
  engineFlag,
  evaluateOnFlag,
  type EvaluationPart,
} from '../../options/train-options.ts'
import { percentOf } from '../../format.ts'

export const evaluateOptions = {
  model: { describe: 'the network: a FILE.json that --save or network2.py has written' },
  ...commonOptions,
} satisfies Record<string, Options>

type EvaluateFlags = {
  readonly model: string
  readonly data: string
  readonly evaluateOn: EvaluationPart | undefined
  readonly backend: BackendChoice
  readonly engine: EngineChoice
  readonly json: boolean
}

const evaluateFlags = (argv: F.Argv): E.Either<UsageError, EvaluateFlags> =>
  pipe(
    F.decodeAll({
      model: F.required('model', F.text, 'FILE.json')(argv),
      data: dataFlag(argv),
      evaluateOn: evaluateOnFlag(argv),
      backend: backendFlag(argv),
      engine: engineFlag(argv),
      json: F.toggle('json')(argv),
    }),
    E.mapLeft(F.oneError),
  )

export const evaluateCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(
    RTE.fromEither<AppError, EvaluateFlags, CliEnv>(evaluateFlags(argv)),
    RTE.bindTo('flags'),
    RTE.bindW('model', ({ flags }) => RTE.fromTaskEither(readModel(flags.model))),
    RTE.bindW('having', ({ flags, model }) => resources({ ...flags, sizesFor: () => model.sizes })),
    RTE.tap(({ flags, model, having }) =>
      RTE.fromEither(modelFits(flags.model, model.sizes)(having.dataset)),
    ),
    RTE.flatMap(({ flags, model, having }) => look(flags, model, having)),
  )

const look =
  (flags: EvaluateFlags, model: ModelFile, { dataset, interpreter }: Resources): CommandEffect<void> =>
  env =>
    pipe(
      TE.fromEither(evaluationPart(flags.evaluateOn, dataset)),
      TE.bindW('observation', ({ examples }) =>
        examples === undefined
          ? TE.left(usageError('--evaluate-on none: nothing to do', 'give validation or test'))
          : observation(env, interpreter, model, examples),
      ),
      TE.map(({ part, observation: { cost, correct, n } }) => {
        const compares = comparesOutputs(model.sizes)
        env.out(
          flags.json
            ? JSON.stringify({
                event: 'done',
                evaluateOn: part,
                evaluationCost: cost,
                ...(compares ? { evaluationAccuracy: correct } : {}),
                evaluationSize: n,
              })
            : `${flags.model} on the ${part} set of ${dataset.name}: ` +
                (compares ? `${correct} / ${n}, ${percentOf(correct, n)}, ` : '') +
                `cost ${cost.toPrecision(4)} (${model.cost})`,
        )
      }),
    )

const observation = (
  env: CliEnv,
  interpreter: Interpreter,
  { layers, sizes, cost }: ModelFile,
  examples: Examples,
): TE.TaskEither<AppError, Metrics> =>
  pipe(
    TE.fromTask(async () => {
      const params = toParams(layers)
      const set = toBatch(examples, sizes.at(-1)!)
      try {
        const observing = evaluator(interpreter, costOf(cost), 0)(params, set)
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
