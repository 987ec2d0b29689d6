/**
 * Images, or other inputs of a network, as JSON: numbers in row-major order. A pixel is 0 for background and 1 for ink.
 *
 * ```
 * [0, 0.5, …]   or   [[0, 0.5, …], …], an image by its rows   or   [image, …]
 * ```
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { Inputs } from '../data/dataset.ts'
import { dataError, type DataError } from '../errors.ts'
import { counted } from '../format.ts'
import { parseJson, shortValue } from '../io/json.ts'

/** The images of a file, as the inputs of a network. */
export type DecodedImages = {
  readonly inputs: Inputs
  /** Whether the file may hold several images: then results are numbered. */
  readonly listed: boolean
}

const Input = t.refinement(t.number, x => Number.isFinite(Math.fround(x)), 'a number that float32 can hold')

const Flat = t.array(Input, 'an array of numbers')
const Rows = t.array(Flat, 'an array of rows')
const Solid = t.array(Rows, 'an array of images')

/**
 * Decodes the images of a JSON text, for a network with `width` inputs.
 *
 * @param file the name to use in errors
 */
export const decodeJsonImages =
  (file: string, width: number) =>
  (text: string): E.Either<DataError, DecodedImages> =>
    pipe(
      parseJson(text),
      E.flatMap(json => images(json, width)),
      E.flatMap(({ listed, images }) => {
        const wrong = images.findIndex(image => image.length !== width)
        if (images.length === 0) return E.left('it has no image')
        if (wrong >= 0)
          return E.left(
            `${listed ? `[${wrong}]` : 'the image'} has ${counted(images[wrong]!.length, 'number')}, the network has ${counted(width, 'input')}`,
          )
        return E.right<string, DecodedImages>({
          listed,
          inputs: { kind: 'floats', width, floats: Float32Array.from(images.flat()) },
        })
      }),
      E.mapLeft(found =>
        dataError(
          `${file}: ${found}`,
          `give an array of ${counted(width, 'number')}, or a list of such arrays; a pixel is 0 for background and 1 for ink`,
        ),
      ),
    )

type Images = { readonly listed: boolean; readonly images: readonly (readonly number[])[] }

/** The depth of the arrays decides what they are; at depth two, the length of a row decides. */
const images = (json: unknown, width: number): E.Either<string, Images> => {
  const depth = depthOf(json)
  if (depth < 2) return decoded(Flat, json, flat => E.right({ listed: false, images: [flat] }))
  if (depth > 2)
    return decoded(Solid, json, solid =>
      pipe(
        solid.map((rows, i) => joined(`[${i}]`, rows)),
        E.sequenceArray,
        E.map(images => ({ listed: true, images })),
      ),
    )
  return decoded(Rows, json, rows =>
    rows[0]?.length === width
      ? E.right({ listed: true, images: rows })
      : pipe(
          joined('', rows),
          E.map(image => ({ listed: false, images: [image] })),
        ),
  )
}

/** The rows of one image, joined. */
const joined = (at: string, rows: readonly (readonly number[])[]): E.Either<string, readonly number[]> => {
  const [first, ...rest] = rows.map(row => row.length)
  const odd = rest.findIndex(length => length !== first)
  return odd < 0
    ? E.right(rows.flat())
    : E.left(`${at}[${odd + 1}] has ${counted(rest[odd]!, 'number')}, the rows before it ${first!}`)
}

const depthOf = (json: unknown): number => (Array.isArray(json) ? 1 + depthOf(json[0]) : 0)

const decoded = <A>(
  codec: t.Decoder<unknown, A>,
  json: unknown,
  make: (value: A) => E.Either<string, Images>,
): E.Either<string, Images> =>
  pipe(
    codec.decode(json),
    E.mapLeft(([first]) => complaint(first!)),
    E.flatMap(make),
  )

/** Such as `[3][2] is "x", not a number from 0 to 1`. */
const complaint = ({ context, value }: t.ValidationError): string => {
  const at = context.map(({ key }) => (key === '' ? '' : `[${key}]`)).join('')
  return `${at === '' ? 'it' : at} is ${shortValue(value)}, not ${context.at(-1)!.type.name}`
}
