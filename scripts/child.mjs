import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** The person asked to stop while a child was at work. */
export class Stopped extends Error {
  constructor(signal) {
    super(`stopped by ${signal}`)
    this.exitCode = 128 + constants.signals[signal]
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program to its end. A signal that reaches us is passed on to it, so that nothing goes on behind the
 * prompt, and rejects with `Stopped` once it is gone. Everything else resolves, a missing program included.
 *
 * @param options what `spawn` takes, and `show`: let its standard output appear on our standard error
 * @returns `code` (undefined if it did not exit by itself), `signal`, `missing`, `out` and `err`
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
    // Before the child is there, or a signal in between would leave it behind.
    for (const signal of SIGNALS) process.on(signal, pass)
    const child = spawn(command, args, { ...options, stdio: ['ignore', show ? 2 : 'pipe', 'pipe'] })
    child.stdout?.setEncoding('utf8').on('data', text => (texts.out += text))
    child.stderr.setEncoding('utf8').on('data', text => (texts.err += text))
    child.once('error', error => done({ missing: true, err: error.message }))
    child.once('close', (code, signal) => done({ code: code ?? undefined, signal: signal ?? undefined }))
  })
