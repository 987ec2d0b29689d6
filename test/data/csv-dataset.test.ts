import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeCsvDataset, readCsv } from '../../src/data/csv-dataset.ts'
import { firstN, type Dataset, type Examples } from '../../src/data/dataset.ts'
import { fingerprint } from '../../src/data/fingerprint.ts'
import { loadChosenData } from '../../src/data/load.ts'
import { readFolder } from '../../src/data/mnist.ts'
import { mnistDir, mnistFiles } from '../support/needs.ts'
import { dataError, labelsOf, right, temporary } from './made.ts'

/** Twelve images of two pixels: their label, and ten times their label. */
const rows = Array.from({ length: 12 }, (_, i) => [i % 10, 10 * (i % 10)])

const first = ['label,pixel0,pixel1', ...rows.map(([label, x]) => `${label},${label},${x}`)].join('\n')
const last = ['pixel1,pixel2,class', ...rows.map(([label, x]) => `${label},${x},${label}`)].join('\r\n')
const bare = rows.map(([label, x]) => `${label},${label},${x}`).join('\n')

const partsOf = (found: Dataset) =>
  (['training', 'validation', 'test'] as const).map(part => {
    const inputs = found[part]!.inputs
    return { labels: labelsOf(found, part), pixels: inputs.kind === 'bytes' ? [...inputs.bytes] : [] }
  })

describe('CSV', () => {
  test.each([
    ['the label first', first],
    ['the label last, and lines of Windows', last],
    ['no header', `${bare}\n`],
    ['quoted names', first.replace('label', '"label"')],
  ])('%s', (_, text) => {
    const found = right(decodeCsvDataset('dir/train.csv')(text))
    expect(found).toMatchObject({ name: 'train.csv', source: 'dir/train.csv' })
    const parts = partsOf(found)
    expect(parts.map(({ labels }) => labels.length)).toEqual([8, 2, 2])
    for (const { labels, pixels } of parts)
      expect(pixels).toEqual(labels.flatMap(label => [label, 10 * label]))
    expect(parts.flatMap(({ labels }) => labels).toSorted()).toEqual(rows.map(([label]) => label).toSorted())
    expect(found.note).toContain('8 training, 2 validation and 2 test examples')
  })

  test('is split in the same way every time, and sorted files are mixed', () => {
    const sorted = Array.from({ length: 60 }, (_, i) => `${Math.floor(i / 30)},1`).join('\n')
    const [one, two] = [1, 2].map(() => right(decodeCsvDataset('F')(sorted)))
    expect(partsOf(one!)).toEqual(partsOf(two!))
    for (const { labels } of partsOf(one!)) expect(new Set(labels).size).toBe(2)
  })

  test('gzipped, and with a byte order mark', async () => {
    const file = join(await temporary(), 'a.csv.gz')
    await writeFile(file, gzipSync(`\ufeff${first}`))
    expect(right(await readCsv(file)()).training.size).toBe(8)
  })

  test.each([
    ['', 'it has no images'],
    ['label,pixel0', 'it has no images'],
    ['pixel0,pixel1\n1,2', 'no column is named label'],
    ['pixel0,label,pixel1\n1,2,3', 'the label is in column 2; it must be the first or the last'],
    ['label,a\n1,2\n1', 'line 3 has 1 column, the lines before it 2'],
    ['label,a\n1,2\n1,256', 'line 3, column 2 is "256", not a whole number from 0 to 255'],
    ['label,a\n1,\n', 'line 2, column 2 is "", not a whole number'],
    ['label;a\n1;2', 'no column is named label'],
    ['1\n2', 'line 1 has no comma'],
  ])('%j is refused', (text, words) => {
    expect(dataError(decodeCsvDataset('FILE')(text))).toContain(`FILE: ${words}`)
  })
})

describe('a pair of CSV files', () => {
  const write = async (files: Readonly<Record<string, string>>): Promise<string> => {
    const folder = await temporary()
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return folder
  }
  const lines = (labels: readonly number[]): string =>
    ['label,a,b', ...labels.map(label => `${label},${label},${10 * label}`)].join('\n')

  test('the file with test in its name is the test set, as it is', async () => {
    const folder = await write({ 'mnist_train.csv': first, 'mnist_test.csv': lines([7, 2, 1]) })
    for (const path of [join(folder, 'mnist_train.csv'), folder]) {
      const notices: string[] = []
      const options = { env: {}, onNotice: (line: string) => notices.push(line), onProgress: () => undefined }
      const found = right(await loadChosenData({ choice: path, ...options })())
      expect(found).toMatchObject({ name: 'mnist_train.csv', source: join(folder, 'mnist_train.csv') })
      expect(labelsOf(found, 'test')).toEqual([7, 2, 1])
      expect([found.training.size, found.validation?.size]).toEqual([10, 2])
      expect(notices).toEqual([
        `network2: mnist_train.csv: the test set is ${join(folder, 'mnist_test.csv')}`,
      ])
    }
  })

  test('the last "train" of a name is the one that is replaced', async () => {
    const folder = await write({ 'train-train.csv': first, 'train-test.csv': lines([5]) })
    expect(labelsOf(right(await readCsv(join(folder, 'train-train.csv'))()), 'test')).toEqual([5])
  })

  test("a test file without labels, as Kaggle's digit-recognizer has, is not used, which is said", async () => {
    const folder = await write({ 'train.csv': first, 'test.csv': 'pixel0,pixel1\n1,2\n' })
    const found = right(await readCsv(join(folder, 'train.csv'))())
    expect([found.training.size, found.test?.size]).toEqual([8, 2])
    expect(found.note).toContain(`${join(folder, 'test.csv')} is not used: it has no labels`)
  })

  test('files that do not fit each other, and two pairs in a folder, are errors', async () => {
    const folder = await write({ 'train.csv': first, 'test.csv': 'label,a\n1,2\n' })
    expect(dataError(await readCsv(join(folder, 'train.csv'))())).toBe(
      `${join(folder, 'test.csv')}: has 1 pixel in a line, ${join(folder, 'train.csv')} has 2`,
    )
    await writeFile(join(folder, 'b-train.csv'), first)
    await writeFile(join(folder, 'b-test.csv'), first)
    const options = { choice: folder, env: {}, onNotice: () => undefined, onProgress: () => undefined }
    expect(dataError(await loadChosenData(options)())).toContain('holds the CSV files of several data sets')
  })

  test.skipIf(mnistFiles.isMissing)('MNIST is recognized, and keeps its order', mnistFiles.why, async () => {
    const mnist = right(await readFolder(mnistDir, 'any')())
    const text = ({ inputs, desired }: Examples): string => {
      if (inputs.kind !== 'bytes' || desired.kind !== 'labels') throw new Error('not images')
      const { bytes } = inputs
      return Array.from(desired.labels, (label, i) =>
        [label, ...bytes.subarray(784 * i, 784 * (i + 1))].join(','),
      ).join('\n')
    }
    const folder = await write({
      'mnist_train.csv': text(firstN(60)(mnist.training)),
      'mnist_test.csv': text(mnist.test!),
    })
    const found = right(await readCsv(join(folder, 'mnist_train.csv'))())
    expect(found.name).toBe('MNIST')
    expect(fingerprint([found.training, found.test])).toBe(
      fingerprint([firstN(50)(mnist.training), mnist.test]),
    )
  })
})
