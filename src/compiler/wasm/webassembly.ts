/**
 * The part of the WebAssembly interface that is used, with its types: TypeScript has them only in its library for
 * browsers.
 */
export type EngineMemory = {
  readonly buffer: ArrayBuffer
  /** Adds pages of 64 KiB, and detaches the present buffer. */
  readonly grow: (pages: number) => number
}

type Bytes = Uint8Array<ArrayBuffer>

type Engine = {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => EngineMemory
  readonly Module: new (bytes: Bytes) => object
  readonly Instance: new (
    module: object,
    imports: { readonly host: { readonly memory: EngineMemory } },
  ) => { readonly exports: { readonly run: (...rowsAndCount: readonly number[]) => void } }
  readonly RuntimeError: new () => Error
}

declare const WebAssembly: Engine

export const webAssembly: Engine = WebAssembly
