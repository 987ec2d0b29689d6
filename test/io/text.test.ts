/**
 * Files that Windows programs write: UTF-8 with a byte order mark is read, UTF-16 is refused by name.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readJson } from '../../src/data/json-dataset.ts'
import { grouped } from '../../src/format.ts'
import type { AppError } from '../../src/errors.ts'
import { readImages } from '../../src/image/image-files.ts'
import { parseJson } from '../../src/io/json.ts'
import { readBytes, readText } from '../../src/io/read.ts'
import { decodeText } from '../../src/io/text.ts'
import { readModel } from '../../src/runs/resources.ts'
import { decodeSpace } from '../../src/study/space.ts'
import { inFolder } from '../support/cli.ts'

const pathOf = (name: string): string => fileURLToPath(new URL(`bom/${name}`, import.meta.url))

/** How each kind of file is read. */
const readers: Readonly<Record<string, (path: string) => TE.TaskEither<AppError | string, unknown>>> = {
  config: path =>
    pipe(
      readText(path, 'a config file', 1000),
      TE.flatMapEither((text): E.Either<AppError | string, unknown> => parseJson(text)),
    ),
  data: readJson,
  net: readModel,
  space: path =>
    pipe(
      readText(path, 'a search space', 1000),
      TE.flatMapEither(text => decodeSpace(path, text)),
    ),
  image: path => pipe(readBytes(path, 1000), TE.flatMap(readImages(path, 2))),
}

describe.each(Object.entries(readers))('%s', (kind, read) => {
  it('in UTF-8 with a byte order mark is read', async () => {
    expect(E.isRight(await read(pathOf(`${kind}.json`))())).toBe(true)
  })

  it('in UTF-16 is refused, and the error says the encoding', async () => {
    const path = pathOf(`${kind}-utf16.json`)
    expect(await read(path)()).toMatchObject(
      E.left({ _tag: 'Data', message: `${path}: this is UTF-16 text; UTF-8 is read` }),
    )
  })
})

describe('text', () => {
  it.each([
    ['little-endian with a byte order mark', [0xff, 0xfe, 0x7b, 0]],
    ['big-endian with a byte order mark', [0xfe, 0xff, 0, 0x7b]],
    ['little-endian', [0x7b, 0, 0x7d, 0]],
    ['big-endian', [0, 0x7b, 0, 0x7d]],
  ])('UTF-16, %s', (_, bytes) => {
    expect(E.isLeft(decodeText('FILE')(Uint8Array.from(bytes)))).toBe(true)
  })

  it.each(['', '{', '{}', '\0', '\ufeff{}', 'é'])('UTF-8 %j', text => {
    const bytes = new TextEncoder().encode(text)
    expect(decodeText('FILE')(bytes)).toEqual(E.right(text.replace('\ufeff', '')))
  })
})

describe('a text', () => {
  it('that is larger than the limit is refused before it is read', () =>
    inFolder(async folder => {
      const path = join(folder, 'large.json')
      await writeFile(path, '{}')
      // a sparse file: larger than any string
      await truncate(path, 2 ** 40)
      const message = `${path} has ${grouped(2 ** 40)} bytes, more than the`
      expect(await readText(path, 'a file of settings', 1000)()).toMatchObject(
        E.left({ message: `${message} 1,000 allowed`, remedy: 'give the path of a file of settings' }),
      )
      expect(await readModel(path)()).toMatchObject(
        E.left({ message: expect.stringContaining(message) as string }),
      )
    }))
})
