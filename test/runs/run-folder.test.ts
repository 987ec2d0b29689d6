/** The names in a run's folder: which of them an interrupted owner has left half done. */
import { describe, expect, it } from 'vitest'
import { isLeftover } from '../../src/runs/run-folder.ts'

describe('what an interrupted run leaves', () => {
  it.each([
    'last.safetensors.3141592653',
    'previous.safetensors.77.tmp',
    'metrics.jsonl.1',
    'config.json.22',
    'owner.3.4711.tmp',
  ])('%s is known', name => expect(isLeftover(name)).toBe(true))

  it.each([
    'owner.3',
    'last.safetensors',
    'letters.2019',
    'archive.tar.1',
    'metrics.jsonl',
    'x.json.1',
    'owner.tmp',
  ])('%s is somebody’s', name => expect(isLeftover(name)).toBe(false))
})
