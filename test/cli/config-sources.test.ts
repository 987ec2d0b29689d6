/**
 * Where a setting comes from, and files of settings that nobody should have written.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { checkVariables, mergeSources } from '../../src/cli/config-sources.ts'
import { trainOptions, type TrainFlags } from '../../src/options/train-options.ts'
import { decodeOptions, type Argv } from '../../src/options/option.ts'
import type { AppError } from '../../src/errors.ts'
import { cli, inFolder } from '../support/cli.ts'
import { dataOf, tree } from '../support/faults.ts'

/** The flags that a command line comes to, with a file of settings and an environment. */
const flagsFrom = async (
  argv: Argv,
  variables: NodeJS.ProcessEnv = {},
): Promise<E.Either<AppError, TrainFlags>> => {
  const all = await mergeSources(trainOptions, variables, { _: [], ...argv })()
  return E.isLeft(all) ? all : decodeOptions(trainOptions, all.right)
}

const given = async (argv: Argv, variables?: NodeJS.ProcessEnv): Promise<TrainFlags> => {
  const flags = await flagsFrom(argv, variables)
  if (E.isLeft(flags)) throw new Error(flags.left.message)
  return flags.right
}

const refused = async (argv: Argv, variables?: NodeJS.ProcessEnv): Promise<string> => {
  const flags = await flagsFrom(argv, variables)
  return E.isLeft(flags) ? `${flags.left._tag}: ${flags.left.message}; ${flags.left.remedy}` : 'taken'
}

describe('a setting', () => {
  it('is the default, or the file’s, or the environment’s, or the flag’s: the later before the earlier', () =>
    inFolder(async folder => {
      const path = join(folder, 'c.json')
      const settings = fc.record(
        { seed: fc.nat(), lmbda: fc.nat(99), 'mini-batch-size': fc.integer({ min: 1, max: 99 }) },
        { requiredKeys: [] },
      )
      await fc.assert(
        fc.asyncProperty(settings, settings, settings, async (file, env, flags) => {
          await writeFile(path, JSON.stringify(file))
          const variables = Object.fromEntries(
            Object.entries(env).map(([name, value]) => [
              `NETWORK2_${name.replaceAll('-', '_').toUpperCase()}`,
              String(value),
            ]),
          )
          const texts = Object.fromEntries(
            Object.entries(flags).map(([name, value]) => [name, String(value)]),
          )
          const { seed, lmbda, miniBatchSize } = await given({ config: path, ...texts }, variables)
          expect({ seed, lmbda, 'mini-batch-size': miniBatchSize }).toEqual({
            ...{ seed: 0, lmbda: 0, 'mini-batch-size': 10 },
            ...file,
            ...env,
            ...flags,
          })
        }),
        { numRuns: 100 },
      )
    }))

  it('goes by any of its names', () =>
    inFolder(async folder => {
      const path = join(folder, 'c.json')
      await writeFile(
        path,
        '{"lr": 0.25, "batch_size": 7, "layers": [4, 3, 2], "shuffle": false, "monitor": ["trainingCost"]}',
      )
      expect(await given({}, { NETWORK2_CONFIG: path, NETWORK2_SHUFFLE: 'true' })).toMatchObject({
        eta: 0.25,
        miniBatchSize: 7,
        sizes: [4, 3, 2],
        shuffle: true,
        monitor: ['trainingCost'],
      })
    }))

  it('that is wrong says where it was found', () =>
    inFolder(async folder => {
      const path = join(folder, 'c.json')
      await writeFile(path, '{"eta": -1}')
      expect(await refused({ config: path })).toContain(`eta in ${path}: -1: not a number above 0`)
      expect(await refused({}, { NETWORK2_EPOCHS: 'x' })).toContain('NETWORK2_EPOCHS x: not a whole number')
      expect(await refused({ config: path, eta: '2' }, { NETWORK2_ETA: 'x' })).toBe('taken')
    }))

  it('has one precedence: a flag, a variable, a file, the run to resume', () =>
    inFolder(async folder => {
      await writeFile(join(folder, 'config.json'), '{"eta": 0.5, "seed": 3}')
      const other = join(folder, 'other.json')
      await writeFile(other, '{"seed": 4}')
      const variables = { NETWORK2_ETA: '9' }
      expect(await given({ resume: folder })).toMatchObject({ eta: 0.5, seed: 3 })
      expect(await given({ resume: folder }, variables)).toMatchObject({ eta: 9, seed: 3 })
      expect(await given({ eta: '1' }, { ...variables, NETWORK2_RESUME: folder })).toMatchObject({
        eta: 1,
        seed: 3,
        resume: folder,
      })
      expect(await given({ resume: folder, config: other })).toMatchObject({ eta: 0.5, seed: 4 })
      expect(await given({ resume: folder }, { NETWORK2_CONFIG: other })).toMatchObject({ seed: 4 })
    }))
})

