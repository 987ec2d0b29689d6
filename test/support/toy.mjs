/**
 * A child of the pool's tests. A task says what should become of it: an answer, or an end of the process.
 */
import { load } from '../../scripts/load.mjs'

const { servePool } = await load('src/study/pool-child.ts')

servePool(async ({ number, dies, waits, throws, notes }, tell, note) => {
  process.on('SIGUSR2', () => tell(process.pid))
  tell(process.pid)
  if (notes) notes.forEach(line => note(line))
  if (throws) throw new Error(`task ${number} cannot be done`)
  if (dies) {
    process.stderr.write(`task ${number} has ended me\n`)
    process.kill(process.pid, 'SIGKILL')
  }
  // a task that never ends lets the parent be heard
  if (waits) await new Promise(resolve => setTimeout(resolve, 2 ** 30))
  return { number, square: number * number, pid: process.pid }
})
