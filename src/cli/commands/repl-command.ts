/**
 * `repl`: a session with the library, as the book has one with Python.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import { cacheFolder } from '#scripts/cache-folder'
import { manifest } from '#scripts/package'
import { abandonTraces } from '../../compiler/trace.ts'
import { closeScopes } from '../../core/scope.ts'
import { interrupted, type AppError } from '../../errors.ts'
import { trainingOptions } from '../../options/train-options.ts'
import { openSession } from '../../repl/repl-session.ts'
import { shortText } from '../../repl/short-line.ts'
import { startRepl } from '../../repl/start-repl.ts'
import { loadDataset } from '../../runs/resources.ts'
import { loadBackend } from '../../runtime/backend.ts'
import { defineCommand } from '../command.ts'

/** The columns of an output that is no terminal. */
const WITHOUT_TERMINAL = 100

export const replCommand = defineCommand({
  describe: "Starts a session: Node's REPL with a data set, the library, plots and help.",
  options: { data: trainingOptions.data },
  examples: [
    ['', 'a session with MNIST, which is loaded when it is first used'],
    ['--data digits', 'a session with synthetic digits'],
  ],
  run: ({ data }, env) =>
    pipe(
      // the library computes on it, and so do the operations of tf
      loadBackend('cpu'),
      TE.flatMap(() => async (): Promise<E.Either<AppError, void>> => {
        // a conversation needs the streams of the process themselves
        const { stdin: input, stdout: output, stderr: errors } = process
        const session = openSession(
          loadDataset(data, env),
          dataset => env.log(`network2: ${shortText(dataset)!}`),
          env.out,
          () => output.columns || WITHOUT_TERMINAL,
          name => (globalThis as Record<string, unknown>)[name],
        )
        const folder = cacheFolder(env.variables)
        await startRepl(
          session,
          { input, output, errors },
          {
            greeting: [
              `network2 ${manifest().version}, the book's session in JavaScript`,
              'training, validation, test are the data; help() lists the names; Ctrl-D ends the session',
            ],
            history: { folder, file: join(folder, 'repl-history') },
            signal: env.abortSignal,
            onInterrupted: () => {
              abandonTraces()
              closeScopes()
            },
          },
        )
        const by = env.stopReason()
        return by === undefined ? E.right(undefined) : E.left(interrupted(by, 'the session was stopped', ''))
      }),
    ),
})
