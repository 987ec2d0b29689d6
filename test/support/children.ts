/**
 * The processes that a test starts end with it, also where it times out, or where the runner of the tests is stopped or
 * killed.
 */
import type { ChildProcess } from 'node:child_process'
import { afterEach } from 'vitest'

const children = new Set<ChildProcess>()

const endChildren = (): void => {
  for (const child of children) child.kill('SIGKILL')
}

/** A process that ends with the test which has started it. */
export const owned = <Child extends ChildProcess>(child: Child): Child => {
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

afterEach(endChildren)

// the runner ends the process of a test file with SIGTERM; where it is gone itself, its channel is closed
for (const event of ['SIGTERM', 'disconnect'])
  process.once(event, () => {
    endChildren()
    process.kill(process.pid, 'SIGKILL')
  })
