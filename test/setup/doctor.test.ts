import * as E from 'fp-ts/lib/Either.js'
import { describe as suite, expect, it } from 'vitest'
import type { Backend } from '../../src/runtime/backend.ts'
import { describe, type Findings } from '../../src/cli/commands/doctor-command.ts'
import { usageError } from '../../src/errors.ts'

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
  chosen: E.right(backend('native', 1)),
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
  data: { path: '/project/data', names: ['README.md', 'digits-1.bin'] },
}

suite('the text of doctor', () => {
  it('tells what is there, and has nothing to mend', () => {
    expect(describe(everything)).toEqual([
      'Node        v20.20.2, linux x64',
      'backend     native',
      'native      tfjs-core 4.22.0, of native 1.2.3; 1 thread',
      '            from the cache of an earlier set-up',
      'wasm        tfjs-core 4.22.0, of wasm 1.2.3; 2 threads',
      'cpu         tfjs-core 4.22.0, of cpu 1.2.3; a thread for each core',
      'cache       /home/reader/.cache/network2',
      "MNIST_DIR   /data/mnist has 4 of MNIST's 4 files",
      'data        no MNIST in /project/data/mnist',
      '            also cached: digits-1.bin',
    ])
  })

  it('puts the remedy under what is missing', () => {
    const lines = describe({
      ...everything,
      chosen: E.right(backend('wasm', 1)),
      backends: { ...everything.backends, native: E.left(usageError('no compiler', 'install one')) },
      nativeOff: true,
      mnistDir: undefined,
      mnist: { path: '/project/data/mnist', names: MNIST.slice(1) },
    })
    expect(lines).toContain('backend     wasm (NETWORK2_NATIVE=off)')
    const at = lines.indexOf('native      no compiler')
    expect(lines[at + 1]).toBe('            -> install one')
    expect(lines).toContain('MNIST_DIR   not set')
    expect(lines).toContain("data        /project/data/mnist has 3 of MNIST's 4 files")
    expect(lines.at(-1)).toMatch(/^ +-> .*MNIST_DIR/)
  })

  it('says when a folder cannot be read', () => {
    const lines = describe({ ...everything, mnistDir: { path: '/gone', names: undefined } })
    expect(lines).toContain('MNIST_DIR   /gone cannot be read')
  })
})
