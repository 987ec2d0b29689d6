/**
 * Python as an independent witness: its own libraries read what we write, and write what we read.
 *
 * It is the project's `.venv/bin/python`, or the one that `NETWORK2_PYTHON` names. Where it is missing, the tests that
 * need it are left out, and say so; in CI they fail.
 */
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const PYTHON = process.env.NETWORK2_PYTHON ?? '.venv/bin/python'

/** Runs a script, given as its text, and resolves to what it prints; rejects with what it complains of. */
export const python = async (script: string, args: readonly string[] = []): Promise<string> =>
  (await promisify(execFile)(PYTHON, ['-c', script, ...args], { cwd: ROOT, maxBuffer: 2 ** 26 })).stdout

/** Whether Python is there and has that module. */
export const hasPython = (module: string): boolean => {
  const find = 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)'
  const { status } = spawnSync(PYTHON, ['-c', find, module], { cwd: ROOT })
  if (status === 0) return true
  const missing = `${PYTHON} is missing or has no module ${module}: make a virtual environment with it at .venv, or set NETWORK2_PYTHON`
  if (process.env.CI === 'true') throw new Error(missing)
  process.stderr.write(`\nLEFT OUT, the tests against Python's ${module}: ${missing}\n\n`)
  return false
}
