import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** A signal asked this program to stop while it ran a child process. */
export class Stopped extends Error {
  constructor(signal) {
    super(`stopped by ${signal}`)
    this.exitCode = 128 + constants.signals[signal]
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program to its end. A signal that this process receives is passed on to it, so that it does not continue in the
 * background; the promise then rejects with `Stopped` when it has ended. In all other cases the promise resolves, also if
 * there is no such program.
 *
 * @param options the options of `spawn`, and `show`: copy its standard output to this process's standard error
 * @returns `code` (undefined if it was ended by a signal), `signal`, `missing`, `out` and `err`
 */
export const runChild = (command, args, { show = false, ...options } = {}) =>
  new Promise((resolve, reject) => {
    const texts = { out: '', err: '' }
    let asked
    const pass = signal => {
      asked = signal
      child.kill(signal)
    }
    const done = result => {
      for (const signal of SIGNALS) process.off(signal, pass)
      if (asked === undefined) resolve({ ...texts, ...result })
      else reject(new Stopped(asked))
    }
    // Listen before the start of the child: a signal in between would leave it running.
    for (const signal of SIGNALS) process.on(signal, pass)
    const child = spawn(command, args, { ...options, stdio: ['ignore', show ? 2 : 'pipe', 'pipe'] })
    child.stdout?.setEncoding('utf8').on('data', text => (texts.out += text))
    child.stderr.setEncoding('utf8').on('data', text => (texts.err += text))
    child.once('error', error => done({ missing: true, err: error.message }))
    child.once('close', (code, signal) => done({ code: code ?? undefined, signal: signal ?? undefined }))
  })
