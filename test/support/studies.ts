/**
 * Small studies: data that is learned in an instant, and a command line for it.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fold, key, normalNumbers } from '../../src/core/rng.ts'
import { jsonLines } from './cli.ts'

/** The trials in the journal of a folder, by their ids, in its order. */
export const journalIds = async (out: string): Promise<unknown[]> =>
  jsonLines(await readFile(join(out, 'journal.jsonl'), 'utf8'))
    .slice(1)
    .map(({ id }) => id)

const CLASSES = 3
const WIDTH = 6

/** Clouds of points about one centre for each class, which overlap; as `--data FILE.json` takes them. */
const clouds = (seed: number, n: number): Record<string, unknown> => {
  const centres = Array.from({ length: CLASSES }, (_, label) => normalNumbers(fold(key(0), label), WIDTH))
  const labels = Array.from({ length: n }, (_, i) => i % CLASSES)
  return {
    inputs: labels.map((label, i) =>
      Array.from(normalNumbers(fold(key(seed), i), WIDTH), (noise, j) => centres[label]![j]! + 1.2 * noise),
    ),
    labels,
  }
}

/** Writes data of that seed into a folder, and gives the file. */
export const writeClouds = async (folder: string, seed = 1): Promise<string> => {
  const file = join(folder, `clouds-${seed}.json`)
  const data = { training: clouds(seed, 90), validation: clouds(seed + 1, 120), test: clouds(seed + 2, 120) }
  await writeFile(file, JSON.stringify(data))
  return file
}

/** How long a small study is: each arm tries 6 configurations, and runs its winner with 2 seeds. */
const SMALL = { epochs: 3, budget: 12, seeds: 2, arms: 'quadratic,xent' }

/** A study that takes seconds. */
export const smallStudy = (
  data: string,
  out: string,
  changes: Readonly<Record<string, string | number>> = {},
): readonly string[] => [
  ...['compare', '--data', data, '--out', out, '--sizes', `${WIDTH},4,${CLASSES}`, '--backend', 'cpu'],
  ...['--jobs', '2'],
  ...Object.entries({ ...SMALL, ...changes }).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
]

/** A journal's lines without what differs when a trial is done again, sorted. */
export const journalOf = async (folder: string): Promise<readonly string[]> =>
  (await readFile(join(folder, 'journal.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map(line =>
      JSON.stringify(JSON.parse(line), (key, value: unknown) => (key === 'seconds' ? undefined : value)),
    )
    .toSorted()
