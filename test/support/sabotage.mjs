/**
 * Loaded before the program (`--import`): makes one of its file operations the last, or lets it fail.
 *
 * `SABOTAGE=kill:7` kills the process before the seventh operation on a path that contains `SABOTAGE_IN`, `after:7`
 * after it, and `ENOSPC:7` lets it fail. At the end, their number goes to the file `SABOTAGE_COUNT`.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setImmediate } from 'node:timers'

const { SABOTAGE = 'none:0', SABOTAGE_IN = '', SABOTAGE_COUNT } = process.env
const [fault, at] = SABOTAGE.split(':')
const append = fs.appendFileSync
let operations = 0

const failure = path => Object.assign(new Error(`${fault}: ${path}`), { code: fault })

const isHit = path => typeof path === 'string' && path.includes(SABOTAGE_IN) && ++operations === Number(at)

const die = () => process.kill(process.pid, 'SIGKILL')

/** @param refuse how the operation tells that it has failed */
const sabotaged = (original, refuse, isBlocking = false) =>
  function (path, ...rest) {
    const hit = isHit(path)
    if (hit && fault === 'kill') die()
    if (hit && fault.startsWith('E')) return refuse(failure(path), rest)
    // also where the operation itself fails, such as a link to what is not there yet
    const isLast = hit && fault === 'after'
    try {
      const result = original.call(this, path, ...rest)
      if (isLast && typeof result?.then === 'function') return result.finally(die)
      if (isLast && !isBlocking) setImmediate(die)
      return result
    } finally {
      if (isLast && isBlocking) die()
    }
  }

const CHANGING = [
  'appendFile',
  'copyFile',
  'link',
  'mkdir',
  'open',
  'rename',
  'rm',
  'symlink',
  'unlink',
  'writeFile',
]

for (const name of CHANGING) {
  fs.promises[name] = sabotaged(fs.promises[name], error => Promise.reject(error))
  const refuse = error => {
    throw error
  }
  fs[`${name}Sync`] = sabotaged(fs[`${name}Sync`], refuse, true)
  fs[name] = sabotaged(fs[name], (error, rest) => void setImmediate(() => rest.at(-1)(error)))
}
syncBuiltinESMExports()

if (SABOTAGE_COUNT !== undefined) process.on('exit', () => append(SABOTAGE_COUNT, String(operations)))
