import { join } from 'node:path'
import { cacheFolder } from '#scripts/cache-folder'
import { isClone } from '#scripts/package'

/** Where data sets are kept: the folder data of a clone, else the user's cache. */
export const defaultDataFolder = (variables: NodeJS.ProcessEnv): string =>
  isClone ? 'data' : join(cacheFolder(variables), 'data')
