/**
 * `page`: serves the page, on which the networks of the chapter train in a browser.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import { root, shellCommand } from '#scripts/package'
import { dataError, type AppError } from '../../errors.ts'
import { exists } from '../../io/read.ts'
import { countOrZeroUpTo } from '../../options/decode.ts'
import { withDefault } from '../../options/option.ts'
import { outputOptions } from '../../options/train-options.ts'
import { PAGE_PORT } from '../../web/page/page-link.ts'
import { servePage } from '../../web/serve-page.ts'
import { defineCommand } from '../command.ts'

/** The folder of the page in the package. */
const PAGE = join(root, 'dist', 'page')

export const pageCommand = defineCommand({
  describe: 'Serves the page of the chapter, on which networks train in the browser.',
  options: {
    port: withDefault(countOrZeroUpTo(65_535), PAGE_PORT, {
      help: 'port on this machine; 0 takes any that is free',
    }),
    debug: outputOptions.debug,
  },
  examples: [['', 'the page, until Ctrl-C']],
  run: ({ port }, env) =>
    pipe(
      exists(join(PAGE, 'index.html')),
      TE.filterOrElse(
        isThere => isThere,
        (): AppError => dataError(`${PAGE}: the page is not there`, `run: ${shellCommand('page')}`),
      ),
      TE.flatMap(() => servePage(PAGE, port)),
      TE.flatMap(({ address, close }) => async () => {
        env.out(`The page: ${address}`)
        env.out(`It is one file, which also opens without a server: ${join(PAGE, 'index.html')}`)
        env.log('Ctrl-C ends the server.')
        await new Promise<void>(resolve => {
          if (env.abortSignal.aborted) resolve()
          else env.abortSignal.addEventListener('abort', () => resolve(), { once: true })
        })
        await close()
        return E.right(undefined)
      }),
    ),
})
