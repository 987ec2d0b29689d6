/**
 * `--jobs`: how many trainings run at the same time, each in a process of its own.
 */
import { availableParallelism } from 'node:os'
import * as D from '../options/decode.ts'
import { withDefault, type About, type Option } from '../options/option.ts'

export const jobsOption = (about: About): Option<number> =>
  withDefault(D.count, availableParallelism(), {
    byDefault: 'one for each core',
    insteadOf: {
      threads: 'each training has one thread, and --jobs N runs N of them at the same time.',
    },
    ...about,
  })
