/**
 * A process that owns a folder until it is killed: `owner.ts FOLDER`. It says `held`, or why it was refused.
 */
import * as E from 'fp-ts/lib/Either.js'
import { disk } from '../../src/io/files.ts'
import { acquireLock, systemProcesses } from '../../src/io/lock.ts'

const result = await acquireLock(disk, systemProcesses, process.argv[2] ?? '')()
process.stdout.write(E.isLeft(result) ? result.left.message : 'held')
setInterval(() => undefined, 60_000)
