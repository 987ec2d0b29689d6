/**
 * A process of a pool of trials: it is killed in a trial with --eta 9, as by a system that is out of memory, and answers
 * all others.
 */
import { load } from '../../scripts/load.mjs'

const { servePool } = await load('src/study/pool-child.ts')

servePool(async ({ trial }) => {
  if (trial.flags.eta === '9') process.kill(process.pid, 'SIGKILL')
  if (trial.flags.eta === '8') process.exit(7)
  return {
    _tag: 'Right',
    right: {
      id: trial.id,
      outcome: 'done',
      accuracies: trial.flags.eta === '7' ? [-1] : [9],
      n: 10,
      numerics: 1,
    },
  }
})
