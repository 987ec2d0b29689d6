/**
 * Few digits, in the files of MNIST: a training on them takes a moment.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateDigits, SIDE } from '../../src/data/digits.ts'
import { encodeImages, encodeLabels } from '../../src/data/idx.ts'
import { fold, key } from '../../src/core/rng.ts'

/** A folder with so few digits that a trial takes a moment. */
export const drawn = async (folder: string): Promise<string> => {
  const data = join(folder, 'digits')
  await mkdir(data)
  for (const [name, count, i] of [
    ['train', 600, 0],
    ['t10k', 200, 1],
  ] as const) {
    const { images, labels } = generateDigits(fold(key(7), i), 0, count)
    const bytes = encodeImages({ count, rows: SIDE, columns: SIDE, pixels: images.pixels })
    await writeFile(join(data, `${name}-images-idx3-ubyte`), bytes)
    await writeFile(join(data, `${name}-labels-idx1-ubyte`), encodeLabels(labels))
  }
  return data
}
