/**
 * A process of a pool of trials, where WebAssembly is not available.
 */
delete globalThis.WebAssembly
await import('../../scripts/trial.mjs')
