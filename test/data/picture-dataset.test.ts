import { execFile } from 'node:child_process'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { dataIdentity } from '../../src/data/fingerprint.ts'
import { loadChosenData } from '../../src/data/load.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { greyPng, jpeg, picture } from '../image/made.ts'
import { dataError, labelsOf, right, temporary } from './made.ts'

const load = async (choice: string, signal?: AbortSignal) => {
  const notices: string[] = []
  const progress: string[] = []
  const result = await loadChosenData({
    choice,
    env: {},
    onNotice: line => notices.push(line),
    onProgress: ({ what, done, of }) => progress.push(`${what} ${done}/${of}`),
    ...(signal === undefined ? {} : { signal }),
  })()
  return { result, said: notices.join('\n'), progress }
}

/** A picture of 3 x 2, all of this grey. */
const grey = (value: number): Buffer => greyPng(picture(3, 2, () => value))

const write = async (folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> => {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
  return folder
}

const firstPixels = (found: Dataset, part: 'training' | 'validation' | 'test'): readonly number[] => {
  const inputs = found[part]?.inputs
  return inputs?.kind === 'bytes' ? [...inputs.bytes].filter((_, i) => i % inputs.width === 0) : []
}

/** Twelve pictures of each class, whose grey is ten times the class, plus the number of the picture. */
const twelve = (folder: string, classes: readonly string[]): Readonly<Record<string, Buffer>> =>
  Object.fromEntries(
    classes.flatMap((name, c) =>
      Array.from({ length: 12 }, (_, i) => [`${folder}${name}/${i}.png`, grey(20 * c + i)]),
    ),
  )

describe('pictures by class', () => {
  test('one set is split at random, in the same way every time', async () => {
    const folder = await write(join(await temporary(), 'shapes'), twelve('', ['b', 'a', 'c']))
    const { result, said, progress } = await load(folder)
    const found = right(result)
    expect(found).toMatchObject({ name: 'shapes', source: folder, training: { inputs: { width: 6 } } })
    const parts = (['training', 'validation', 'test'] as const).map(part => ({
      labels: labelsOf(found, part),
      pixels: firstPixels(found, part),
    }))
    expect(parts.map(({ labels }) => labels.length)).toEqual([24, 6, 6])
    // b was written first, and a is the first class
    const classOf = [1, 0, 2]
    for (const { labels, pixels } of parts)
      expect(labels).toEqual(pixels.map(value => classOf[Math.floor(value / 20)]))
    expect(parts.flatMap(({ pixels }) => pixels).toSorted((a, b) => a - b)).toEqual(
      [0, 20, 40].flatMap(first => Array.from({ length: 12 }, (_, i) => first + i)),
    )
    expect(said).toBe(
      'network2: shapes: classes: 0 = a, 1 = b, 2 = c; split at random, always in the same way: 24 training, 6 validation and 6 test examples',
    )
    expect(progress.at(-1)).toBe('reading pictures 36/36')
    expect(dataIdentity(right((await load(folder)).result))).toEqual(dataIdentity(found))
  })

  test.each([
    ['train', 'test'],
    ['training', 'Testing'],
  ])('%s and %s: the test set stays whole', async (train, tested) => {
    const folder = await write(await temporary(), {
      ...twelve(`${train}/`, ['0', '1']),
      [`${tested}/1/x.png`]: grey(77),
      [`${tested}/0/y.jpg`]: jpeg(picture(3, 2, () => 255)),
    })
    const { result, said } = await load(folder)
    const found = right(result)
    expect(labelsOf(found, 'test')).toEqual([0, 1])
    expect(firstPixels(found, 'test')).toEqual([255, 77])
    expect([found.training.size, found.validation?.size]).toEqual([20, 4])
    expect(new Set(labelsOf(found, 'training'))).toEqual(new Set([0, 1]))
    expect(said).toBe('')
  })

  test('digits keep their numbers; other names are in order, 2 before 10', async () => {
    const digits = await write(await temporary(), { '3/a.png': grey(1), '8/a.png': grey(2) })
    expect(labelsOf(right((await load(digits)).result), 'training').toSorted()).toEqual([3, 8])
    const numbers = await write(await temporary(), { '10/a.png': grey(1), '2/a.png': grey(2) })
    expect((await load(numbers)).said).toContain('classes: 0 = 2, 1 = 10; split')
  })

  test('a class may be named test', async () => {
    const folder = await write(await temporary(), { 'test/a.png': grey(1), 'train/a.png': grey(2) })
    expect((await load(folder)).said).toContain('classes: 0 = test, 1 = train')
  })

  test('hidden entries, other files and nested folders are left out; links are followed', async () => {
    const folder = await write(await temporary(), {
      '0/a.png': grey(0),
      '0/Thumbs.db': 'x',
      '0/.DS_Store': 'x',
      '0/._a.png': 'x',
      '0/more/b.png': grey(3),
      '0/notes.txt': 'x',
      '.git/x.png': 'x',
      'README.md': 'x',
    })
    const elsewhere = await write(await temporary(), { 'c.png': grey(9) })
    await symlink(elsewhere, join(folder, '1'))
    await symlink(join(elsewhere, 'c.png'), join(folder, '0', 'link.png'))
    const found = right((await load(folder)).result)
    expect(firstPixels(found, 'training').toSorted()).toEqual([0, 9, 9])
  })

  test.each<[string, Readonly<Record<string, string | Buffer>>, string]>([
    [
      'another size',
      { '1/b.png': greyPng(picture(4, 4, () => 0)) },
      '1/b.png: has 4 x 4 pixels, FOLDER/0/a.png has 3 x 2',
    ],
    ['a damaged picture', { '1/b.png': grey(1).subarray(0, 40) }, '1/b.png: the PNG is cut'],
    ['another format', { '1/b.gif': 'GIF89a' }, '1/b.gif: this is a GIF picture; PNG and JPEG'],
    ['a text', { '1/b.png': '{}' }, '1/b.png: this is no picture; PNG and JPEG'],
    ['an empty class', { '1/b.txt': '' }, '1: this folder of a class has no pictures'],
    ['a loop of links', {}, '1/b.png cannot be read: it is a symbolic link'],
    ['a pipe', {}, '1/b.png is not a file'],
    ['no test set', { 'train/0/b.png': grey(1) }, ': has a folder train, but none for the test set'],
    [
      'a class of the test set alone',
      { 'train/0/b.png': grey(1), 'test/1/b.png': grey(1) },
      'test/1: the training set has no class 1',
    ],
  ])('%s is an error that names it', async (what, files, words) => {
    const folder = await write(await temporary(), { '0/a.png': grey(0), ...files })
    const odd = join(folder, '1', 'b.png')
    if (words.startsWith('1/b.png')) await mkdir(join(folder, '1'), { recursive: true })
    if (what === 'a loop of links') await symlink('b.png', odd)
    if (what === 'a pipe') await promisify(execFile)('mkfifo', [odd])
    const expected = `--data ${folder}${words.startsWith(':') ? '' : '/'}${words.replaceAll('FOLDER', folder)}`
    expect(dataError((await load(folder)).result)).toContain(expected)
  })

  test('more pixels than fit are refused before they are read', async () => {
    const folder = await temporary()
    const large = greyPng(picture(1000, 1000, () => 0))
    await write(folder, { '0/a.png': large })
    // the others are never read: they are not even pictures
    for (let i = 0; i < 539; i++) await writeFile(join(folder, '0', `b${i}.png`), '')
    expect(dataError((await load(folder)).result)).toContain(
      '540 pictures of 1000 x 1000 have 540,000,000 pixels in all; the limit is 536,870,912',
    )
  })

  test('a folder without pictures says what can be read', async () => {
    const folder = await write(await temporary(), { 'a/b.txt': 'x' })
    expect(dataError((await load(folder)).result)).toBe(
      `--data ${folder}: this is no data set that can be read`,
    )
    await rm(join(folder, 'a'), { recursive: true })
    expect(dataError((await load(folder)).result)).toContain('this is no data set')
    expect(dataError((await load(`${folder}:transposed`)).result)).toContain('has no t10k-labels')
  })

  test('is stopped on request', async () => {
    const folder = await write(await temporary(), { '0/a.png': grey(0) })
    expect(dataError((await load(folder, AbortSignal.abort())).result)).toContain('was stopped')
  })
})
