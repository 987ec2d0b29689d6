import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { outputsNeeded } from '../../src/data/dataset.ts'
import { encodeImages, encodeLabels } from '../../src/data/idx.ts'
import {
  mnist,
  readFolder,
  fileRoles,
  sha256,
  type MnistFiles,
  type KnownFiles,
} from '../../src/data/mnist.ts'
import { dataError, labelsOf, madeFour, madeKnown, right, temporary, writeFour } from './made.ts'
import { mnistDir, mnistFiles } from '../support/needs.ts'

const four = madeFour()
const known = madeKnown(four)

/** The four files with one of them changed. */
const withOne = (role: keyof KnownFiles, bytes: Uint8Array): MnistFiles<Uint8Array> => ({
  ...four,
  [role]: bytes,
})

const flip = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

describe('the split of the training file', () => {
  test.skipIf(mnistFiles.isMissing)(
    'MNIST is 50,000, 10,000 and 10,000 images of 784 bytes',
    mnistFiles.why,
    async () => {
      const found = right(await readFolder(mnistDir, 'must be MNIST')())
      expect(found.name).toBe('MNIST')
      expect([found.training.size, found.validation?.size, found.test?.size]).toEqual([
        50_000, 10_000, 10_000,
      ])
      expect(found.training.inputs.width).toBe(784)
      expect(labelsOf(found, 'training').slice(0, 5)).toEqual([5, 0, 4, 1, 9])
      expect(labelsOf(found, 'validation').slice(0, 5)).toEqual([3, 8, 6, 9, 6])
      expect(labelsOf(found, 'test').slice(0, 5)).toEqual([7, 2, 1, 0, 4])
      const { inputs } = found.training
      const inked = inputs.kind === 'bytes' ? inputs.bytes.reduce((n, byte) => n + (byte > 0 ? 1 : 0), 0) : 0
      expect(inked / (50_000 * 784)).toBeCloseTo(0.191, 3)
    },
  )

  test('twelve training and five test images become 10, 2 and 5', async () => {
    const folder = await writeFour(await temporary(), four)
    const found = right(await readFolder(folder, 'any')())
    expect([found.training.size, found.validation?.size, found.test?.size]).toEqual([10, 2, 5])
    expect(labelsOf(found, 'training').slice(0, 5)).toEqual([5, 0, 4, 1, 9])
    expect(labelsOf(found, 'validation')).toEqual([0, 7])
    expect(labelsOf(found, 'test')).toEqual([7, 2, 1, 0, 4])
    const pixels = four.trainImages.subarray(16)
    const { inputs } = found.training
    expect(inputs.kind === 'bytes' && Buffer.compare(inputs.bytes, pixels.subarray(0, 120))).toBe(0)
    const held = found.validation?.inputs
    expect(held?.kind === 'bytes' && Buffer.compare(held.bytes, pixels.subarray(120))).toBe(0)
  })

  test('with too few images for a sixth, no validation set', async () => {
    const folder = await writeFour(await temporary(), madeFour(5, 1))
    const found = right(await readFolder(folder, 'any')())
    expect([found.training.size, found.validation, found.test?.size]).toEqual([5, undefined, 1])
  })
})

describe('names', () => {
  test.each([
    ['as they are', false, (name: string) => name],
    ['gzipped', true, (name: string) => name],
    ['with a dot', false, (name: string) => name.replace('-idx', '.idx')],
    ['with a dot, gzipped', true, (name: string) => name.replace('-idx', '.idx')],
  ])('%s', async (_, gzip, rename) => {
    const folder = await writeFour(join(await temporary(), 'other digits'), four, { gzip, rename })
    const found = right(await readFolder(folder, 'any')())
    expect(found).toMatchObject({ name: 'other digits', source: folder })
    expect(found.training.size).toBe(10)
  })

  test('gzip is recognised by its bytes, not by its name', async () => {
    const folder = await temporary()
    for (const role of fileRoles)
      await writeFile(
        join(folder, role === 'testLabels' ? `${mnist[role].name}.gz` : mnist[role].name),
        four[role],
      )
    expect(right(await readFolder(folder, 'any')()).training.size).toBe(10)
  })

  test('a missing file is named', async () => {
    const folder = await writeFour(await temporary(), four)
    await rm(join(folder, 'train-labels-idx1-ubyte'))
    expect(dataError(await readFolder(folder, 'any')())).toBe(
      `${folder}: has no train-labels-idx1-ubyte, nor train-labels-idx1-ubyte.gz`,
    )
  })

  test('a missing folder, a file in its place, a folder in the place of a file, a dangling link', async () => {
    const folder = await writeFour(await temporary(), four)
    const file = join(folder, 'train-labels-idx1-ubyte')
    expect(dataError(await readFolder(join(folder, 'no'), 'any')())).toBe(
      `${join(folder, 'no')} cannot be read: it does not exist`,
    )
    expect(dataError(await readFolder(file, 'any')())).toBe(`${file}: is a file, not a folder`)
    await rm(file)
    await mkdir(file)
    expect(dataError(await readFolder(folder, 'any')())).toContain('has no train-labels-idx1-ubyte')
    await rm(file, { recursive: true })
    await symlink('nowhere', file)
    expect(dataError(await readFolder(folder, 'any')())).toBe(`${file} cannot be read: it does not exist`)
  })
})

