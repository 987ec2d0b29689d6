/**
 * Python as an independent witness: its own libraries read what we write, and write what we read.
 *
 * It is the project's `.venv/bin/python`, or the one that `NETWORK2_PYTHON` names.
 */
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { needInCi, type Need } from './needs.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const PYTHON = process.env.NETWORK2_PYTHON ?? '.venv/bin/python'

const run = async (args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(PYTHON, args, { cwd: ROOT, maxBuffer: 2 ** 26 })).stdout

/** Runs a script, given as its text, and resolves to what it prints; rejects with what it prints to standard error. */
export const python = (script: string, args: readonly string[] = []): Promise<string> =>
  run(['-c', script, ...args])

/** Runs a script of the project in the same way. */
export const pythonScript = (path: string): Promise<string> => run([path])

/** Python with a module. */
export const pythonWith = (module: string): Need => {
  const find = 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)'
  const { status } = spawnSync(PYTHON, ['-c', find, module], { cwd: ROOT })
  return needInCi(status === 0, `${PYTHON} is missing or has no module ${module}`)
}
