/**
 * What saving a run costs: the same training without saving, with a checkpoint and two logs after every
 * epoch, and with TensorBoard's files too, in turns, each in a separate process.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './package.mjs'
import { median } from './timing.ts'

const RUN = join(root, 'scripts', 'run.mjs')

const ROUNDS = 7

type Seconds = {
  /** The training, with saving. */
  readonly training: number
  /** The part that is neither training nor monitors. */
  readonly between: number
  readonly all: number
}

type Line = {
  readonly event: string
  readonly epoch: number
  readonly seconds: number
  readonly observingSeconds: number
}

/** The output of a training, line by line. */
const trained = (...flags: readonly string[]): readonly Line[] => {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [RUN, 'train', '--seed', '1', '--json', '--backend', 'wasm', ...flags],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  )
  if (status !== 0) throw new Error(stderr)
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
}

const isEpoch = ({ event }: Line): boolean => event === 'epoch'
const within = ({ seconds, observingSeconds }: Line): number => seconds + observingSeconds

const WAYS = ['not saved', 'saved', 'saved, and TensorBoard’s files'] as const
type Way = (typeof WAYS)[number]

const timed = (way: Way, folder: string): Seconds => {
  const flags = {
    [WAYS[0]]: ['--out', 'none'],
    [WAYS[1]]: ['--out', folder],
    [WAYS[2]]: ['--out', folder, '--log-dir', join(folder, 'log')],
  }[way]
  const began = performance.now()
  const lines = trained('--epochs', '30', ...flags)
  const all = (performance.now() - began) / 1000
  const training = lines.at(-1)!.seconds
  const epochs = lines.filter(isEpoch).reduce((sum, line) => sum + within(line), 0)
  return { training, between: training - epochs, all }
}

/** The time of epochs that follow a save, relative to the others, if every second epoch is saved. */
const afterSave = (folder: string): number => {
  const epochs = trained('--epochs', '200', '--out', folder, '--checkpoint-every', '2')
    .filter(isEpoch)
    // the first epochs include compilation
    .slice(10)
  const [after, others] = [1, 0].map(rest =>
    median(epochs.filter(({ epoch }) => epoch % 2 === rest).map(within)),
  )
  return after! / others!
}

export const title = 'a run of 30 epochs, saved and not saved'

export const benchRuns = (): void => {
  console.log(`\n${title}`)
  const folder = mkdtempSync(join(tmpdir(), 'network2-bench-'))
  try {
    const rounds = Array.from({ length: ROUNDS }, (_, i) => {
      // a later run may be slower (a warm machine) or faster (cached files)
      const inTurn = WAYS.map((_, k) => WAYS[(i + k) % WAYS.length]!)
      return new Map(inTurn.map((way, k) => [way, timed(way, join(folder, `${i}-${k}`))]))
    })
    const of = (way: Way, f: (seconds: Seconds, without: Seconds) => number): number =>
      median(rounds.map(round => f(round.get(way)!, round.get('not saved')!)))
    for (const way of WAYS) {
      const [training, all] = [of(way, ({ training }) => training), of(way, ({ all }) => all)]
      console.log(`  ${way.padEnd(30)} ${training.toFixed(2)} s of training, ${all.toFixed(2)} s in all`)
    }
    for (const way of WAYS.slice(1)) {
      const training = of(way, (kept, without) => kept.training / without.training)
      const all = of(way, (kept, without) => kept.all / without.all)
      const between = of(way, (kept, without) => (kept.between - without.between) / without.training)
      console.log(
        `  ${way.padEnd(30)} ${training.toFixed(3)} x (median of ${ROUNDS} rounds), of which between the epochs ` +
          `${(100 * between).toFixed(1)} %; ${all.toFixed(3)} x in all, with the report`,
      )
    }
    console.log(
      `  an epoch after a save takes ${afterSave(join(folder, 'long')).toFixed(3)} x one after none`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
