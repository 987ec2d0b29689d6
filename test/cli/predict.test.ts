import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../src/cli/command.ts'
import { systemEnv } from '../../src/io/env.ts'
import { predictCommand } from '../../src/cli/commands/predict-command.ts'
import { encodeImages } from '../../src/data/idx.ts'
import { exitCode, type StopReason } from '../../src/errors.ts'
import { initialValues, type Sizes } from '../../src/core/params.ts'
import { key } from '../../src/core/rng.ts'
import { encodeModel, type ModelFile } from '../../src/io/model.ts'
import { digits, greyPng } from '../image/made.ts'
import { inFolder } from '../support/cli.ts'

type Said = { readonly code: number; readonly out: readonly string[]; readonly err: string }

const predict = async (
  model: string | undefined,
  files: readonly string[],
  flags: Readonly<Record<string, unknown>> = {},
  stop?: StopReason,
): Promise<Said> => {
  const out: string[] = []
  const result = await runCommand(
    predictCommand,
    { _: files, ...(model === undefined ? {} : { model }), ...flags },
    {
      ...systemEnv,
      columns: undefined,
      out: line => void out.push(line),
      stopReason: () => stop,
    },
  )()
  return E.isRight(result)
    ? { code: 0, out, err: '' }
    : { code: exitCode(result.left), out, err: `${result.left.message} | ${result.left.remedy}` }
}

const network = (sizes: Sizes): ModelFile => ({
  sizes,
  cost: 'xent',
  layers: initialValues('default', key(3), sizes),
})

/** The activations by the book's equation, in float64. */
const byHand = ({ layers }: ModelFile, x: readonly number[]): readonly number[] =>
  layers.reduce<readonly number[]>(
    (a, { inputs, outputs, w, b }) =>
      Array.from({ length: outputs }, (_, j) => {
        const z = a.reduce((sum, value, k) => sum + w[j * inputs + k]! * value, b[j]!)
        return 1 / (1 + Math.exp(-z))
      }),
    x,
  )

const written = async (folder: string, name: string, contents: string | Uint8Array): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, contents)
  return path
}

const parsed = (lines: readonly string[]): Record<string, unknown>[] =>
  lines.map(line => JSON.parse(line) as Record<string, unknown>)

