/** study.json as it may be found: numbers and spaces that no study has are refused at once. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemEnv } from '../../src/io/env.ts'
import { readStudy } from '../../src/study/study-folder.ts'
import { inFolder } from '../support/cli.ts'

const good = {
  arms: [
    { name: 'a', flags: { cost: 'xent' } },
    { name: 'b', flags: { cost: 'quadratic' } },
  ],
  space: { eta: { from: 0.01, to: 30 } },
  ...{ budget: 240, factor: 3, epochs: 30, seeds: 10, seed: 0, common: {}, data: 'd', classes: 10 },
}

const rule = { looks: [5, 10], delta: 0.1, error: 0.05 }

const read = (text: string | Buffer) =>
  inFolder(async folder => {
    const study = join(folder, 'study')
    await mkdir(study)
    await writeFile(join(study, 'study.json'), text)
    return readStudy(systemEnv, study)()
  })

describe('study.json', () => {
  it('is read as it was written', async () => {
    expect(await read(JSON.stringify(good))).toEqual({ _tag: 'Right', right: good })
    const ruled = { ...good, rule }
    expect(await read(JSON.stringify(ruled))).toEqual({ _tag: 'Right', right: ruled })
  })

  it.each([
    [{ budget: 1e15 }, 'more than 10000 configurations'],
    [{ budget: -1 }, 'study.json is damaged'],
    [{ budget: 0.5 }, 'study.json is damaged'],
    [{ epochs: 0 }, 'study.json is damaged'],
    [{ factor: 1 }, 'study.json is damaged'],
    [{ factor: 0 }, 'study.json is damaged'],
    [{ seeds: 1e9 }, 'study.json is damaged'],
    [{ seed: 1e300 }, 'study.json is damaged'],
    [{ rule: { ...rule, looks: [] } }, 'study.json is damaged'],
    [{ rule: { ...rule, looks: [5, 5] } }, 'study.json is damaged'],
    [{ rule: { ...rule, looks: [2, 5] } }, 'study.json is damaged'],
    [{ rule: { ...rule, looks: [5, 1e9] } }, 'study.json is damaged'],
    [{ rule: { ...rule, delta: 0 } }, 'study.json is damaged'],
    [{ rule: { ...rule, error: 1 } }, 'study.json is damaged'],
    [{ space: { eta: null } }, 'the space in study.json is damaged: eta is null'],
    [{ space: { eta: { from: 0, to: -1 } } }, 'the space in study.json is damaged: eta is from 0 to -1'],
    [{ space: { unknown: [1] } }, 'the space in study.json is damaged: unknown cannot be searched'],
  ])('with %j is refused at once', async (wrong, words) => {
    expect(await read(JSON.stringify({ ...good, ...wrong }))).toMatchObject({
      left: { _tag: 'Unfit', message: expect.stringContaining(words) as string },
    })
  })

  it('may begin with a byte order mark; UTF-16 is refused, and the error says so', async () => {
    expect(await read(`\ufeff${JSON.stringify(good)}`)).toEqual({ _tag: 'Right', right: good })
    expect(await read(Buffer.from(`\ufeff${JSON.stringify(good)}`, 'utf16le'))).toMatchObject({
      left: { _tag: 'Unfit', message: expect.stringContaining('study.json: this is UTF-16 text') as string },
    })
  })

  it('with a space that is nested without end is refused in a sentence', async () => {
    const nested = `${'['.repeat(1e5)}${']'.repeat(1e5)}`
    const found = await read(JSON.stringify({ ...good, space: 0 }).replace('"space":0', `"space":${nested}`))
    expect(found).toMatchObject({
      left: { message: expect.stringContaining('the space in study.json is damaged') as string },
    })
  })
})
