/**
 * The vectors of this processor.
 */
import { readFileSync } from 'node:fs'
import type { VectorUnit } from '../emit/layout.ts'

/** The names of the instruction sets, as Linux lists them; elsewhere none are known. */
const instructionSets = (): ReadonlySet<string> => {
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
    return new Set(line.trim().split(/\s+/))
  } catch {
    return new Set()
  }
}

const widest = (): 4 | 8 | 16 => {
  const known = instructionSets()
  if (['avx512f', 'avx512dq', 'avx512bw', 'avx512vl'].every(name => known.has(name))) return 16
  return known.has('avx2') ? 8 : 4
}

/** How many registers a kernel may use on a processor whose vectors have this number of lanes: the compiler needs a few more. */
const registersOf = (lanes: 4 | 8 | 16): number => (lanes === 16 || process.arch === 'arm64' ? 28 : 12)

export const processorVectors = (lanes = widest()): VectorUnit => ({
  lanes,
  registers: registersOf(lanes),
  callsMath: true,
})
