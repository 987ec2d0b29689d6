/**
 * The thread that makes the images of an expanded training set. It is not a command: a training starts it.
 */
import { load } from './load.mjs'

const { serveExpansion } = await load('src/runs/expand-thread.ts')
serveExpansion()