describe('a NETWORK2_ variable', () => {
  it('that no command has is an error with the nearest name', () => {
    expect(checkVariables([trainOptions], { NETWORK2_ETTA: '1', PATH: '' })).toMatchObject({
      left: {
        _tag: 'Usage',
        message: 'NETWORK2_ETTA: unknown variable',
        remedy: 'did you mean NETWORK2_ETA?',
      },
    })
  })

  it('that another command has is ignored', () => {
    const other = { patience: trainOptions.epochs }
    expect(E.isRight(checkVariables([trainOptions, other], { NETWORK2_PATIENCE: '1' }))).toBe(true)
    expect(E.isLeft(checkVariables([trainOptions], { NETWORK2_PATIENCE: '1' }))).toBe(true)
  })
})

describe('a file of settings', () => {
  it.each<[string, string, string]>([
    ['is empty', '', 'it is not JSON'],
    ['is a list', '[]', 'it is not a JSON object'],
    ['is null', 'null', 'it is not a JSON object'],
    ['is nested deeply', '['.repeat(1e5), 'it is not JSON'],
    [
      'has a setting that is nested deeply',
      `{"eta":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
      'eta is a list with items',
    ],
    ['has an object', '{"eta": {"valueOf": 1}}', 'eta is an object'],
    ['has a null', '{"eta": null}', 'eta is null'],
    ['has a prototype', '{"__proto__": {"eta": 9}}', '__proto__: unknown setting'],
    ['has a constructor', '{"constructor": 1}', 'constructor: unknown setting'],
    ['has a stranger', '{"etta": 1}', 'did you mean eta?'],
    ['has infinity', '{"eta": 1e999}', 'Infinity: not a number above 0'],
    ['has a number as text that is none', '{"epochs": "0x10"}', '0x10: not a whole number'],
    ['has true for a number', '{"eta": true}', 'eta'],
    ['has a number for true', '{"shuffle": 1}', 'takes no value'],
    ['has a list of lists', '{"sizes": [[2], [3]]}', 'sizes is a list with items'],
    ['has a list for a number', '{"eta": [1, 2]}', '1,2: not a number above 0'],
    ['has no end of sizes', '{"sizes": [1e400, 2]}', 'Infinity,2: not two or more'],
  ])('%s', (_what, text, words) =>
    inFolder(async folder => {
      const path = join(folder, 'c.json')
      await writeFile(path, text)
      const found = await refused({ config: path })
      expect(found).toMatch(/^Usage: /)
      expect(found).toContain(path)
      expect(found).toContain(words)
      expect(found.length).toBeLessThan(600)
      expect(({} as Record<string, unknown>).eta).toBeUndefined()
    }),
  )

  it('that is not there', async () =>
    expect(await refused({ config: '/none.json' })).toMatch(/^Data: \/none\.json cannot/))

  it('that is too large', () =>
    inFolder(async folder => {
      const path = join(folder, 'c.json')
      await writeFile(path, `{"eta":${' '.repeat(2e6)}1}`)
      expect(await refused({ config: path })).toMatch(
        /^Data: .*c\.json has 2,000,009 bytes, more than the 1,000,000/,
      )
    }))

  it('is what --print-config prints, which then prints the same again, and writes nothing', () =>
    inFolder(async folder => {
      const data = await dataOf(folder, 50)
      const env = { NETWORK2_OUT: undefined, NETWORK2_RUNS: join(folder, 'runs') }
      const flags = [
        '--eta-schedule',
        'halve:2,16',
        '--early-stop',
        '9',
        '--monitor',
        'evaluation-accuracy',
        '--seed',
        '5',
      ]
      const first = await cli(['train', '--data', data, '--backend', 'cpu', ...flags, '--print-config'], env)
      expect(first).toMatchObject({ code: 0, err: '' })
      const path = join(folder, 'c.json')
      await writeFile(path, first.out)
      const second = await cli(['train', '--config', path, '--print-config'], env)
      expect(second).toEqual(first)
      expect(await tree(folder)).toEqual(['c.json', 'data.json'])
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
        seed: 5,
        earlyStop: 9,
        etaSchedule: 'halve:2,16',
      })
    }))
})
