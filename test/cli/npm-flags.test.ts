/**
 * Flags without ` -- ` before them: npm keeps them, and the command must not run without them.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { checkNpmFlags } from '../../src/cli/npm-flags.ts'
import { trainOptions } from '../../src/options/train-options.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('a command line whose flags npm kept', () => {
  it.each([
    [['train', '--cost=quadratic'], '--cost', 'train -- --cost quadratic'],
    [['train', '--cost', 'quadratic'], '--cost', 'train -- --cost quadratic'],
    [['train', '--lr=3', '--print-config'], '--lr, --print-config', 'train -- --lr 3 --print-config'],
    [['compare', 'xent', '--lmbda=3'], '--lmbda', 'compare -- xent --lmbda 3'],
  ])('is refused, with the one that was meant: %j', (args, flags, meant) => {
    const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NETWORK2_OUT: 'none', NETWORK2_DATA: 'none.json' },
    })
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr:
        `network2: npm took ${flags} for itself: the flags of the command go after --\n` +
        `  run: npm run ${meant}\n  in PowerShell: npm run ${meant.replace('--', "'--'")}\n`,
    })
  })
})

const accepts = (variables: NodeJS.ProcessEnv, command = 'train'): boolean =>
  E.isRight(checkNpmFlags(command, trainOptions, variables, []))

describe('settings of npm that are no flags of ours', () => {
  it.each([
    ['of npm alone', { npm_config_cache: '/tmp', npm_config_registry: 'http://localhost' }],
    ['that a .npmrc may have', { npm_config_json: 'true', npm_config_save: 'true' }],
    ['that are off', { npm_config_cost: '' }],
  ])('are ignored: %s', (_, variables) =>
    expect(accepts({ npm_lifecycle_event: 'train', ...variables })).toBe(true),
  )

  it('count only for the script that npm started', () => {
    expect(accepts({ npm_lifecycle_event: 'train', npm_config_cost: 'xent' })).toBe(false)
    expect(accepts({ npm_lifecycle_event: 'test', npm_config_cost: 'xent' })).toBe(true)
    expect(accepts({ npm_config_cost: 'xent' })).toBe(true)
  })
})
