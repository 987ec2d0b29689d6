import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { describe, expect, it } from 'vitest'
import { recorded } from '../../scripts/golden.ts'
import { cli, inFolder } from '../support/cli.ts'

/** A folder with a data set, and the flags of a training that takes a moment. */
const prepared = async (folder: string): Promise<readonly string[]> => {
  const data = join(folder, 'data.json')
  await writeFile(data, JSON.stringify(recorded({ name: 'xent' }).data))
  return ['train', '--data', data, '--backend', 'cpu', '--epochs', '3', '--quiet']
}

describe('the report of a run', () => {
  it('is written when the run ends, and rebuilt with the same bytes', () =>
    inFolder(async folder => {
      const train = await prepared(folder)
      const out = join(folder, 'run')
      expect((await cli([...train, '--out', out])).code).toBe(0)
      const report = await readFile(join(out, 'report.html'), 'utf8')
      expect(report).toContain('<strong>Finished</strong> after 3 epochs.')
      const again = await cli(['report', out])
      expect(again).toMatchObject({ code: 0, err: '' })
      expect(again.out).toContain('accuracy on the evaluation set')
      expect(await readFile(join(out, 'report.html'), 'utf8')).toBe(report)
    }))

  it('is written of a diverged one too, and says so first', () =>
    inFolder(async folder => {
      const train = await prepared(folder)
      const out = join(folder, '</script><img src=x onerror=alert(1)>'.replace('/', '∕'))
      expect((await cli([...train, '--out', out, '--eta', '1e9'])).code).toBe(4)
      const report = await readFile(join(out, 'report.html'), 'utf8')
      expect(report).toContain('<strong>Diverged</strong> in epoch 1, with mini-batch 1.')
      expect(report).not.toContain('<img src=x')
    }))

  it('of several runs is one page', () =>
    inFolder(async folder => {
      const train = await prepared(folder)
      for (const seed of ['1', '2']) await cli([...train, '--seed', seed, '--out', join(folder, seed)])
      const page = join(folder, 'pages', 'both.html')
      const { code, out } = await cli(['report', join(folder, '1'), join(folder, '2'), '--out', page])
      expect(code).toBe(0)
      expect(out).toContain(`Report: ${page}`)
      expect(await readFile(page, 'utf8')).toContain('2 runs compared')
    }))

  it('of no run is refused, and writes nothing', () =>
    inFolder(async folder => {
      expect(await cli(['report', folder])).toMatchObject({ code: 5, out: '' })
      expect(await cli(['report'])).toMatchObject({ code: 2, out: '' })
      expect(await readdir(folder)).toEqual([])
    }))
})

describe('predictions', () => {
  it('of the test images as PNG files are those that evaluate counts', () =>
    inFolder(async folder => {
      const net = join(folder, 'net.json')
      const trained = await cli([
        ...['train', '--data', 'digits', '--train-size', '1000', '--epochs', '3', '--backend', 'wasm'],
        ...['--quiet', '--save', net, '--out', join(folder, 'run')],
      ])
      expect(trained.err).toBe('')
      const answers = JSON.parse(await readFile(join(folder, 'run', 'answers.json'), 'utf8')) as {
        readonly worst: readonly {
          readonly label: number
          readonly answer: number
          readonly pixels: string
        }[]
      }
      const files = await Promise.all(
        answers.worst.map(async ({ pixels }, i) => {
          const png = new PNG({ width: 28, height: 28, colorType: 0 })
          Buffer.from(pixels, 'base64').forEach((grey, at) => png.data.set([grey, grey, grey, 255], 4 * at))
          const file = join(folder, `${i}.png`)
          await writeFile(file, PNG.sync.write(png, { colorType: 0 }))
          return file
        }),
      )
      const { out, code } = await cli(['predict', '--model', net, '--as-is', '--json', ...files])
      expect(code).toBe(0)
      const digits = out
        .trim()
        .split('\n')
        .map(line => (JSON.parse(line) as { readonly digit: number }).digit)
      expect(digits).toEqual(answers.worst.map(({ answer }) => answer))
    }))
})
