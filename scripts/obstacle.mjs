import { shellCommand } from './package.mjs'

/** Why the native backend cannot be installed, and what to do: the two halves of one sentence. */
export class Obstacle extends Error {
  constructor(reason, remedy) {
    super(reason)
    this.reason = reason
    this.remedy = remedy
  }
}

/** Explains an error of the file system. */
const written = ({ code, path = '' }, cache) => {
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Obstacle(
      `the disk of ${cache} is full`,
      `free 1 GB, or set NETWORK2_CACHE to a folder on another disk, then run: ${shellCommand('setup', 'native')}`,
    )
  return path.startsWith(cache) || cache.startsWith(path)
    ? new Obstacle(
        `the cache folder ${cache} cannot be written (${code})`,
        `set NETWORK2_CACHE to a folder that can be written, then run: ${shellCommand('setup', 'native')}`,
      )
    : new Obstacle(
        `${path} cannot be written (${code})`,
        `make it writable, then run: ${shellCommand('setup', 'native')}`,
      )
}

/** Turns any error into an obstacle. */
export const obstacleOf = (error, cache) => {
  if (error instanceof Obstacle) return error
  return typeof error.code === 'string' && typeof error.syscall === 'string'
    ? written(error, cache)
    : new Obstacle(`the installation failed (${error.message})`, `run: ${shellCommand('setup', 'native')}`)
}
