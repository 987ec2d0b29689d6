/**
 * The JavaScript of the project, for tests that start processes: Node 20 does not run TypeScript.
 */
import { fileURLToPath } from 'node:url'
import { buildSources, modulePath } from '../../scripts/build.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The JavaScript of a TypeScript file of the project. */
export const builtFile = (path: string): string => modulePath(root, path)

/** Before all tests. */
export const setup = async (): Promise<void> => {
  const failure = await buildSources(root)
  if (failure !== undefined) throw new Error(failure)
}
