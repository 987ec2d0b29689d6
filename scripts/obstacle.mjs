/** Why the native backend cannot be had here, and what would help: the two halves of one sentence. */
export class Obstacle extends Error {
  constructor(reason, remedy) {
    super(reason)
    this.reason = reason
    this.remedy = remedy
  }
}

/** What an error of the file system means for the person. */
const written = ({ code, path = '' }, cache) => {
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Obstacle(
      `the disk of ${cache} is full`,
      'make 1 GB of room, or set NETWORK2_CACHE to a folder on another disk, and run: npm run setup',
    )
  return path.startsWith(cache) || cache.startsWith(path)
    ? new Obstacle(
        `the cache folder ${cache} cannot be written (${code})`,
        'set NETWORK2_CACHE to a folder that can, and run: npm run setup',
      )
    : new Obstacle(`${path} cannot be written (${code})`, 'make it writable, and run: npm run setup')
}

/** Anything thrown, as an obstacle. */
export const obstacleOf = (error, cache) => {
  if (error instanceof Obstacle) return error
  return typeof error.code === 'string' && typeof error.syscall === 'string'
    ? written(error, cache)
    : new Obstacle(`the set-up failed (${error.message})`, 'try again with: npm run setup')
}
