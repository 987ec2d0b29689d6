import envPaths from 'env-paths'
import { resolve } from 'node:path'

/** The folder for what is kept between runs, for all checkouts and projects: NETWORK2_CACHE, or the user's cache folder. */
export const cacheFolder = env => resolve(env.NETWORK2_CACHE || envPaths('network2', { suffix: '' }).cache)
