/**
 * A session: lines on standard input, or typed in a terminal.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/package.mjs'
import * as library from '../../src/index.ts'
import { documentedIn, firstSentence, membersIn } from '../../src/repl/docstring.ts'
import { owned } from '../support/children.ts'
import { dataOf } from '../support/faults.ts'
import { terminal } from '../support/needs.ts'

const RUN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url))

let folder: string
let data: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'network2-test-'))
  data = await dataOf(folder, 105)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const environment = () => ({ ...process.env, NETWORK2_NATIVE: 'off', NETWORK2_CACHE: join(folder, 'cache') })

/** What a session answers to these lines. */
const answers = (lines: readonly string[], flags: readonly string[] = ['--data', data]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, 'repl', ...flags], {
    ...{ input: lines.join('\n'), encoding: 'utf8', env: environment(), cwd: folder },
  })
  return { status, out: stdout.split('\n').slice(0, -1), err: stderr }
}

const NETWORK = "const net = network([12, 8, 5], { cost: crossEntropy, init: 'large' })"

describe('a session', () => {
  it("runs the book's session as the README has it, line by line", () => {
    const [, session] = /```typescript\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))!
    const lines = session!.replace("'mnist'", JSON.stringify(data)).replace('[784, 30, 10]', '[12, 8, 5]')
    const { status, out, err } = answers([lines])
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toHaveLength(30)
    expect(out[29]).toMatch(/^Epoch 30: \d+ \/ 200$/)
  })

  it('shows a network, epochs, examples and predictions as a line each', () => {
    const { status, out, err } = answers([
      ...[
        'training',
        NETWORK,
        'net',
        'const options = { evaluation: test, monitorTraining: true, epochs: 2 }',
      ],
      ...['const epochs = [...sgd(net, training, options)]', 'epochs', 'epochs[1].net', 'crossEntropy'],
      ...[
        'for (const epoch of epochs)',
        'console.log(epoch)',
        '',
        'predict(net, test)[0]',
        'sgd(net, training)',
      ],
      ...['await save(net, "net.json")', '(await load("net.json")).sizes', 'load("net.json")'],
      ...['tf.ones([2])', 'evaluate(net, test).n'],
    ])
    expect({ status, err }).toEqual({
      status: 0,
      err: expect.stringMatching(/^network2: .*: training 105, (validation \d+, )?test 200\n$/) as unknown,
    })
    const epoch = (n: number) =>
      expect.stringMatching(
        `^Epoch ${n}: \\d+ / 200   cost [\\d.]+   training \\d+ / 105   cost [\\d.]+$`,
      ) as string
    expect(out).toEqual([
      '105 examples: 12 inputs each, labels up to 4',
      'network [12, 8, 5]: cross-entropy cost, sigmoid, 149 weights and biases, not trained',
      ...[epoch(1), epoch(2)],
      'network [12, 8, 5]: cross-entropy cost, sigmoid, 149 weights and biases',
      'the cross-entropy cost',
      ...[epoch(1), epoch(2)],
      expect.stringMatching(/^class \d .*margin|^unsure: class/),
      expect.stringContaining('a generator, which computes each value when it is asked for'),
      '[ 12, 8, 5 ]',
      'a Promise: write await before it',
      ...['Tensor', '    [1, 1]'],
      '200',
    ])
  })

  it('plots curves, digits, predictions and numbers', () => {
    const { status, out } = answers(
      [
        'const { training, test } = syntheticDigits({ training: 2000, validation: 0, test: 500 })',
        'plot(test, 1)',
        'const [first, second] = sgd(network([784, 10]), training, { epochs: 2, miniBatchSize: 10, evaluation: test })',
        'plot([first, second])',
        'plot(predict(second.net, test)[1])',
        'plot([1, 2, 3])',
        'plot([first])',
        'plot(test, -1)',
        'plot("net")',
      ],
      ['--data', 'none.json'],
    )
    expect(status).toBe(0)
    const text = out.join('\n')
    expect(text).toMatch(/^\n*[ █▀▄\n]{100,}\nexample 1: \d\n/)
    expect(text).toMatch(
      /\naccuracy on the evaluation set\n[^]*\n +epoch 1 +2\n\ncost on the evaluation set\n/,
    )
    expect(text).toMatch(/\n +0 {2}[01]\.\d\d( |\n)/)
    expect(text).toMatch(/\n +3.00 ┤/)
    expect(out.slice(-3)).toEqual([
      'Uncaught plot: has fewer than two epochs with metrics; give more epochs to sgd, and evaluation or monitorTraining',
      'Uncaught plot: has no example -1; give an index from 0 to 499',
      'Uncaught plot: is given "net"; give epochs (plot([...epochs])), examples and an index (plot(test, 3)), a prediction, or numbers',
    ])
  })

  it('says an error in a line, without a stack, and goes on', () => {
    const { status, out } = answers([
      ...[NETWORK, 'sgd(net, training, { lr: 1 })', 'await load("none.json")', 'nothing', 'help(7)', '1 + 1'],
    ])
    expect(status).toBe(0)
    expect(out).toEqual([
      expect.stringMatching(/^Uncaught sgd, options.lr: is unknown; did you mean eta\?/),
      expect.stringMatching(/^Uncaught load: none.json cannot be read: .*; give the path/),
      'Uncaught ReferenceError: nothing is not defined',
      expect.stringMatching(/^Uncaught help: knows nothing about 7; /),
      '2',
    ])
  })

  it('loads no data before a line needs it, and says where it looked for what is missing', () => {
    expect(answers(['network([2, 1]).sizes'], ['--data', 'none.json'])).toEqual({
      ...{ status: 0, out: ['[ 2, 1 ]'], err: '' },
    })
    expect(answers(['test.size', '3'], ['--data', 'none.json']).out).toEqual([
      expect.stringMatching(/^Uncaught data: .*none\.json/),
      '3',
    ])
  })

  it('ends with .exit, though more could come', async () => {
    const child = owned(spawn(process.execPath, [RUN, 'repl'], { env: environment() }))
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stdin.write('2 + 3\n.exit\n4\n')
    const [code] = (await once(child, 'close')) as [number]
    expect({ code, out }).toEqual({ code: 0, out: '5\n' })
  })
})

describe('help', () => {
  it('prints the declaration and the docstring of a name, of a value, or of the type of a value', () => {
    const { out } = answers([
      'help(sgd)',
      "help('SgdOptions')",
      `${NETWORK}; help(net)`,
      'help(test)',
      'help()',
    ])
    const text = out.join('\n')
    expect(text).toMatch(/^sgd = <E extends [^]*\nTrains a network by mini-batch stochastic gradient descent/)
    expect(text).toContain("See also help('Net'), help('Epoch'), help('SgdOptions'), help('Examples').")
    expect(text).toContain('  readonly lmbda?: number\n')
    expect(text).toMatch(/\nA network: plain numbers, [^]*\ntype Net = \{\n/)
    expect(text).toMatch(/\ntest: Examples \| undefined\n\nThe examples to report results on/)
    expect(text).toMatch(/\n {2}crossEntropy +The cross-entropy cost.\n/)
  })

  it('knows every public name', () => {
    const read = (path: string): string => readFileSync(join(root, path), 'utf8')
    const found = documentedIn(read, 'src/index.ts')
    const known = found.map(({ name }) => name)
    expect(Object.keys(library).filter(name => !known.includes(name))).toEqual([])
    expect(found.filter(({ about }) => about === '').map(({ name }) => name)).toEqual([])
    // code does not belong into a declaration
    expect(found.filter(({ declaration }) => /\breturn\b/.test(declaration))).toEqual([])
    const own = membersIn(read, 'src/repl/repl-session.ts', 'SessionNames')
    expect(own.map(({ name }) => name)).toEqual(['training', 'validation', 'test', 'tf', 'plot', 'help'])
    expect(own.map(({ about }) => firstSentence(about))).toContain('The examples to train on.')
  })
})

/** What a terminal shows of a session, in which each line is typed when the words before it are there; and its exit code. */
const inTerminal = async (typed: readonly (readonly [after: string, keys: string])[]) => {
  const line = `stty cols 100 rows 30; exec ${process.execPath} ${RUN} repl --data ${data}`
  const child = owned(
    spawn('script', ['-qec', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...environment(), TERM: 'xterm', NO_COLOR: '1' },
    }),
  )
  let text = ''
  let [at, seen] = [0, 0]
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (;;) {
      const [after, keys] = typed[at] ?? []
      const found = after === undefined ? -1 : text.indexOf(after, seen)
      if (found < 0) return
      seen = found + after!.length
      at++
      child.stdin.write(keys!)
    }
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, text }
}

describe.skipIf(terminal.isMissing)('in a terminal', terminal.why, () => {
  it('greets, keeps a history that only the user can read, and ends with Ctrl-D', async () => {
    const { code, text } = await inTerminal([
      ['> ', '40 + 2\r'],
      ['42\r\n', '\x04'],
    ])
    expect(code).toBe(0)
    expect(text).toMatch(/^network2 \d[^]*help\(\) lists the names/)
    const file = join(folder, 'cache', 'repl-history')
    expect(readFileSync(file, 'utf8')).toBe('40 + 2')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('Ctrl-C ends a computation, also one that is being traced, and the session goes on', async () => {
    const { code, text } = await inTerminal([
      ['> ', "const loop = () => { fs.writeSync(1, 'in' + 'side'); for (;;) {} }\r"],
      ['> ', 'jit(wasm())(loop)(tf.ones([2]))\r'],
      ['inside', '\x03'],
      [
        'interruption by Ctrl-C',
        '[...sgd(network([12, 8, 5]), training, { epochs: 1, evaluation: test })]\r',
      ],
      ['Epoch 1: ', 'Math.random() < 1 && `n=${tf.memory().numTensors}`\r'],
      // that of tf.ones
      ["'n=1'\r\n", '\x04'],
    ])
    expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/Epoch 1: \d+ \/ 200/) as unknown })
    expect(text).not.toContain('falling back')
  })
})
