import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { decodeExpandedSamples } from '../../src/runs/expanded-samples.ts'
import { cli, inFolder } from '../support/cli.ts'
import { harmed } from '../support/faults.ts'

// a few seconds each, on a machine that does nothing else
vi.setConfig({ testTimeout: 180_000 })

const FLOATS = { inputs: [[0.3, 0, 0.25]], labels: [1] }

const train = (...args: readonly string[]): readonly string[] => [
  ...['train', '--data', 'digits', '--sizes', '784,8,10', '--train-size', '500', ...args],
]

const settings = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { out, code, err } = await cli(train('--print-config', ...args))
  expect(code, err).toBe(0)
  return Object.fromEntries(
    Object.entries(JSON.parse(out) as object).filter(([name]) => name.startsWith('expand')),
  )
}

describe('--expand', () => {
  it('has final values in the settings, and none without it', async () => {
    expect(await settings()).toEqual({})
    expect(await settings('--expand', 'none')).toEqual({})
    expect(await settings('--expand', 'shift')).toEqual({ expand: 'shift', expandCopies: 4 })
    expect(await settings('--expand', 'elastic', '--expand-each-epoch', '--expand-alpha', '20')).toEqual({
      expand: 'elastic',
      expandEachEpoch: true,
      expandAngle: 0,
      expandTranslation: 0,
      expandSigma: 4,
      expandAlpha: 20,
    })
  })

  it('trains on the images and their copies, and evaluates both; a variable and a file set it too', () =>
    inFolder(async folder => {
      const out = join(folder, 'run')
      const {
        code,
        err,
        out: said,
      } = await cli(train('--epochs', '2', '--out', out, '--json'), {
        NETWORK2_EXPAND: 'shift',
      })
      expect(code, err).toBe(0)
      const epochs = said
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as { event: string; trainingSize?: number })
      expect(epochs.filter(({ event }) => event === 'epoch').map(({ trainingSize }) => trainingSize)).toEqual(
        [2500, 2500],
      )
      const samples = decodeExpandedSamples(JSON.parse(await readFile(join(out, 'expanded.json'), 'utf8')))!
      expect(samples).toMatchObject({ columns: 28, eachEpoch: false })
      const [{ image, copies } = { image: new Uint8Array(), copies: [] }] = samples.samples
      // moved down by one row
      expect(copies[0]!.subarray(28)).toEqual(image.subarray(0, -28))
      const page = await readFile(join(out, 'report.html'), 'utf8')
      expect(page).toContain('Expanded training set')
      expect(page).toContain('training images displaced by one pixel (4 copies beside each)')

      const again = await cli(train('--config', join(out, 'config.json'), '--epochs', '0'))
      expect(again.err).toContain('500 training examples, 2,500 with their copies')
      expect((await cli(train('--config', join(out, 'config.json'), '--dry-run'))).out).toContain(
        'steps       500 in 2 epochs',
      )
    }))

  it('with --resume ends with the same bytes, wherever it was stopped', () =>
    inFolder(async folder => {
      const elastic = ['--expand', 'elastic', '--expand-each-epoch', '--checkpoint-every', '1']
      const args = (name: string): readonly string[] =>
        train(...elastic, '--epochs', '4', '--out', join(folder, name))
      const result = async (name: string): Promise<readonly string[]> => [
        await readFile(join(folder, name, 'model.json'), 'utf8'),
        await readFile(join(folder, name, 'expanded.json'), 'utf8'),
      ]
      expect((await cli(args('whole'))).code).toBe(0)
      for (const signal of ['SIGKILL', 'SIGINT'] as const) {
        await harmed(args(signal), { when: 'Epoch 1:', signal })
        const resumed = await cli(['train', '--resume', join(folder, signal)])
        expect(resumed.code, resumed.err).toBe(0)
        expect(await result(signal)).toEqual(await result('whole'))
      }
      const other = await cli(['train', '--resume', join(folder, 'whole'), '--expand-alpha', '30'])
      expect(other.code).toBe(5)
      expect(other.err).toContain('expandAlpha: it was 34, and is 30')
    }))
})

describe('refused', () => {
  it.each([
    [['--expand', 'twist'], '--expand twist: not none | shift | rotate | affine | elastic'],
    [['--expand-sigma', '4'], '--expand-sigma 4: nothing is expanded'],
    [
      ['--expand-each-epoch', '--expand-copies', '2'],
      '--expand-copies 2 --expand-each-epoch: nothing is expanded',
    ],
    [['--expand', 'rotate', '--expand-sigma', '4'], '--expand-sigma 4: --expand rotate has no sigma'],
    [
      ['--expand', 'shift', '--expand-copies', '3'],
      '--expand-copies 3: --expand shift makes 4 copies of each image',
    ],
    [['--expand', 'shift', '--expand-each-epoch'], 'the copies of --expand shift are not drawn at random'],
    [
      ['--expand', 'rotate', '--expand-each-epoch', '--expand-copies', '3'],
      '--expand-copies 3: with --expand-each-epoch, an epoch has one copy of each image',
    ],
    [['--expand', 'rotate', '--expand-copies', '9000'], 'are more than 2 GiB'],
    [['--expand', 'rotate', '--expand-angle', '95'], '--expand-angle 95: not a number from 0 to 80'],
  ])('%s', async (flags, sentence) => {
    const { code, err } = await cli(train(...flags))
    expect(code).toBe(2)
    expect(err).toContain(sentence)
  })

  it.each([
    [
      'data.json',
      JSON.stringify({ training: FLOATS, test: FLOATS }),
      'the inputs of data.json are not bytes',
    ],
    [
      'data.csv',
      '1,0,0,9\n0,9,0,0\n1,0,0,8\n0,7,0,0\n1,0,0,7\n0,8,0,0\n',
      'the inputs of data.csv are 3 bytes each, which is no square image',
    ],
  ])('for inputs that are no images, such as those of %s', (name, text, sentence) =>
    inFolder(async folder => {
      await writeFile(join(folder, name), text)
      const { code, err } = await cli(['train', '--data', join(folder, name), '--expand', 'shift'])
      expect(code).toBe(2)
      expect(err).toContain(sentence)
    }),
  )
})
