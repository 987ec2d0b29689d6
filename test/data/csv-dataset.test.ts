import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeCsvDataset, readCsv } from '../../src/data/csv-dataset.ts'
import type { Dataset } from '../../src/data/dataset.ts'
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
    ['label,a\n1,2\n1', 'line 3 has 1 columns, the lines before it 2'],
    ['label,a\n1,2\n1,256', 'line 3, column 2 is "256", not a whole number from 0 to 255'],
    ['label,a\n1,\n', 'line 2, column 2 is "", not a whole number'],
    ['label;a\n1;2', 'no column is named label'],
    ['1\n2', 'line 1 has no comma'],
  ])('%j is refused', (text, words) => {
    expect(dataError(decodeCsvDataset('FILE')(text))).toContain(`FILE: ${words}`)
  })
})
