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

const ROUNDS = 11

type Seconds = {
  /** The training, with what is kept of it. */
  readonly training: number
  /** Of that, what is neither training nor observing. */
  readonly between: number
  readonly all: number
}

const timed = (folder: string | undefined): Seconds => {
  const kept = folder === undefined ? ['--out', 'none'] : ['--out', folder, '--log-dir', `${folder}-log`]
  const began = performance.now()
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [RUN, 'train', '--epochs', '30', '--seed', '1', '--json', '--backend', 'wasm', ...kept],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  const all = (performance.now() - began) / 1000
  type Line = { readonly event: string; readonly seconds: number; readonly observingSeconds: number }
  const lines = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
  const training = lines.at(-1)!.seconds
  const within = lines
    .filter(({ event }) => event === 'epoch')
    .reduce((sum, { seconds, observingSeconds }) => sum + seconds + observingSeconds, 0)
  return { training, between: training - within, all }
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!

export const title = 'a run of 30 epochs, kept and not'

export const benchRuns = (): void => {
  console.log(`\n${title}`)
  const folder = mkdtempSync(join(tmpdir(), 'network2-bench-'))
  try {
    const rounds = Array.from({ length: ROUNDS }, (_, i) => {
      const run = join(folder, String(i))
      // what runs second may find the machine slower, or its files at hand
      const [first, second] = i % 2 === 0 ? [undefined, run] : [run, undefined]
      const times = [timed(first), timed(second)] as const
      return i % 2 === 0 ? { without: times[0], kept: times[1] } : { without: times[1], kept: times[0] }
    })
    const of = (way: 'without' | 'kept', part: keyof Seconds): number =>
      median(rounds.map(round => round[way][part]))
    const show = (what: string, part: keyof Seconds): void => {
      const ratio = median(rounds.map(({ kept, without }) => kept[part] / without[part]))
      console.log(
        `  ${what}   ${of('kept', part).toFixed(2)} s against ${of('without', part).toFixed(2)} s, ` +
          `${ratio.toFixed(3)} x (median of ${ROUNDS} pairs)`,
      )
    }
    show('the training, a checkpoint every epoch', 'training')
    show('the whole process, with its report    ', 'all')
    const added = median(
      rounds.map(({ kept, without }) => (kept.between - without.between) / without.training),
    )
    console.log(
      `  between training and observing, keeping adds ${(100 * added).toFixed(1)} % of the training`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
