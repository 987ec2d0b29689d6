/**
 * Trains with one engine, and prints how long it took: a child process of scripts/bench-engines.ts, which says what each line of standard
 * input holds.
 *
 * Usage: bench-epoch.js ENGINE THREADS
 */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { tensor2d } from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import type { Batch } from '../src/core/network.ts'
import { initialValues, toParams, type Params, type Sizes } from '../src/core/params.ts'
import { key } from '../src/core/rng.ts'
import { dispose } from '../src/core/scope.ts'
import { loadBackend } from '../src/runtime/backend.ts'
import { engines } from '../src/runtime/engine.ts'
import { timed } from './timing.ts'

const [engine, count] = process.argv.slice(2)
const threads = Number(count)
const backend = engine === 'c' || engine === 'wasm' ? 'wasm' : 'native'
const loaded = await loadBackend(backend, threads)()
const interpreter = engines(backend, threads).find(([name]) => name === engine)?.[1]()

const read = (file: string): Batch => {
  const bytes = readFileSync(file)
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const n = floats.length / 794
  const x = tensor2d(floats.subarray(0, n * 784), [n, 784])
  return { x, y: tensor2d(floats.subarray(n * 784), [n, 10]) }
}

if (E.isLeft(loaded) || interpreter === undefined) console.log('is not available here')
else {
  console.log('ready')
  let set: { readonly file: string; readonly batch: Batch } | undefined
  let start: { readonly sizes: string; readonly params: Params } | undefined
  for await (const line of createInterface({ input: process.stdin })) {
    const [file = '', examples, batch, ...sizes] = line.split(' ')
    if (set?.file !== file) {
      if (set !== undefined) dispose(set.batch)
      set = { file, batch: read(file) }
    }
    if (start?.sizes !== sizes.join()) {
      if (start !== undefined) dispose(start.params)
      const layers = sizes.map(Number) as unknown as Sizes
      start = { sizes: sizes.join(), params: toParams(initialValues('default', key(1), layers)) }
    }
    const miniBatchSize = Number(batch)
    console.log(
      timed(interpreter, set.batch, start.params, { miniBatchSize }, Number(examples), miniBatchSize) / 1000,
    )
  }
}
