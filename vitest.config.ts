import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** `npm test` runs test/**; `npm run test:long` adds the files named *.long.test.ts. */
const long = process.env.NETWORK2_LONG === '1'

export default defineConfig({
  test: {
    include: long ? ['test/**/*.test.ts'] : ['test/**/!(*.long).test.ts'],
    pool: 'forks',
    // much of the suite waits for processes of its own
    maxWorkers: availableParallelism(),
    globalSetup: ['test/support/built.ts'],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['default', 'test/support/skips.ts'],
    // only ends what hangs: on a busy machine a test can take some minutes
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
