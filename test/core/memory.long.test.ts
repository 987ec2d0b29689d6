/**
 * Memory over many epochs: no tensor more, and no more of the machine's memory.
 */
import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import type { BackendName } from '../../src/runtime/backend.ts'
import type { EngineName } from '../../src/core/scan.ts'
import { builtFile } from '../support/built.ts'
import { pairs } from '../support/engines.ts'

type Soaked = {
  readonly tensors: readonly number[]
  readonly rss: readonly number[]
  readonly compilations: number
}

const soak = (backend: BackendName, engine: EngineName, epochs: number, examples: number): Soaked => {
  const args = [
    '--expose-gc',
    builtFile('test/support/soak.ts'),
    backend,
    engine,
    String(epochs),
    String(examples),
  ]
  const { stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(stdout) as Soaked
}

const MB = 2 ** 20

for (const { backend, engine, needs } of pairs.filter(({ backend }) => backend !== 'cpu'))
  it.skipIf(needs.isMissing)(`${backend}, ${engine}`, { timeout: 600_000, ...needs.why }, () => {
    const [epochs, examples] = engine === 'eager' ? [20, 2000] : [200, 2000]
    const { tensors, rss, compilations } = soak(backend, engine, epochs, examples)
    expect(new Set(tensors).size).toBe(1)
    // the third epoch has seen everything that is kept
    const perEpoch = (rss.at(-1)! - rss[2]!) / (epochs - 3)
    expect(perEpoch / MB).toBeLessThan(1)
    // the step, and the observing of the one set
    expect(compilations).toBe(engine === 'eager' ? 0 : 2)
  })
