import * as E from 'fp-ts/lib/Either.js'
import { describe as suite, expect, it } from 'vitest'
import type { Backend } from '../../src/runtime/backend.ts'
import { describe, type Findings } from '../../src/cli/commands/doctor-command.ts'

const backend = (name: Backend['name'], threads: number | undefined): Backend => ({
  name,
  versions: { 'tfjs-core': '4.22.0', [`of ${name}`]: '1.2.3' },
  threads,
  notice: undefined,
})

const MNIST = ['train', 't10k'].flatMap(set => [`${set}-images-idx3-ubyte.gz`, `${set}-labels-idx1-ubyte`])

const everything: Findings = {
  node: 'v20.20.2',
  platform: 'linux x64',
  backends: {
    native: E.right(backend('native', 1)),
    wasm: E.right(backend('wasm', 2)),
    cpu: E.right(backend('cpu', undefined)),
  },
  source: 'cache',
  nativeOff: false,
  cache: '/home/reader/.cache/network2',
  mnistDir: { path: '/data/mnist', names: MNIST },
  mnist: { path: '/project/data/mnist', names: undefined },
  data: { path: '/project/data', names: ['README.md', 'digits', 'study'] },
}

suite('the text of doctor', () => {
  it('lists what is installed', () => {
    expect(describe(everything)).toEqual([
      'Node        v20.20.2, linux x64',
      'backend     wasm; native for large networks',
      'native      tfjs-core 4.22.0, of native 1.2.3; 1 thread',
      '            installed from the cache',
      'wasm        tfjs-core 4.22.0, of wasm 1.2.3; 2 threads',
      'cpu         tfjs-core 4.22.0, of cpu 1.2.3; one thread for each core',
      'cache       /home/reader/.cache/network2',
      "MNIST_DIR   /data/mnist has 4 of MNIST's 4 files; train reads these",
      'data        no MNIST in /project/data/mnist',
      '            also cached: digits',
    ])
  })

  it('puts the remedy under what is missing', () => {
    const lines = describe({
      ...everything,
      backends: {
        ...everything.backends,
        native: E.left({ reason: 'it does not load', remedy: 'install it again', installed: true }),
      },
      nativeOff: true,
      mnistDir: undefined,
      mnist: { path: '/project/data/mnist', names: MNIST.slice(1) },
    })
    expect(lines).toContain('backend     wasm (NETWORK2_NATIVE=off)')
    const at = lines.indexOf('native      it does not load')
    expect(lines[at + 1]).toBe('            -> install it again')
    expect(lines).toContain('MNIST_DIR   not set')
    expect(lines).toContain("data        /project/data/mnist has 3 of MNIST's 4 files")
    expect(lines.at(-1)).toMatch(/^ +-> .*MNIST_DIR/)
  })

  it('says that the native backend is optional, and how to install it', () => {
    const native = E.left({ reason: 'it is not installed', remedy: 'run: npm run setup', installed: false })
    const lines = describe({ ...everything, backends: { ...everything.backends, native }, source: undefined })
    expect(lines).toContain('backend     wasm')
    const at = lines.indexOf('native      optional, for large networks: it is not installed')
    expect(lines[at + 1]).toBe('            -> run: npm run setup')
  })

  it('says when a folder cannot be read', () => {
    const lines = describe({ ...everything, mnistDir: { path: '/gone', names: undefined } })
    expect(lines).toContain('MNIST_DIR   /gone cannot be read')
  })
})
