/**
 * What it costs to keep a run: the same training with a checkpoint, two logs and TensorBoard's files after every
 * epoch, and without, in turns, each in a process of its own.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url))

const ROUNDS = 7

/** Seconds of the training itself, as it tells of them, and of the whole process. */
const timed = (folder: string | undefined): { readonly training: number; readonly all: number } => {
  const kept = folder === undefined ? ['--out', 'none'] : ['--out', folder, '--log-dir', `${folder}-log`]
  const began = performance.now()
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [RUN, 'train', '--epochs', '30', '--seed', '1', '--json', '--backend', 'wasm', ...kept],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as { readonly seconds: number }
  return { training: last.seconds, all: (performance.now() - began) / 1000 }
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!

export const title = 'a run of 30 epochs, kept and not'

export const benchRuns = (): void => {
  console.log(`\n${title}`)
  const folder = mkdtempSync(join(tmpdir(), 'network2-bench-'))
  try {
    const rounds = Array.from({ length: ROUNDS }, (_, i) => ({
      without: timed(undefined),
      kept: timed(join(folder, String(i))),
    }))
    for (const part of ['training', 'all'] as const) {
      const [without, kept] = (['without', 'kept'] as const).map(way =>
        median(rounds.map(one => one[way][part])),
      )
      const ratio = median(rounds.map(one => one.kept[part] / one.without[part]))
      console.log(
        `  ${part === 'training' ? 'the training, a checkpoint every epoch' : 'the whole process, with its report '}` +
          `   ${kept!.toFixed(2)} s against ${without!.toFixed(2)} s, ${ratio.toFixed(3)} x (median of ${ROUNDS} pairs)`,
      )
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
