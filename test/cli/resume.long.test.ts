/**
 * Killed at every epoch, at twenty random moments and at every file operation, on each engine that is here, and gone
 * on with: the same bytes as of the undisturbed run. Then the same for saves, owners and signals, often.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inFolder, start } from '../support/cli.ts'
import {
  contest,
  dataOf,
  goOn,
  harmed,
  killedWhileSaving,
  leftBy,
  machines,
  moments,
  prepared,
} from '../support/faults.ts'

const SEED = Number(process.env.NETWORK2_SEED ?? Date.now() % 2 ** 31)
console.info(`moments of seed ${SEED}; NETWORK2_SEED=${SEED} repeats them`)

for (const { name, flags, env, needs } of machines)
  describe.skipIf(needs.isMissing)(name, { timeout: 3_600_000, ...needs.why }, () => {
    const EXAMPLES = 4000

    it('killed at every epoch', () =>
      inFolder(async folder => {
        const { args, whole, run } = await prepared(folder, EXAMPLES, 6, flags, env)
        for (let epoch = 1; epoch <= 6; epoch++) {
          const { code } = await goOn(args(run), run, { when: `"epoch":${epoch},`, env })
          // the last word may be its last
          expect([epoch, code]).toEqual([epoch, epoch === 6 && code === 0 ? 0 : null])
        }
        expect(await goOn(args(run), run, { env })).toMatchObject({ code: 0 })
        expect(await leftBy(run)).toEqual(whole)
      }))

    it('killed at 20 random moments: one run for each, and one run with all', () =>
      inFolder(async folder => {
        const every = ['--checkpoint-every', '1s']
        const { args, whole, milliseconds } = await prepared(folder, EXAMPLES, 6, flags, env)
        let killed = 0
        for (const [i, after] of moments(SEED, 20, 300, milliseconds).entries()) {
          const run = join(folder, `run-${i}`)
          const { code } = await harmed([...args(run), ...(i % 2 === 0 ? every : [])], { after, env })
          if (code === null) killed++
          expect(await goOn(args(run), run, { env })).toMatchObject({ code: 0 })
          expect([after, await leftBy(run)]).toEqual([after, whole])
        }
        expect(killed).toBeGreaterThan(10)
      }))
  })

describe('every file operation', { timeout: 3_600_000 }, () => {
  it.each(['kill', 'after', 'ENOSPC', 'EACCES'])('%s', fault =>
    inFolder(async folder => {
      const { args, whole } = await prepared(folder, 100, 2, ['--backend', 'cpu'])
      const counted = join(folder, 'count')
      await harmed(args(join(folder, 'counted')), { sabotage: 'none:0', env: { SABOTAGE_COUNT: counted } })
      const operations = Number(await readFile(counted, 'utf8'))
      expect(operations).toBeGreaterThan(30)
      for (let k = 1; k <= operations; k++) {
        const run = join(folder, `run-${k}`)
        const { code, err } = await harmed(args(run), { sabotage: `${fault}:${k}` })
        expect([k, code, err]).toEqual([k, fault.startsWith('E') ? (code === 0 ? 0 : 7) : null, err])
        const again = await goOn(args(run), run)
        expect([k, again.code, again.err]).toEqual([k, 0, ''])
        expect([k, await leftBy(run)]).toEqual([k, whole])
      }
    }),
  )
})

describe('60,000 epochs', { timeout: 3_600_000 }, () => {
  it('killed at 45,000, and resumed', () =>
    inFolder(async folder => {
      const run = join(folder, 'run')
      const flags = ['--sizes', '12,5', '--mini-batch-size', '4', '--backend', 'cpu', '--json']
      const args = ['train', '--data', await dataOf(folder, 4), ...flags, '--epochs', '60000']
      const often = ['--checkpoint-every', '1000']
      const killed = await harmed([...args, ...often, '--out', run], { when: '"epoch":45500,' })
      expect(killed.code).toBe(null)
      const resumed = await harmed(['train', '--resume', run, '--json', ...often], {})
      expect(resumed.code).toBe(0)
      expect(resumed.out).toMatch(/^\{"event":"start".*"epochs":4[45]000,"lost":\d+\}$/m)
      expect(resumed.out).toContain('"epoch":60000,')
      expect((await readFile(join(run, 'checkpoints', 'last.safetensors'))).length).toBeLessThan(2000)
      expect((await readFile(join(run, 'metrics.jsonl'), 'utf8')).split('\n')).toHaveLength(60_001)
    }))
})

describe('often', { timeout: 3_600_000 }, () => {
  it('50 kills while saving', () => inFolder(folder => killedWhileSaving(folder, 50)))

  it('two at once, eight times, and eight at once', async () => {
    for (const contestants of [...Array.from({ length: 8 }, () => 2), 8])
      await inFolder(folder => contest(folder, contestants))
  })

  it('signals at random moments: 130 or 143 within 2 s, and a second one leaves at once', () =>
    inFolder(async folder => {
      const data = await dataOf(folder, 4000)
      const args = ['train', '--data', data, '--sizes', '12,8,5', '--backend', 'cpu', '--epochs', '100000']
      const times: number[] = []
      for (const [i, after] of moments(SEED, 10, 1, 3000).entries()) {
        const [signal, code] = i % 2 === 0 ? (['SIGINT', 130] as const) : (['SIGTERM', 143] as const)
        const out = join(folder, `run-${i}`)
        const running = start([...args, '--out', out])
        await running.said('Epoch 1:')
        await new Promise(resolve => setTimeout(resolve, after))
        const began = performance.now()
        running.signal(signal)
        if (i >= 6) running.signal(signal)
        const ended = await running.result
        times.push(performance.now() - began)
        expect(ended.code).toBe(code)
        if (i < 6) expect(ended.err).toContain('resume: ')
      }
      console.info(`milliseconds from a signal to the end: ${times.map(Math.round).join(', ')}`)
      expect(Math.max(...times)).toBeLessThan(2000)
    }))
})
