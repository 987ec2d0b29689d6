import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** `npm test` runs test/**; `npm run test:long` adds the files named *.long.test.ts. */
const long = process.env.NETWORK2_LONG === '1'

const testFiles = (folder: string): string => `${folder}/**/${long ? '*' : '!(*.long)'}.test.ts`

/** Folders whose tests leave a process as they found it: their files share one, and load the modules once. */
const SHARED = 'test/(book|cli|compiler|core|data|image|io|options|report|runs|study)'

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'shared', include: [testFiles(SHARED)], isolate: false } },
      { extends: true, test: { name: 'isolated', include: [testFiles('test')], exclude: [`${SHARED}/**`] } },
    ],
    pool: 'forks',
    // much of the suite waits for processes of its own
    maxWorkers: availableParallelism() + 1,
    globalSetup: ['test/support/built.ts'],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['default', 'test/support/skips.ts'],
    // only ends what hangs: on a busy machine a test can take some minutes
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
