/**
 * The process of an experiment's pool that does trials, one after the other. It is not for the prompt: `reproduce` and
 * `compare` start it.
 */
import { load } from './load.mjs'

const { serveTrials } = await load('src/study/train-trial.ts')
serveTrials()
