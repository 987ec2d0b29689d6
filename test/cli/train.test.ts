import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plans, recorded, type Golden } from '../../scripts/golden.ts'
import * as twin from '../support/float64.ts'
import { cli, jsonLines, inFolder, start } from '../support/cli.ts'

/** The files of a recorded case, and the command line that repeats it. */
const prepared = async (folder: string, { start: net, data, options }: Golden): Promise<string[]> => {
  await writeFile(join(folder, 'start.json'), JSON.stringify(net))
  await writeFile(join(folder, 'data.json'), JSON.stringify(data))
  return [
    ...['train', '--init', join(folder, 'start.json'), '--data', join(folder, 'data.json'), '--no-shuffle'],
    ...['--cost', options.cost, '--eta', String(options.eta), '--lmbda', String(options.lmbda)],
    ...['--epochs', String(options.epochs), '--mini-batch-size', String(options.miniBatchSize)],
    ...['--save', join(folder, 'end.json')],
  ]
}

describe('the command line against network2, recorded in float64', () => {
  for (const [name, backend] of [
    ['xent-short-batch-decay', 'cpu'],
    ['quadratic-soft-targets', 'wasm'],
    ['xent-batch-over-n', 'cpu'],
  ] as const)
    it(`${name} on ${backend}`, () =>
      inFolder(async folder => {
        const golden = recorded({ name })
        const args = await prepared(folder, golden)
        const { code, out, err } = await cli([...args, '--json', '--backend', backend])
        expect(err).toBe('')
        expect(code).toBe(0)
        const all = jsonLines(out)
        const [first, last] = [all[0]!, all.at(-1)!]
        expect(first).toMatchObject({ event: 'start', backend, config: { cost: golden.options.cost } })
        expect(last).toMatchObject({ event: 'done', outcome: 'done', epochs: golden.options.epochs })
        const epochs = all.filter(({ event }) => event === 'epoch')
        const { expected } = golden
        for (const monitor of ['evaluationCost', 'trainingCost'] as const)
          expect(
            twin.relativeError([epochs.map(e => e[monitor] as number)], [expected[monitor]]),
          ).toBeLessThan(1e-4)
        for (const monitor of ['evaluationAccuracy', 'trainingAccuracy'] as const)
          expect(epochs.map(e => e[monitor])).toEqual(expected[monitor])
        const saved = JSON.parse(await readFile(join(folder, 'end.json'), 'utf8')) as twin.Saved
        expect(saved.sizes).toEqual(golden.start.sizes)
        expect(saved.cost).toBe(golden.start.cost)
        const numbers = ({ weights, biases }: Pick<twin.Saved, 'weights' | 'biases'>) =>
          [...weights, ...biases].map(matrix => matrix.flat())
        const wanted = expected.biases.map(b =>
          Array.isArray(b[0]) ? b : b.map(x => [x]),
        ) as twin.Saved['biases']
        expect(
          twin.relativeError(numbers(saved), numbers({ weights: expected.weights, biases: wanted }), 1e-3),
        ).toBeLessThan(1e-4)
      }))

  it('has recorded cases of every kind', () => expect(plans.length).toBeGreaterThan(15))
})

