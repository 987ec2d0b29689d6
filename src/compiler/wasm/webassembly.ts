/**
 * What is used of the WebAssembly interface, with its types: TypeScript has them in its library for browsers only.
 */
export type EngineMemory = {
  readonly buffer: ArrayBuffer
  /** Adds pages of 64 KiB. Views made before are of no use after. */
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
