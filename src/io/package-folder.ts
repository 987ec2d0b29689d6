/**
 * The folder of this package, for what lies beside its code.
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

/** By the package's own name, because a module does not know how deep a bundler has put it. */
export const packageFolder = (): string =>
  dirname(createRequire(import.meta.url).resolve('network2/package.json'))