describe('a run for a person', () => {
  it("has the book's line for each epoch, then the result, and the next command", () =>
    inFolder(async folder => {
      const args = await prepared(folder, recorded({ name: 'xent' }))
      const { code, out, err } = await cli([...args, '--backend', 'cpu'])
      expect(code).toBe(0)
      const printed = out.trim().split('\n')
      expect(printed[0]).toMatch(/^Epoch 1: \d+ \/ \d+ {3}cost \d/)
      expect(printed).toHaveLength(8)
      expect(printed[5]).toMatch(/^Accuracy on the test set of data\.json: \d/)
      expect(printed[7]).toBe(`To evaluate it: npm run evaluate -- --model ${join(folder, 'end.json')}`)
      expect(err).toContain('cross-entropy cost, [12, 8, 5], eta 0.5')
      // neither colours nor a progress bar without a terminal
      expect(out + err).not.toContain('\x1b')

      const again = await cli([
        ...[
          'evaluate',
          '--model',
          join(folder, 'end.json'),
          '--data',
          join(folder, 'data.json'),
          '--backend',
          'cpu',
        ],
      ])
      const [, count] = /^Epoch 5: (\d+ \/ \d+)/.exec(printed[4]!)!
      expect(again.out).toContain(count)
    }))

  it('with --log-dir says how to see the curves; resumed, it takes no other folder', () =>
    inFolder(async folder => {
      const args = await prepared(folder, recorded({ name: 'xent' }))
      const [run, logs] = [join(folder, 'run'), join(folder, 'my logs')]
      const { err } = await cli([...args, '--backend', 'cpu', '--out', run, '--log-dir', logs])
      expect(err).toContain(`curves: tensorboard --logdir '${logs}'`)
      expect(await readdir(logs)).toEqual(['run'])

      const other = join(folder, 'other')
      const moved = await cli(['train', '--resume', run, '--out', other, '--epochs', '6'])
      expect(moved.code).toBe(2)
      expect(moved.err).toContain(`--resume ${run} and --out ${other}: a resumed run stays in its folder`)
      expect(moved.err).toContain(`--config ${join(run, 'config.json')} --out ${other}`)
      // a variable speaks of new runs
      expect((await cli(['train', '--resume', run, '--epochs', '6'], { NETWORK2_OUT: other })).code).toBe(0)
      expect(await readdir(folder)).not.toContain('other')
    }))

  it('is the same twice, to the byte, in any time zone and language, and another with another seed', () =>
    inFolder(async folder => {
      const data = join(folder, 'data.json')
      await writeFile(data, JSON.stringify(recorded({ name: 'xent' }).data))
      const trained = async (seed: number, name: string, TZ: string, LC_ALL: string): Promise<string> => {
        const file = join(folder, name)
        const { code } = await cli(
          [
            'train',
            '--data',
            data,
            '--seed',
            String(seed),
            '--epochs',
            '2',
            '--backend',
            'cpu',
            '--save',
            file,
          ],
          { TZ, LC_ALL },
        )
        expect(code).toBe(0)
        return readFile(file, 'utf8')
      }
      const one = await trained(1, 'a.json', 'Pacific/Auckland', 'de_DE.UTF-8')
      expect(await trained(1, 'b ü #.json', 'America/St_Johns', 'tr_TR.UTF-8')).toBe(one)
      expect(await trained(2, 'c.json', 'UTC', 'C')).not.toBe(one)
    }))

  it('leaves accuracy out where there is one output, and says so', () =>
    inFolder(async folder => {
      const args = await prepared(folder, recorded({ name: 'xent-one-output' }))
      const { out, err } = await cli([...args, '--json', '--backend', 'cpu'])
      expect(err).toContain('accuracy is not computed')
      expect(jsonLines(out)[1]).toHaveProperty('evaluationCost')
      expect(jsonLines(out)[1]).not.toHaveProperty('evaluationAccuracy')
    }))
})

describe('mistakes', () => {
  const DATA = JSON.stringify(recorded({ name: 'xent' }).data)

  it.each<[string, readonly string[], number, string]>([
    ['an unknown flag', ['--epoch', '1'], 2, 'did you mean --epochs?'],
    ['a flag with the name of a method of objects', ['--constructor'], 2, '--constructor: unknown flag'],
    ['the same with a value', ['--toString=3'], 2, '--toString: unknown flag'],
    ['the same, negated', ['--no-valueOf'], 2, '--valueOf: unknown flag'],
    ['a value that is no number', ['--eta', 'abc'], 2, '--eta abc: not a number above 0'],
    ['no value', ['--eta='], 2, '--eta needs a value: a number above 0'],
    ['a repeated flag', ['--eta', '1', '--lr', '2'], 2, '--eta is given 2 times'],
    ['a value without a flag', ['xent'], 2, 'xent: unexpected value'],
    [
      'checkpoints of a run that is not saved',
      ['--checkpoint-every', '5', '--out', 'none'],
      2,
      '--checkpoint-every: --out none saves no checkpoints',
    ],
    ['a value of 100 kB', ['--eta', '7'.repeat(1e5) + 'x'], 2, '777x: not a number above 0'],
    ['a path of 100 kB', ['--data', 'x'.repeat(1e5)], 3, 'its name is too long'],
    [
      'event files of a run that is not saved',
      ['--log-dir', 'FOLDER/logs', '--out', 'none'],
      2,
      '--log-dir FOLDER/logs: --out none saves no run',
    ],
    ['sizes that do not fit the data', ['--sizes', '100,5'], 2, 'begin with 12: --sizes 12,5'],
    ['more examples than there are', ['--train-size', '41'], 2, 'has 40 training examples'],
    ['a part that is not there', ['--evaluate-on', 'validation'], 2, 'has no validation set'],
    [
      'a start that is not there',
      ['--init', 'FOLDER/none.json'],
      3,
      'none.json cannot be read: it does not exist',
    ],
    [
      'a start that is no network',
      ['--init', 'FOLDER/data.json'],
      3,
      'data.json is not a network: sizes is missing',
    ],
    ['data that is not there', ['--data', 'FOLDER/none'], 3, 'FOLDER/none'],
    ['a folder without data', ['--data', 'FOLDER'], 3, 'FOLDER'],
    [
      'a save into a missing folder',
      ['--save', 'FOLDER/none/net.json'],
      7,
      'the folder FOLDER/none does not exist',
    ],
    ['a save onto a folder', ['--save', 'FOLDER'], 7, '--save FOLDER: it is a folder'],
    ['a save that cannot be', ['--save', '/proc/net.json'], 7, '--save /proc/net.json'],
    [
      'an engine that is not there',
      ['--engine', 'staged', '--backend', 'cpu'],
      2,
      'use --backend wasm --engine wasm',
    ],
    ['a learning rate that diverges', ['--eta', '1e9'], 4, 'training diverged in epoch 1, with mini-batch 1'],
  ])('%s', (_what, wrong, code, words) =>
    inFolder(async folder => {
      await writeFile(join(folder, 'data.json'), DATA)
      const here = (text: string): string => text.replace('FOLDER', folder)
      const given = wrong.map(here)
      const data = given.includes('--data') ? [] : ['--data', join(folder, 'data.json')]
      const backend = given.includes('--backend') ? [] : ['--backend', 'cpu']
      const result = await cli(['train', '--epochs', '1', ...data, ...backend, ...given])
      expect(result.err).toContain(here(words))
      expect(result.code).toBe(code)
      expect(result.out).toBe('')
      expect(result.err).not.toMatch(/^\s+at /m)
      expect(result.err.length).toBeLessThan(2000)
      expect(await readdir(folder)).toEqual(['data.json'])
    }),
  )

  it('an unknown command is an error with the list of commands', async () => {
    const { code, err } = await cli(['tarin', '--backend', 'cpu'])
    expect(code).toBe(2)
    expect(err).toContain('the commands are train, runs, evaluate, predict')
  })

  it('a diverging run keeps the last good network, but never over another', () =>
    inFolder(async folder => {
      const golden = recorded({ name: 'xent' })
      const args = await prepared(folder, golden)
      const end = join(folder, 'end.json')
      const hot = args.map((arg, i) => (args[i - 1] === '--eta' ? '1e9' : arg))
      const first = await cli([...hot, '--backend', 'cpu'])
      expect(first.code).toBe(4)
      expect(JSON.parse(await readFile(end, 'utf8'))).toMatchObject({ weights: golden.start.weights })
      await writeFile(end, 'precious')
      const second = await cli([...hot, '--backend', 'cpu'])
      expect(second.code).toBe(4)
      expect(second.err).toContain('end.json is unchanged')
      expect(await readFile(end, 'utf8')).toBe('precious')
    }))
})

