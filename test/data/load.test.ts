import { readdir, readFile, rm, utimes, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { digitsFolder } from '../../src/data/digits-cache.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { encodeLabels } from '../../src/data/idx.ts'
import { loadChosenData, type LoadOptions } from '../../src/data/load.ts'
import { mnist, fileRoles } from '../../src/data/mnist.ts'
import type { LoadProgress } from '../../src/data/progress.ts'
import {
  dataError,
  labelsOf,
  madeFour,
  madeKnown,
  nobody,
  right,
  serve,
  temporary,
  writeFour,
} from './made.ts'
import { mnistDir, mnistFiles } from '../support/needs.ts'

const four = madeFour(60, 10)
const known = madeKnown(four)
const files = new Map(fileRoles.map(role => [`/${mnist[role].name}.gz`, gzipSync(four[role])]))

/** The labels 1 to n. */
const one = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i + 1)

const load = async (choice: string, changed: Partial<LoadOptions> = {}) => {
  const dataFolder = changed.dataFolder ?? join(await temporary(), 'data')
  const notices: string[] = []
  const progress: LoadProgress[] = []
  const result = await loadChosenData({
    choice,
    env: {},
    dataFolder,
    mirrors: [await nobody()],
    known,
    digits: { train: 60, test: 10 },
    onNotice: line => notices.push(line),
    onProgress: step => progress.push(step),
    ...changed,
  })()
  return { result, dataFolder, said: notices.join('\n'), progress }
}

describe('auto', () => {
  test('MNIST_DIR comes first', async () => {
    const folder = await writeFour(await temporary(), four, { gzip: true })
    const { result, dataFolder } = await load('auto', { env: { MNIST_DIR: folder } })
    expect(right(result)).toMatchObject({ name: 'MNIST', source: folder })
    await expect(readdir(dataFolder)).rejects.toThrow('ENOENT')
  })

  test('when it is stopped, nothing else is tried', async () => {
    const stopping = new AbortController()
    const { result, said } = await load('auto', {
      mirrors: [await serve(() => stopping.abort())],
      signal: stopping.signal,
    })
    expect(dataError(result)).toContain('stopped')
    expect(said).toBe('')
  })

  test('then the data folder', async () => {
    const dataFolder = await temporary()
    await writeFour(join(dataFolder, 'mnist'), four)
    const { result, said } = await load('auto', { dataFolder })
    expect(right(result)).toMatchObject({ name: 'MNIST', source: join(dataFolder, 'mnist') })
    expect(said).toBe('')
  })

  test('then the mirrors, and in the next run the data folder', async () => {
    const server = await serve((request, response) => response.end(files.get(request.url ?? '')))
    const { result, dataFolder } = await load('auto', { mirrors: [server] })
    expect(right(result).name).toBe('MNIST')
    expect(right((await load('auto', { dataFolder })).result).name).toBe('MNIST')
  })

  test('then synthetic digits, with a notice', async () => {
    const gone = await nobody()
    const { result, said } = await load('auto', { mirrors: [gone] })
    expect(right(result).name).toBe('generated digits')
    expect(said).toContain('THIS IS NOT MNIST')
    expect(said).toContain(`Tried ${gone}: connect ECONNREFUSED`)
    expect(said).toContain('set MNIST_DIR')
  })

  test('an empty MNIST_DIR counts as unset', async () => {
    expect(right((await load('auto', { env: { MNIST_DIR: '' } })).result).name).toBe('generated digits')
  })

  test('a damaged data folder is repaired', async () => {
    const dataFolder = await temporary()
    await writeFour(join(dataFolder, 'mnist'), { ...four, testLabels: four.testLabels.map(byte => byte ^ 1) })
    const server = await serve((request, response) => response.end(files.get(request.url ?? '')))
    const { result } = await load('auto', { dataFolder, mirrors: [server] })
    expect(labelsOf(right(result), 'test').slice(0, 5)).toEqual([7, 2, 1, 0, 4])
    const mended = await readFile(join(dataFolder, 'mnist', mnist.testLabels.name))
    expect(Buffer.compare(mended, four.testLabels)).toBe(0)
  })

  test.each(['auto', 'mnist'])(
    '%s: an unfit MNIST_DIR is an error, never a reason for something else',
    async choice => {
      const missing = join(await temporary(), 'no')
      const env = { MNIST_DIR: missing }
      expect(dataError((await load(choice, { env })).result)).toBe(
        `MNIST_DIR: ${missing} cannot be read: it does not exist`,
      )
      const other = await writeFour(await temporary(), madeFour(6, 6))
      expect(dataError((await load(choice, { env: { MNIST_DIR: other } })).result)).toMatch(
        /^MNIST_DIR: .*SHA-256/,
      )
    },
  )
})

