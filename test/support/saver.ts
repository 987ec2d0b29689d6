/**
 * A process that saves: `saver.ts FILE TIMES` writes 200,000 equal bytes again and again, each time another one, and
 * says so. Where it cannot, it says why.
 */
import { codeOf } from '../../src/io/failure.ts'
import { disk } from '../../src/io/files.ts'

// a limit on files ends a process that does not listen
process.on('SIGXFSZ', () => undefined)

const [file = '', times] = process.argv.slice(2)
for (let i = 1; i <= Number(times); i++)
  try {
    await disk.save(file, new Uint8Array(200_000).fill(i % 256))
    process.stdout.write('.')
  } catch (error) {
    process.stdout.write(codeOf(error))
  }