describe('unplanned ends', () => {
  /** A run that would take minutes. */
  const endless = async (folder: string): Promise<string[]> => {
    await mkdir(folder, { recursive: true })
    const args = await prepared(folder, recorded({ name: 'xent' }))
    return [...args.map((arg, i) => (args[i - 1] === '--epochs' ? '1000000' : arg)), '--backend', 'cpu']
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the run, and keeps the last epoch', (signal, code) =>
    inFolder(async folder => {
      const running = start(await endless(folder))
      await running.said('Epoch 3:')
      running.signal(signal)
      const { code: ended, err } = await running.result
      expect(ended).toBe(code)
      expect(err).toMatch(/stopped in epoch \d+ of 1000000/)
      expect(err).toMatch(/end\.json has the network after epoch \d+/)
      expect(JSON.parse(await readFile(join(folder, 'end.json'), 'utf8'))).toHaveProperty('weights')
    }),
  )

  it('a closed pipe ends the run quietly, and keeps the last epoch', () =>
    inFolder(async folder => {
      const running = start([...(await endless(folder)), '--json'])
      await running.said('"epoch":2')
      running.closeOut()
      const { code, err } = await running.result
      expect(code).toBe(141)
      expect(err).toBe('')
      expect(JSON.parse(await readFile(join(folder, 'end.json'), 'utf8'))).toHaveProperty('weights')
    }))
})

describe('help', () => {
  it('fits a terminal, and names every exit code', async () => {
    const { code, out } = await cli(['train', '--help'])
    expect(code).toBe(0)
    expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThanOrEqual(100)
    expect(out).toContain('npm run train -- --cost xent')
    expect(out.replace(/\s+/g, ' ')).toContain('130 interrupted')
  })

  it.each([
    ['costs', '--cost'],
    ['activations', '--activation'],
    ['regularizers', '--regularizer'],
    ['optimizers', '--optimizer'],
  ])('on %s: the first word of each line is a value of %s', async (topic, flag) => {
    const { code, out } = await cli(['help', topic])
    expect(code).toBe(0)
    const words = out
      .trimEnd()
      .split('\n')
      .map(line => /^[\w-]+/.exec(line)![0])
    expect(words.length).toBeGreaterThan(1)
    for (const word of words) {
      const { err } = await cli(['train', flag, word, '--print-config', '--data', 'nowhere'])
      expect(err).toContain('--data nowhere')
    }
    const { err } = await cli(['train', flag, 'other', '--print-config', '--data', 'nowhere'])
    expect(err).toContain(`${flag} other`)
  })

  it('names its topics, and those of a topic that it does not know', async () => {
    const { out } = await cli(['help'])
    expect(out).toContain('npm run help -- exit-codes')
    expect((await cli(['help', 'exit-codes'])).out).toContain('141  the reader of standard output closed it')
    const { code, err } = await cli(['help', 'nothing'])
    expect(code).toBe(2)
    expect(err).toContain('help nothing: unknown topic')
    expect(err).toContain('exit-codes')
  })
})
