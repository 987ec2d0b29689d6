/**
 * The memory of an engine, and which parts of it are in use.
 */
import { CompileError } from '../../core/scan.ts'
import { CACHE_LINE, wholeLines, type VectorUnit } from '../emit/layout.ts'
import { TEAM_WORDS } from './barrier.ts'
import { PAGES, webAssembly, type EngineMemory } from './webassembly.ts'

/** A program and its data need more memory than WebAssembly can address. */
export class TooLarge extends CompileError {
  constructor(bytes: number) {
    super(
      `the data need ${(bytes / 2 ** 30).toFixed(1)} GiB of memory, and WebAssembly can address 4: ` +
        'use --backend native, or --engine eager',
    )
    this.name = 'TooLarge'
  }
}

const PAGE = 2 ** 16

export type Region = { readonly address: number; readonly bytes: number }

export type Memory = {
  readonly memory: EngineMemory
  /** The vectors of the machine whose programs use it: rows of tensors are padded to whole ones. */
  readonly machine: VectorUnit
  /** How many threads share it. */
  readonly threads: number
  /**
   * Reserves a part of the memory. Views of the memory that were made before may be detached.
   *
   * @throws TooLarge when no part is large enough
   */
  readonly allocate: (bytes: number) => Region
  readonly release: (region: Region) => void
  readonly floats: () => Float32Array
  readonly ints: () => Int32Array
}

/**
 * A memory that starts with one page and grows.
 *
 * @param beforeGrowth is called before it grows, which may move it, and before a TooLarge
 */
export const newMemory = (
  machine: VectorUnit,
  threads = 1,
  beforeGrowth: () => void = () => undefined,
): Memory => {
  const shared = threads > 1 ? { shared: true } : {}
  const memory = new (webAssembly().Memory)({ initial: 1, maximum: PAGES, ...shared })
  let taken: readonly Region[] = []
  const grow = (end: number): void => {
    const missing = Math.ceil(end / PAGE) - memory.buffer.byteLength / PAGE
    if (missing <= 0) return
    try {
      memory.grow(missing)
    } catch {
      throw new TooLarge(end)
    }
  }
  return {
    memory,
    machine,
    threads,
    allocate: size => {
      const bytes = Math.max(CACHE_LINE, wholeLines(size))
      // regions start at a line of the cache
      let address = threads > 1 ? TEAM_WORDS.end : TEAM_WORDS.arrived
      for (const region of taken) {
        if (region.address >= address + bytes) break
        address = region.address + region.bytes
      }
      const end = address + bytes
      if (end > memory.buffer.byteLength) beforeGrowth()
      if (end > PAGE * PAGES) throw new TooLarge(end)
      grow(end)
      const region = { address, bytes }
      taken = [...taken, region].sort((a, b) => a.address - b.address)
      return region
    },
    release: region => {
      taken = taken.filter(other => other !== region)
    },
    floats: () => new Float32Array(memory.buffer),
    ints: () => new Int32Array(memory.buffer),
  }
}
