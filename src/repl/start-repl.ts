/**
 * Node's REPL with the names of a session.
 */
import { Console } from 'node:console'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import repl, { type REPLServer } from 'node:repl'
import { PassThrough } from 'node:stream'
import { inspect } from 'node:util'
import { isKnownImport, type Session } from './repl-session.ts'
import { isInterruption, shortText } from './short-line.ts'

/** Where a session reads and writes. */
export type ReplStreams = {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly errors: NodeJS.WriteStream
}

/** How a session looks and ends. */
export type ReplOptions = {
  /** The lines before the first prompt of a terminal. */
  readonly greeting: readonly string[]
  /** The folder and the file of the history, in a terminal. */
  readonly history: { readonly folder: string; readonly file: string }
  /** Ends the session. */
  readonly signal: AbortSignal
  /** Undoes what a computation that was interrupted has left half done. */
  readonly onInterrupted: () => void
}

const HISTORY_SIZE = 1000

/** A console whose values have short lines too: in a loop over epochs there is no other way to print them. */
const consoleOf = ({ output, errors }: ReplStreams): Console => {
  const plain = new Console(output, errors)
  const short = (values: readonly unknown[]): readonly unknown[] =>
    values.map(value => shortText(value) ?? value)
  return Object.assign(Object.create(plain) as Console, {
    log: (...values: unknown[]) => plain.log(...short(values)),
    error: (...values: unknown[]) => plain.error(...short(values)),
  })
}

/**
 * Starts a session, and resolves when it ends: by Ctrl-D, `.exit`, the end of the input, or the signal.
 */
export const startRepl = async (
  session: Session,
  streams: ReplStreams,
  { greeting, history, signal, onInterrupted }: ReplOptions,
): Promise<void> => {
  const { input, output } = streams
  const isTerminal = input.isTTY && output.isTTY
  const lines = new PassThrough()
  const colors = isTerminal && output.hasColors()
  if (isTerminal) for (const line of greeting) output.write(`${line}\n`)
  // A computation lets no listener run, so that it could not be ended; and Node 20 to 26 end with a listener for SIGINT
  // where they should only interrupt the line.
  for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.removeAllListeners(name)
  const server = repl.start({
    input: isTerminal ? input : lines,
    output,
    terminal: isTerminal,
    prompt: isTerminal ? '> ' : '',
    ...{ historySize: HISTORY_SIZE },
    // the arrays of another realm are no arrays of the library
    useGlobal: true,
    ignoreUndefined: true,
    // a script ends, as others do
    breakEvalOnSigint: isTerminal,
    writer: (value: unknown) => {
      // Node gives an error that is thrown at once to nobody else
      if (isInterruption(value)) onInterrupted()
      return shortText(value) ?? inspect(value, { colors })
    },
  })
  addNames(server, { ...session.names, console: consoleOf(streams) })
  Object.assign(server, { eval: evaluatorOf(server, session) })
  const close = (): void => server.close()
  signal.addEventListener('abort', close)
  const ended = new Promise<void>(resolve => server.on('exit', resolve))
  if (isTerminal) keepHistory(server, history)
  else await feed(server, input, lines, ended)
  await ended
  signal.removeEventListener('abort', close)
}

const addNames = ({ context }: REPLServer, names: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(names))
    Object.defineProperty(context, name, { value, configurable: true, enumerable: true, writable: true })
}

/** Evaluates a line as Node does, with the data set if the line names a part of it. */
const evaluatorOf = (server: REPLServer, { names, needsData, data }: Session): REPLServer['eval'] => {
  const { eval: evaluate } = server
  // what is typed while the data set is loaded waits for it
  let isLoading = false
  return (code, context, file, done) => {
    const run = (): void => evaluate.call(server, isKnownImport(code, names) ? '' : code, context, file, done)
    if (!isLoading && !needsData(code)) {
      run()
      return
    }
    isLoading = true
    data()
      .then(parts => addNames(server, parts))
      .finally(() => {
        isLoading = false
      })
      .then(run, (error: unknown) => done(error as Error, undefined))
  }
}

/** A history that only this user can read. Where it cannot be written, Node says so, and the session has none. */
const keepHistory = (server: REPLServer, { folder, file }: ReplOptions['history']): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch {
    return
  }
  server.setupHistory(file, error => {
    if (error !== null) server.output.write(`${error.message}\n`)
  })
}

/** Gives the REPL a line when it has evaluated the one before: by itself it would not wait for what is awaited. */
const feed = async (
  server: REPLServer,
  input: NodeJS.ReadStream,
  lines: PassThrough,
  ended: Promise<void>,
): Promise<void> => {
  let onReady = (): void => undefined
  // the REPL shows a prompt whenever it is ready, which a file or a pipe should not have
  server.displayPrompt = () => onReady()
  const reader = createInterface({ input })
  void ended.then(() => {
    reader.close()
    input.destroy()
  })
  for await (const line of reader) {
    const ready = new Promise<void>(resolve => (onReady = resolve))
    lines.write(`${line}\n`)
    await Promise.race([ready, ended])
  }
  lines.end()
}