/** Four files of images of 2 x 2 with these labels. */
const labelled = (train: readonly number[], test: readonly number[]): MnistFiles<Uint8Array> => {
  const images = (count: number): Uint8Array =>
    encodeImages({ count, rows: 2, columns: 2, pixels: Uint8Array.from({ length: 4 * count }, (_, i) => i) })
  return {
    trainImages: images(train.length),
    trainLabels: encodeLabels(Uint8Array.from(train)),
    testImages: images(test.length),
    testLabels: encodeLabels(Uint8Array.from(test)),
  }
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('classes', () => {
  const read = async (train: readonly number[], test: readonly number[]) =>
    right(await readFolder(await writeFour(await temporary(), labelled(train, test)), 'any')())

  test.each([47, 49, 62])('%i of them', async classes => {
    const found = await read(range(0, classes - 1), [3])
    expect(outputsNeeded(found).count).toBe(classes)
    expect(found.note).toBeUndefined()
  })

  test('labels 1 to 26 are the classes 0 to 25, and a note says so', async () => {
    const found = await read(range(1, 26), [1, 26])
    expect(outputsNeeded(found).count).toBe(26)
    expect(labelsOf(found, 'training').slice(0, 2)).toEqual([0, 1])
    expect(labelsOf(found, 'test')).toEqual([0, 25])
    expect(found.note).toBe('its labels are 1 to 26; class = label - 1, so 26 classes from 0')
  })

  test('labels 1 to 9 may be digits, and stay', async () => {
    const found = await read(range(1, 9), [9])
    expect(labelsOf(found, 'test')).toEqual([9])
    expect(found.note).toBeUndefined()
  })
})

describe('layouts of other sources', () => {
  const made = (name: string) => name.replace('t10k', 'test')

  test("Kaggle's archive: each file in a folder of its name, which hides it", async () => {
    const folder = await temporary()
    for (const role of fileRoles) {
      await mkdir(join(folder, mnist[role].name))
      await writeFile(join(folder, mnist[role].name, mnist[role].name), four[role])
    }
    expect(right(await readFolder(folder, 'any')()).training.size).toBe(10)
    const beside = await temporary()
    for (const role of fileRoles) {
      await mkdir(join(beside, mnist[role].name))
      await writeFile(join(beside, mnist[role].name.replace('-idx', '.idx')), four[role])
    }
    expect(right(await readFolder(beside, 'any')()).training.size).toBe(10)
  })

  test.each(['', 'raw', 'MNIST/raw'])("torchvision's folder, given above %j", async place => {
    const folder = join(await temporary(), 'FashionMNIST')
    await writeFour(join(folder, place), four)
    const found = right(await readFolder(folder, 'any')())
    expect([found.name, found.training.size]).toEqual(['FashionMNIST', 10])
    if (place === 'raw')
      expect(right(await readFolder(join(folder, 'raw'), 'any')()).name).toBe('FashionMNIST')
  })

  test("EMNIST's names; of several sets, one is chosen", async () => {
    const folder = await temporary()
    await writeFour(folder, four, { gzip: true, rename: name => `emnist-digits-${made(name)}` })
    expect(right(await readFolder(folder, 'any')()).training.size).toBe(10)
    await writeFour(folder, madeFour(18, 6), { gzip: true, rename: name => `emnist-letters-${made(name)}` })
    const both = await readFolder(folder, 'any')()
    expect(dataError(both)).toBe(
      `${folder}: holds the files of several data sets: emnist-digits, emnist-letters`,
    )
    expect(both).toMatchObject({
      left: { remedy: `give one of them: --data ${join(folder, 'emnist-digits')}` },
    })
    const one = right(await readFolder(folder, 'any', mnist, { set: 'emnist-letters' })())
    expect([one.name, one.training.size]).toEqual(['emnist-letters', 15])
  })

  test("QMNIST's extended labels are named", async () => {
    const folder = await writeFour(await temporary(), four, { rename: name => `qmnist-${made(name)}` })
    await rm(join(folder, 'qmnist-train-labels-idx1-ubyte'))
    const extended = new Uint8Array(12 + 12 * 32)
    extended.set([0, 0, 12, 2, 0, 0, 0, 12, 0, 0, 0, 8])
    await writeFile(join(folder, 'qmnist-train-labels-idx2-int'), extended)
    expect(dataError(await readFolder(folder, 'any')())).toContain("these are QMNIST's extended labels")
  })

  test('transposed images', async () => {
    const images = encodeImages({ count: 1, rows: 2, columns: 3, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) })
    const labels = encodeLabels(Uint8Array.of(0))
    const folder = await writeFour(await temporary(), {
      trainImages: images,
      trainLabels: labels,
      testImages: images,
      testLabels: labels,
    })
    const { inputs } = right(await readFolder(folder, 'any', mnist, { isTransposed: true })()).training
    expect(inputs.kind === 'bytes' && [...inputs.bytes]).toEqual([1, 4, 2, 5, 3, 6])
  })
})

