/**
 * The JavaScript of the project, for tests that start processes: Node 20 does not run TypeScript.
 */
import { buildSources } from '../../scripts/build.mjs'
import { root } from '../../scripts/package.mjs'

export { builtFile } from '../../scripts/load.mjs'

/** Before all tests. */
export const setup = async (): Promise<void> => {
  const failure = await buildSources(root)
  if (failure !== undefined) throw new Error(failure)
}