describe('predict', () => {
  it('answers PNG files, IDX and JSON alike, as the equation says', () =>
    inFolder(async folder => {
      const model = network([784, 12, 10])
      const file = await written(folder, 'net.json', encodeModel(model))
      const images = digits(3)
      const pngs = await Promise.all(images.map((grey, i) => written(folder, `${i}.png`, greyPng(grey))))
      const pixels = Uint8Array.from(images.flatMap(grey => [...grey.pixels]))
      const idx = await written(folder, 'images', encodeImages({ count: 3, rows: 28, columns: 28, pixels }))
      const rows = images.map(grey => [...grey.pixels].map(byte => byte / 256))
      const json = await written(folder, 'a.json', JSON.stringify(rows))
      const { code, out } = await predict(file, [...pngs, idx, json], { json: true, 'as-is': true })
      expect(code).toBe(0)
      const lines = parsed(out)
      expect(lines).toHaveLength(9)
      lines.forEach((line, i) => {
        const expected = byHand(model, rows[i % 3]!)
        const activations = line.activations as number[]
        activations.forEach((a, j) => expect(a).toBeCloseTo(expected[j]!, 5))
        const sorted = expected.toSorted((a, b) => b - a)
        expect(line).toMatchObject({ event: 'prediction', digit: expected.indexOf(sorted[0]!) })
        expect(line.margin).toBeCloseTo(sorted[0]! - sorted[1]!, 5)
        expect(line.image).toBe([...pngs, idx, idx, idx, json, json, json][i])
        expect(line.index).toBe(i < 3 ? undefined : i % 3)
      })
      expect((await predict(file, [idx], { json: true, first: '2' })).out).toHaveLength(2)
    }))

  it('shows the picture and the activations, and says when it is unsure', () =>
    inFolder(async folder => {
      const one = (b: readonly number[]): ModelFile => ({
        sizes: [4, b.length],
        cost: 'xent',
        layers: [
          { inputs: 4, outputs: b.length, w: new Float32Array(4 * b.length), b: Float32Array.from(b) },
        ],
      })
      const answer = async (b: readonly number[]): Promise<readonly string[]> => {
        const file = await written(folder, 'net.json', encodeModel(one(b)))
        const image = await written(folder, 'x', '[1, 0, 0, 1]')
        return (await predict(file, [image])).out.map(line => line.replace(image, 'x'))
      }
      const rest = Array.from({ length: 7 }, () => -9)
      const sure = await answer([-9, 9, 0, ...rest])
      expect(sure[0]).toBe('x: 1   (margin 0.50 over 2)')
      expect(sure[2]).toBe(`      1  1.00  ${'█'.repeat(20)}`)
      expect(sure.some(line => line.startsWith('  ▀▄'))).toBe(true)
      expect((await answer([0, 0.1, -9, ...rest]))[0]).toBe('x: unsure: 1 at 0.52, 0 at 0.50')
      expect((await answer([9, -9]))[0]).toBe('x: class 0   (margin 1.00 over class 1)')
      expect((await answer([0]))[0]).toBe('x: output 0.50')
    }))

  it('calls an answer among other than ten a class, and one output nothing', () =>
    inFolder(async folder => {
      const image = await written(folder, 'x.json', '[0, 0, 0, 0]')
      const line = async (sizes: Sizes): Promise<Record<string, unknown>> => {
        const file = await written(folder, 'net.json', encodeModel(network(sizes)))
        return parsed((await predict(file, [image], { json: true })).out)[0]!
      }
      expect(Object.keys(await line([4, 3]))).toEqual(['event', 'image', 'class', 'activations', 'margin'])
      expect(Object.keys(await line([4, 1]))).toEqual(['event', 'image', 'activations'])
    }))

  it('one bad file does not spoil the others', () =>
    inFolder(async folder => {
      const file = await written(folder, 'net.json', encodeModel(network([784, 10])))
      const bad = await written(folder, 'photo.png', 'GIF89a')
      const good = await written(folder, 'good.png', greyPng(digits(1)[0]!))
      await mkdir(join(folder, 'sub'))
      const files = [bad, good, join(folder, 'none.png'), join(folder, 'sub'), good]
      const { code, out, err } = await predict(file, files, { json: true })
      expect(code).toBe(3)
      expect(parsed(out).map(({ image }) => image)).toEqual([good, good])
      expect(err).toContain('photo.png: this is a GIF picture')
      expect(err).toContain('none.png cannot be read: it does not exist')
      expect(err).toContain('sub: this folder has no pictures')
    }))

  it('takes inputs of any range, a network without a cost, and the folder of a run as the network', () =>
    inFolder(async folder => {
      const model = { ...network([2, 3, 2]), cost: undefined }
      await mkdir(join(folder, 'run'))
      await written(folder, 'run/model.json', encodeModel(model))
      const file = await written(folder, 'in.json', '[[-1, 300]]')
      const { code, out } = await predict(join(folder, 'run'), [file], { json: true })
      expect(code).toBe(0)
      const { activations } = parsed(out)[0] as { activations: number[] }
      byHand(model, [-1, 300]).forEach((a, j) => expect(activations[j]).toBeCloseTo(a, 5))
      await mkdir(join(folder, 'unfinished'))
      expect((await predict(join(folder, 'unfinished'), [file])).err).toContain('has no model.json')
    }))

  it('answers the pictures of a folder, and leaves its other files', () =>
    inFolder(async folder => {
      const file = await written(folder, 'net.json', encodeModel(network([784, 10])))
      const pictures = join(folder, 'pictures')
      await mkdir(join(pictures, '3.png'), { recursive: true })
      for (const [i, grey] of digits(2).entries()) await written(pictures, `${i ? 10 : 2}.PNG`, greyPng(grey))
      await written(pictures, 'notes.txt', 'two digits')
      await written(pictures, '._2.png', 'of an archive')
      const { code, out } = await predict(file, [pictures], { json: true })
      expect(code).toBe(0)
      expect(parsed(out).map(({ image }) => image)).toEqual([
        join(pictures, '2.PNG'),
        join(pictures, '10.PNG'),
      ])
    }))

  it('refuses what is asked for wrongly', async () => {
    expect(await predict('net.json', [])).toMatchObject({ code: 2 })
    expect((await predict(undefined, [], { first: '0' })).err).toMatch(
      /--model is missing\n--first 0: not.*\nIMAGE… is missing/,
    )
    expect(await predict('none.json', ['a.png'])).toMatchObject({ code: 3 })
  })

  it('stops when it is asked to', () =>
    inFolder(async folder => {
      const file = await written(folder, 'net.json', encodeModel(network([4, 3])))
      const image = await written(folder, 'x.json', '[0, 0, 0, 0]')
      expect(await predict(file, [image, image], { json: true }, 'SIGINT')).toMatchObject({
        code: 130,
        out: [expect.any(String)],
      })
    }))
})