describe('mnist', () => {
  test('is never replaced by digits', async () => {
    const { result, said } = await load('mnist')
    expect(dataError(result)).toContain('MNIST could not be downloaded')
    expect(said).toBe('')
  })

  test.skipIf(mnistFiles.isMissing)('the real one', mnistFiles.why, async () => {
    const { result } = await load('auto', { env: { MNIST_DIR: mnistDir }, known: mnist })
    expect(right(result).training.size).toBe(50_000)
  })
})

describe('a path', () => {
  test('a folder', async () => {
    const folder = await writeFour(join(await temporary(), 'fashion'), madeFour(6, 6))
    expect(right((await load(folder)).result)).toMatchObject({ name: 'fashion', source: folder })
  })

  test('a JSON file, its ending in any case', async () => {
    const file = join(await temporary(), 'x.JSON')
    await writeFile(file, '{"training": {"inputs": [[1]], "labels": [0]}}')
    expect(right((await load(file)).result)).toMatchObject({ name: 'x.JSON', source: file })
  })

  test('one of several sets of a folder, its images transposed; labels from 1 are told', async () => {
    const folder = await temporary()
    const files = madeFour(30, 11)
    const letters = { ...files, trainLabels: encodeLabels(one(30)), testLabels: encodeLabels(one(11)) }
    await writeFour(folder, four, { rename: name => `emnist-digits-${name}` })
    await writeFour(folder, letters, { rename: name => `emnist-letters-${name}` })
    const path = join(folder, 'emnist-letters')
    const plain = await load(path)
    expect(right(plain.result)).toMatchObject({ name: 'emnist-letters' })
    expect(plain.said).toBe(
      'network2: emnist-letters: its labels are 1 to 30; class = label - 1, so 30 classes from 0',
    )
    const turned = right((await load(`${path}:transposed`)).result)
    const pixel = (of: Dataset, i: number) =>
      of.training.inputs.kind === 'bytes' ? of.training.inputs.bytes[i] : 0
    // 4 rows of 3 become 3 rows of 4
    expect(pixel(turned, 1)).toBe(pixel(right(plain.result), 3))
    expect(dataError((await load(join(folder, 'emnist-none'))).result)).toContain('does not exist')
  })

  test('CSV and pickles are read by the end of their name; another file is refused with what is read', async () => {
    const folder = await temporary()
    await writeFile(join(folder, 'a.CSV'), 'label,x,y\n0,1,2\n1,2,3\n')
    const csv = await load(join(folder, 'a.CSV'))
    expect(right(csv.result).training.size).toBe(2)
    expect(csv.said).toContain('a.CSV: split at random')
    await writeFile(join(folder, 'a.pkl'), 'cos\nsystem\n')
    expect(dataError((await load(join(folder, 'a.pkl'))).result)).toContain('it names "os system"')
    await writeFile(join(folder, 'a.mat'), '')
    expect((await load(join(folder, 'a.mat'))).result).toMatchObject({
      left: { remedy: expect.stringMatching(/IDX files.*mnist\.pkl\.gz.*FILE\.csv.*FILE\.json/) as string },
    })
  })

  test('a missing one is named', async () => {
    expect(dataError((await load('/no/such')).result)).toBe(
      '--data /no/such cannot be read: it does not exist',
    )
  })

  test('a file of another kind', async () => {
    const file = join(await temporary(), 'train-images-idx3-ubyte')
    await writeFile(file, four.trainImages)
    expect(dataError((await load(file)).result)).toBe(`--data ${file}: this is no data set that can be read`)
  })

  test('takes precedence over MNIST_DIR', async () => {
    const folder = await writeFour(await temporary(), four)
    expect(right((await load(folder, { env: { MNIST_DIR: '/no/such' } })).result).name).toBe('MNIST')
  })
})

