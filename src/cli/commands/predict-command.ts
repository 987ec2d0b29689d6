/**
 * `npm run predict`: what a saved network answers to pictures.
 */
import { tensor2d } from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Options } from 'yargs'
import { loadBackend } from '../../runtime/backend.ts'
import { inputValues, type Inputs } from '../../data/dataset.ts'
import { readBytes } from '../../io/read.ts'
import { dataError, interrupted, type AppError, type UsageError } from '../../errors.ts'
import { feedforward } from '../../core/network.ts'
import { toParams, type Params } from '../../core/params.ts'
import type { GreyImage } from '../../image/grey.ts'
import { MOST_BYTES, readImages } from '../../image/image-files.ts'
import { dispose, withTensors } from '../../core/scope.ts'
import type { ModelFile } from '../../io/model.ts'
import { predictionOf, predictionLines, predictionText } from '../../report/text/prediction-text.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import * as F from '../../options/decode.ts'
import { readModel } from '../../runs/resources.ts'
import { commonOptions } from '../../options/train-options.ts'

export const predictOptions = {
  model: { describe: 'the network: a FILE.json that --save or network2.py has written' },
  first: { describe: 'of a file with several images, the first N only', defaultDescription: 'all' },
  json: commonOptions.json,
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type PredictFlags = {
  readonly model: string
  readonly first: number | undefined
  readonly json: boolean
  readonly files: readonly string[]
}

const predictFlags = (argv: F.Argv): E.Either<UsageError, PredictFlags> =>
  pipe(
    F.decodeAll({
      model: F.required('model', F.text, 'FILE.json')(argv),
      first: F.optional('first', F.count)(argv),
      json: F.toggle('json')(argv),
      files: F.positionals('IMAGE', 'one or more: npm run predict -- --model net.json digit.png')(argv),
    }),
    E.mapLeft(F.oneError),
  )

export const predictCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(
    RTE.fromEither<AppError, PredictFlags, CliEnv>(predictFlags(argv)),
    RTE.bindTo('flags'),
    RTE.bind('model', ({ flags }) => RTE.fromTaskEither(readModel(flags.model))),
    // a few pictures are answered before another backend has loaded
    RTE.tap(() => RTE.fromTaskEither(loadBackend('cpu'))),
    RTE.flatMap(({ flags, model }) => answerAll(flags, model)),
  )

/** As many pictures go through the network together. */
const AT_ONCE = 1000

/** Answers what can be answered; what is wrong with the other files is told together, at the end. */
const answerAll =
  ({ files, first, json }: PredictFlags, { layers, sizes }: ModelFile): CommandEffect<void> =>
  env =>
  async () => {
    const [width] = sizes
    const errors: AppError[] = []
    const params = toParams(layers)
    try {
      for (const file of files) {
        const found = await pipe(readBytes(file, MOST_BYTES), TE.flatMap(readImages(file, width)))()
        if (E.isLeft(found)) {
          errors.push(found.left)
          continue
        }
        const { inputs, listed } = found.right
        const count = Math.min(first ?? Infinity, sizeOf(inputs))
        for (let from = 0; from < count; from += AT_ONCE) {
          const x = rows(inputs, from, Math.min(count, from + AT_ONCE))
          activationsOf(params, x, width).forEach((activations, i) => {
            const index = listed ? from + i : undefined
            if (json) env.out(asJson(file, index, activations))
            else {
              const pixels = x.subarray(i * width, (i + 1) * width)
              env.out(`${file}${index === undefined ? '' : `[${index}]`}: ${predictionText(activations)}`)
              if (count <= DRAWN) predictionLines(asPicture(pixels), activations).forEach(env.out)
            }
          })
          await env.yieldToEventLoop()
          const by = env.stopReason()
          if (by !== undefined)
            return E.left(interrupted(by, 'prediction was stopped', 'run it again for the other pictures'))
        }
      }
    } finally {
      dispose(params)
    }
    return errors.length === 0 ? E.right(undefined) : E.left(together(errors))
  }

/** The pictures of a file are shown where it has no more than so many. */
const DRAWN = 10

const sizeOf = (inputs: Inputs): number =>
  (inputs.kind === 'bytes' ? inputs.bytes : inputs.floats).length / inputs.width

/** Inputs `from` to `to` (without it) as numbers, [to - from, width]. */
const rows = (inputs: Inputs, from: number, to: number): Float32Array => {
  const [start, end] = [from * inputs.width, to * inputs.width]
  return inputValues(
    inputs.kind === 'bytes'
      ? { ...inputs, bytes: inputs.bytes.subarray(start, end) }
      : { ...inputs, floats: inputs.floats.subarray(start, end) },
  )
}

/** What each output answers to each row of x [m, width]. */
const activationsOf = (params: Params, x: Float32Array, width: number): readonly (readonly number[])[] =>
  withTensors(
    () => feedforward(params, tensor2d(x, [x.length / width, width])),
    a => a.arraySync(),
  )

const asPicture = (pixels: Float32Array): GreyImage<readonly number[]> | undefined => {
  const side = Math.sqrt(pixels.length)
  return Number.isInteger(side) ? { width: side, height: side, pixels: [...pixels] } : undefined
}

const asJson = (image: string, index: number | undefined, activations: readonly number[]): string => {
  const { best, margin } = predictionOf(activations)
  return JSON.stringify({
    event: 'prediction',
    image,
    index,
    ...(activations.length === 10 ? { digit: best } : activations.length > 1 ? { class: best } : {}),
    activations,
    ...(activations.length > 1 ? { margin } : {}),
  })
}

/** One error of several: each with its message, and each remedy once. */
const together = (errors: readonly AppError[]): AppError =>
  dataError(
    errors.map(({ message }) => message).join('\n'),
    [...new Set(errors.map(({ remedy }) => remedy))].join('\n'),
  )
