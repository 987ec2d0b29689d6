/**
 * The part of the WebAssembly interface that is used, with its types: TypeScript has them only in its library for
 * browsers.
 */
import { CompileError } from '../../core/scan.ts'

/** The pages of 64 KiB that a memory can have. */
export const PAGES = 2 ** 16

export type EngineMemory = {
  /** Of a shared memory, a SharedArrayBuffer. */
  readonly buffer: ArrayBufferLike
  /** Adds pages of 64 KiB, and detaches the present buffer. */
  readonly grow: (pages: number) => number
}

type Bytes = Uint8Array<ArrayBuffer>

type Engine = {
  readonly validate: (bytes: Bytes) => boolean
  readonly Memory: new (limits: {
    readonly initial: number
    readonly maximum: number
    readonly shared?: boolean
  }) => EngineMemory
  readonly Module: new (bytes: Bytes) => object
  readonly Instance: new (
    module: object,
    imports: { readonly host: { readonly memory: EngineMemory } },
  ) => { readonly exports: { readonly run: (...rowsAndCount: readonly number[]) => void } }
  readonly RuntimeError: new () => Error
}

declare const WebAssembly: Engine | undefined

/** A module with a vector instruction: valid only where WebAssembly has them. */
const SIMD = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // type () -> v128; function 0 has it
  ...[1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0],
  // i32.const 0, i8x16.splat, i8x16.popcnt
  ...[10, 10, 1, 8, 0, 0x41, 0, 0xfd, 15, 0xfd, 98, 11],
)

/**
 * WebAssembly. It is looked for when a scan is compiled, so that the other engines work without it.
 *
 * @throws CompileError where there is no WebAssembly, or none with vectors
 */
export const webAssembly = (): Engine => {
  if (typeof WebAssembly === 'undefined') throw new CompileError('WebAssembly is not available')
  if (!WebAssembly.validate(SIMD))
    throw new CompileError('this processor lacks the vector instructions that WebAssembly needs')
  return WebAssembly
}