describe('digits', () => {
  const pixels = (of: Awaited<ReturnType<typeof load>>): Uint8Array => {
    const { inputs } = right(of.result).training
    return inputs.kind === 'bytes' ? inputs.bytes : new Uint8Array()
  }

  test('have the given sizes, and are generated once', async () => {
    const first = await load('digits')
    const found = right(first.result)
    expect([found.training.size, found.validation?.size, found.test?.size]).toEqual([50, 10, 10])
    expect(found.training.inputs.width).toBe(784)
    expect(first.progress.at(-1)).toEqual({ what: 'generating digits', done: 70, of: 70 })
    expect(first.said).toBe('')
    expect((await readdir(digitsFolder(first.dataFolder))).sort()).toEqual([
      'SHA256SUMS',
      ...fileRoles.map(role => mnist[role].name).sort(),
    ])
    const second = await load('digits', { dataFolder: first.dataFolder })
    expect(second.progress).toEqual([])
    expect(Buffer.compare(pixels(second), pixels(first))).toBe(0)
    expect(labelsOf(right(second.result), 'test')).toEqual(labelsOf(found, 'test'))
  })

  test('training and test digits are not the same', async () => {
    const found = right((await load('digits', { digits: { train: 12, test: 10 } })).result)
    expect(labelsOf(found, 'training')).not.toEqual(labelsOf(found, 'test'))
  })

  test('their cache can be given to --data', async () => {
    const { dataFolder } = await load('digits')
    expect(right((await load(digitsFolder(dataFolder))).result).training.size).toBe(50)
  })

  test.each([
    ['a flipped byte', (name: string) => name.includes('images')],
    ['a flipped byte in the sums', (name: string) => name === 'SHA256SUMS'],
  ])('%s in the cache: generated again, and repaired', async (_, hit) => {
    const first = await load('digits')
    const folder = digitsFolder(first.dataFolder)
    const whole = new Map<string, Buffer>()
    for (const name of await readdir(folder)) {
      whole.set(name, await readFile(join(folder, name)))
      if (hit(name))
        await writeFile(
          join(folder, name),
          (whole.get(name) ?? Buffer.of()).map((b, i) => (i === 40 ? b ^ 1 : b)),
        )
    }
    const second = await load('digits', { dataFolder: first.dataFolder })
    expect(second.progress).not.toEqual([])
    expect(Buffer.compare(pixels(second), pixels(first))).toBe(0)
    for (const [name, bytes] of whole)
      expect(Buffer.compare(await readFile(join(folder, name)), bytes)).toBe(0)
  })

  test('a cut, missing or unfinished cache is generated again', async () => {
    const first = await load('digits')
    const folder = digitsFolder(first.dataFolder)
    const damages = [
      () => writeFile(join(folder, mnist.trainImages.name), ''),
      () => rm(join(folder, mnist.testLabels.name)),
      () => rm(join(folder, 'SHA256SUMS')),
    ]
    for (const damage of damages) {
      await damage()
      const again = await load('digits', { dataFolder: first.dataFolder })
      expect(again.progress).not.toEqual([])
      expect(Buffer.compare(pixels(again), pixels(first))).toBe(0)
    }
  })

  test('when stopped, they are not completed and not kept', async () => {
    const stopping = new AbortController()
    const { result, dataFolder } = await load('digits', {
      digits: { train: 100_000, test: 10 },
      signal: stopping.signal,
      onProgress: () => stopping.abort(),
    })
    expect(dataError(result)).toBe('the generation of digits was stopped')
    await expect(readdir(dataFolder)).rejects.toThrow('ENOENT')
  })

  test('a cache of another size is generated again', async () => {
    const { dataFolder } = await load('digits')
    expect(
      right((await load('digits', { dataFolder, digits: { train: 6, test: 1 } })).result).training.size,
    ).toBe(5)
  })

  test('a cache that fits is not written again', async () => {
    const { dataFolder } = await load('digits')
    const file = join(digitsFolder(dataFolder), 'SHA256SUMS')
    await utimes(file, 1, 1)
    await load('digits', { dataFolder })
    expect((await stat(file)).mtimeMs).toBe(1000)
  })

  test('if the folder cannot be written, they are used without a cache', async () => {
    const dataFolder = join(await temporary(), 'data')
    await writeFile(dataFolder, 'in the way')
    const { result, said } = await load('digits', { dataFolder })
    expect(right(result).training.size).toBe(50)
    expect(said).toContain('the digits are not kept for the next run')
    expect(await readFile(dataFolder, 'utf8')).toBe('in the way')
  })
})
