/**
 * Prints, under the summary of the tests, what was skipped and why: one line for each reason.
 */
import type { Reporter, TestCase, TestModule } from 'vitest/node'

const reasonOf = (test: TestCase): string | undefined => {
  const result = test.result()
  return result.state === 'skipped' ? (test.meta().skipped ?? result.note) : undefined
}

/** The lines; a test that was merely not selected (`-t`, `.only`) has no reason and is not in them. */
const linesOf = (modules: readonly TestModule[]): readonly string[] => {
  const skipped = modules.flatMap(module =>
    [...module.children.allTests()].flatMap(test => {
      const reason = reasonOf(test)
      return reason === undefined ? [] : [{ reason, file: module.relativeModuleId }]
    }),
  )
  return [...new Set(skipped.map(({ reason }) => reason))].map(reason => {
    const files = skipped.filter(test => test.reason === reason).map(({ file }) => file)
    return `${files.length} skipped, ${reason}: ${[...new Set(files)].join(', ')}`
  })
}

export default class Skips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const line of linesOf(modules)) process.stdout.write(`     ${line}\n`)
  }
}
