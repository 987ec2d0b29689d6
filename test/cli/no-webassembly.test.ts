/**
 * Training where WebAssembly, or its vector instructions, are not available: Node itself is started without them.
 */
import { describe, expect, it } from 'vitest'
import { cli, type Result } from '../support/cli.ts'
import { need } from '../support/needs.ts'

/** Removes WebAssembly before the program starts; not every version of Node has a flag for that. */
const WITHOUT = '--import=data:text/javascript,delete%20globalThis.WebAssembly'

const trained = (nodeFlag: string, flags: readonly string[] = []): Promise<Result> =>
  cli(
    ['train', '--data', 'digits', '--train-size', '100', '--epochs', '1', ...flags],
    {},
    `node=$1; shift; exec "$node" ${nodeFlag} "$@"`,
  )

const warnings = ({ err }: Result): readonly string[] =>
  err.split('\n').filter(line => line.startsWith('network2: '))

describe('without WebAssembly', () => {
  const unavailable =
    'network2: --backend wasm is not available: it does not load (this Node runs without WebAssembly)'

  it('the network of the book falls back to plain JavaScript, and says so in one line', async () => {
    const result = await trained(WITHOUT)
    expect(warnings(result)).toEqual([
      `${unavailable}; falling back to --backend cpu --engine eager, which is slower`,
    ])
    expect(result.out + result.err).toContain('backend cpu, engine eager')
    expect(result.code).toBe(0)
  })

  it.each([
    ['--backend', 'wasm'],
    ['--engine', 'wasm'],
  ])('%s %s is an error', async (flag, value) => {
    const result = await trained(WITHOUT, [flag, value])
    expect(warnings(result)).toEqual([unavailable])
    expect(result.err).toContain('or use --backend cpu')
    expect(result.code).toBe(2)
  })
})

const x64 = need(process.arch === 'x64', 'only on x64 does Node have a flag for this')

describe.skipIf(x64.isMissing)('without the vector instructions of WebAssembly', x64.why, () => {
  const reason = 'this processor lacks the vector instructions that WebAssembly needs'

  it('a step runs eagerly, and the reason is said once', async () => {
    const result = await trained('--no-enable-sse4-1')
    expect(warnings(result)).toEqual([`network2: falling back to --engine eager: ${reason}`])
    expect(result.code).toBe(0)
  })

  it('--engine wasm is an error', async () => {
    const result = await trained('--no-enable-sse4-1', ['--engine', 'wasm'])
    expect(warnings(result)).toEqual([`network2: the engine cannot compile this: ${reason}`])
    expect(result.err).toContain('  use --engine auto\n')
    expect(result.code).toBe(2)
  })
})
