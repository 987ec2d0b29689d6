import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli, inFolder, jsonLines, start } from '../support/cli.ts'
import { smallStudy, writeClouds } from '../support/studies.ts'

const LOOKS = { looks: '3,4', budget: 12, seeds: 2, delta: 0.001 }

type Progress = { readonly done: { readonly trials: number }; readonly looks: readonly unknown[] }

/** A study that has its first results. */
const begun = async (folder: string) => {
  const out = join(folder, 'study')
  const study = start(smallStudy(await writeClouds(folder), out, LOOKS))
  await study.said('on the validation set of')
  return { out, study }
}

describe('study watch', () => {
  it('follows a study that another process runs, to its end', () =>
    inFolder(async folder => {
      const { out, study } = await begun(folder)
      // it must not be over before the other process watches it
      study.signal('SIGSTOP')
      const watcher = start(['study', 'watch', out, '--json'])
      await watcher.said('"progress"')
      study.signal('SIGCONT')
      const [watching, { out: text }] = [await watcher.result, await study.result]
      expect(watching.code).toBe(0)
      const lines = jsonLines(watching.out)
      const progress = lines.slice(0, -1) as unknown as readonly Progress[]
      const trials = progress.map(({ done }) => done.trials)
      expect(trials).toEqual(trials.toSorted((a, b) => a - b))
      expect(new Set(trials).size).toBeGreaterThan(1)
      // a look is shown once it has been passed, and not before
      expect(progress[0]!.looks).toEqual([])
      expect(progress.at(-1)!.looks.length).toBeGreaterThan(0)
      const end = lines.at(-1)!
      expect(end.reason).toBe('outcome')
      expect(text.replace(/\s+/g, ' ')).toContain(end.sentence)
    }))

  it('of an interrupted study says how far it is, and that the same command continues it', () =>
    inFolder(async folder => {
      const { out, study } = await begun(folder)
      study.signal('SIGKILL')
      await study.result
      const { code, out: text } = await cli(['study', 'watch', out])
      expect(code).toBe(0)
      expect(text).toMatch(
        /^\d+ of 80 trials \(\d+\.\d\d %\); 0 of 4 searches of each arm; the next look is after 3\n/,
      )
      expect(text).toContain('The same compare command continues it.')
    }))

  it('ends on Ctrl-C while the study goes on', () =>
    inFolder(async folder => {
      const { out, study } = await begun(folder)
      study.signal('SIGSTOP')
      const watching = start(['study', 'watch', out])
      await watching.said('of 80 trials')
      watching.signal('SIGINT')
      expect((await watching.result).code).toBe(0)
      study.signal('SIGCONT')
      expect((await study.result).code).toBe(0)
    }))
})
