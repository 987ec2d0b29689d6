/**
 * The child process of a pool, which runs trials one after the other. It is not a command: `reproduce` and
 * `compare` start it.
 */
import { load } from './load.mjs'

const { serveTrials } = await load('src/study/train-trial.ts')
serveTrials()
