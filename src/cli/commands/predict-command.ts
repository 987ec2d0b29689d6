/**
 * `predict`: the digit in an image, by a saved network.
 */
import { tensor2d } from '@tensorflow/tfjs-core'
import { separate } from 'fp-ts/lib/Array.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shellCommand } from '#scripts/package'
import { loadBackend } from '../../runtime/backend.ts'
import { inputValues, type Inputs } from '../../data/dataset.ts'
import { readBytes } from '../../io/read.ts'
import { dataError, interrupted, type AppError } from '../../errors.ts'
import { feedforward, type Network } from '../../core/network.ts'
import { networkNamed } from '../../core/parts.ts'
import { toParams, type Params } from '../../core/params.ts'
import type { GreyImage } from '../../image/grey.ts'
import { MOST_BYTES, readImages } from '../../image/image-files.ts'
import { pictureFiles } from '../../io/picture-folder.ts'
import { dispose, withTensors } from '../../core/scope.ts'
import type { ModelFile } from '../../io/model.ts'
import { predictionOf, predictionLines, predictionText } from '../../report/text/prediction-text.ts'
import type { CliEnv } from '../cli-env.ts'
import { defineCommand } from '../command.ts'
import { modelOption } from './evaluate-command.ts'
import { count } from '../../options/decode.ts'
import { optional, toggle } from '../../options/option.ts'
import { readModel } from '../../runs/resources.ts'
import { outputOptions } from '../../options/train-options.ts'

export const predictCommand = defineCommand({
  describe: 'Recognizes the digit in an image.',
  positionals: {
    usage: 'IMAGE…',
    example: `one or more files or folders: ${shellCommand('predict', '--model net.json digit.png')}`,
  },
  options: {
    model: modelOption,
    first: optional(count, { help: 'of a file with several images, only the first N', byDefault: 'all' }),
    asIs: toggle({
      help: "take pictures as they are; the default crops and centres the digit, as in MNIST's images",
    }),
    ...outputOptions,
  },
  examples: [
    ['--model net.json seven.png', 'a drawing or a photo of a digit'],
    ['--model runs/latest pictures', 'every picture in a folder, by the network of the last run'],
  ],
  run: (flags, env, files) =>
    pipe(
      readModel(flags.model),
      // a few images are faster on this backend than loading another one
      TE.tap(() => loadBackend('cpu')),
      TE.flatMap(model => predictAll(env, files, model, flags)),
    ),
})

/** How many images go through the network together. */
const AT_ONCE = 1000

/** Answers what can be answered; what is wrong with the other files is told together, at the end. */
const predictAll =
  (
    env: CliEnv,
    paths: readonly string[],
    { layers, ...model }: ModelFile,
    {
      first,
      asIs,
      json,
    }: { readonly first: number | undefined; readonly asIs: boolean; readonly json: boolean },
  ): TE.TaskEither<AppError, void> =>
  async () => {
    const [width] = model.sizes
    const files = separate(await Promise.all(paths.map(path => pictureFiles(path)())))
    const errors: AppError[] = [...files.left]
    const network = networkNamed(model)
    const params = toParams(layers)
    try {
      for (const file of files.right.flat()) {
        const found = await pipe(readBytes(file, MOST_BYTES), TE.flatMap(readImages(file, width, asIs)))()
        if (E.isLeft(found)) {
          errors.push(found.left)
          continue
        }
        const { inputs, listed } = found.right
        const count = Math.min(first ?? Infinity, sizeOf(inputs))
        for (let from = 0; from < count; from += AT_ONCE) {
          const x = rows(inputs, from, Math.min(count, from + AT_ONCE))
          activationsOf(network, params, x, width).forEach((activations, i) => {
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

/** A file with at most this many images has each of them drawn. */
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
const activationsOf = (
  network: Network,
  params: Params,
  x: Float32Array,
  width: number,
): readonly (readonly number[])[] =>
  withTensors(
    () => feedforward(network)(params, tensor2d(x, [x.length / width, width])),
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
    errors.flatMap(({ message }) => message.split('\n')),
    [...new Set(errors.flatMap(({ remedy }) => remedy.split('\n')))],
  )