describe('damage', () => {
  const broken = async (role: keyof KnownFiles, bytes: Uint8Array): Promise<string> => {
    const folder = await writeFour(await temporary(), withOne(role, bytes))
    const message = dataError(await readFolder(folder, 'any')())
    expect(message.startsWith(join(folder, mnist[role].name))).toBe(true)
    return message
  }

  test.each(fileRoles)('%s cut, plain and gzipped', async role => {
    expect(await broken(role, four[role].subarray(0, -1))).toContain('cut')
    expect(await broken(role, four[role].subarray(0, 3))).toContain('cut')
    expect(await broken(role, new Uint8Array())).toContain('cut')
    expect(await broken(role, gzipSync(four[role]).subarray(0, -1))).toContain('cut')
  })

  test.each(fileRoles)('%s is a web page', async role => {
    expect(await broken(role, Buffer.from('<!DOCTYPE html><p>403'))).toContain('this is an HTML page')
  })

  test('a label far from the others', async () => {
    const labels = Uint8Array.from({ length: 12 }, (_, i) => (i === 4 ? 200 : i % 10))
    expect(await broken('trainLabels', encodeLabels(labels))).toContain(
      'label 4 is 200, but only 11 of the labels 0 to 200 occur',
    )
  })

  test('a second gzip member', async () => {
    const packed = gzipSync(four.testLabels)
    expect(await broken('testLabels', Buffer.concat([packed, packed]))).toContain('two or more gzip members')
  })

  test('as many labels as images', async () => {
    expect(await broken('trainLabels', encodeLabels(new Uint8Array(11)))).toMatch(
      /has 11 labels for the 12 images/,
    )
    expect(await broken('testLabels', encodeLabels(new Uint8Array(6)))).toMatch(
      /has 6 labels for the 5 images/,
    )
  })

  test('training and test images of one shape', async () => {
    const turned = encodeImages({ count: 5, rows: 3, columns: 4, pixels: new Uint8Array(60) })
    expect(await broken('testImages', turned)).toContain('has images of 3 x 4')
  })
})

describe('if one file is MNIST’s, all must be', () => {
  const read = async (files: MnistFiles<Uint8Array>, rule: 'any' | 'must be MNIST', gzip = false) =>
    readFolder(await writeFour(join(await temporary(), 'set'), files, { gzip }), rule, known)()

  test('four known files have the name MNIST', async () => {
    expect(right(await read(four, 'any')).name).toBe('MNIST')
    expect(right(await read(four, 'must be MNIST', true)).name).toBe('MNIST')
  })

  test.each(fileRoles)('one flipped byte in %s', async role => {
    const changed = flip(four[role], four[role].length - 1)
    for (const rule of ['any', 'must be MNIST'] as const) {
      const message = dataError(await read(withOne(role, changed), rule))
      expect(message).toContain(mnist[role].name)
      expect(message).toContain(`is ${sha256(changed)}`)
      expect(message).toContain(`expected ${known[role].sum}`)
    }
  })

  test('two files swapped', async () => {
    const swapped = {
      trainImages: four.testImages,
      trainLabels: four.testLabels,
      testImages: four.trainImages,
      testLabels: four.trainLabels,
    }
    expect(dataError(await read(swapped, 'any'))).toContain('(the contents of train-labels-idx1-ubyte)')
  })

  test('another data set is accepted, except where MNIST is required', async () => {
    const other = madeFour(18, 6)
    expect(right(await read(other, 'any')).name).toBe('set')
    expect(dataError(await read(other, 'must be MNIST'))).toContain('SHA-256')
  })

  test.skipIf(mnistFiles.isMissing)(
    'MNIST itself with one made file among its own',
    mnistFiles.why,
    async () => {
      const folder = await temporary()
      for (const name of (await readdir(mnistDir)).filter(
        name => name.includes('ubyte') && !name.startsWith('t10k-labels'),
      ))
        await symlink(resolve(mnistDir, name), join(folder, name))
      await writeFile(join(folder, 't10k-labels-idx1-ubyte'), encodeLabels(new Uint8Array(10_000)))
      expect(dataError(await readFolder(folder, 'any')())).toContain(`expected ${mnist.testLabels.sum}`)
    },
  )
})
