/**
 * What a loop inside a compiled function costs: the gradients of an RNN cell whose turns are unrolled, the first call, which
 * compiles, and a later one, when the machine code is the final one. Processor time, which other programs do not lengthen.
 */
// registers the gradients
import '@tensorflow/tfjs'
import * as tf from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { jit } from '../src/compiler/jit.ts'
import { key, fold, normalNumbers } from '../src/core/rng.ts'
import { dispose } from '../src/core/scope.ts'
import { loadBackend } from '../src/runtime/backend.ts'
import { engines } from '../src/runtime/engine.ts'

const [ROWS, WIDTH] = [16, 32]
const TURNS = [10, 50, 150]
const CALLS = 100

const titleOf = (turns: number): string => `unrolled: an RNN cell, ${turns} turns`

/** The sum of the last state by the state before the first turn, the input, and the weights. */
const gradientsOf = (turns: number): ((inputs: tf.Tensor[]) => tf.Tensor[]) =>
  tf.grads((h0, x, w, u) => {
    let h = h0
    for (let turn = 0; turn < turns; turn++) h = tf.tanh(tf.add(tf.matMul(h, w), tf.matMul(x, u)))
    return tf.sum(h)
  })

const normal = (seed: number, shape: [number, number]): tf.Tensor2D =>
  tf.tensor2d(
    normalNumbers(fold(key(5), seed), shape[0] * shape[1]).map(x => x / 10),
    shape,
  )

/** The milliseconds of the first call, and of the fastest of the next ones. */
const measured = async (backend: 'wasm' | 'native', turns: number): Promise<readonly string[]> => {
  if (E.isLeft(await loadBackend(backend)())) return [backend, 'not here']
  const [[name, make]] = engines(backend)
  const engine = make()
  const f = jit(engine)(gradientsOf(turns))
  const inputs = [
    ...[normal(0, [ROWS, WIDTH]), normal(1, [ROWS, WIDTH])],
    ...[normal(2, [WIDTH, WIDTH]), normal(3, [WIDTH, WIDTH])],
  ]
  const times = Array.from({ length: 1 + CALLS }, () => {
    const began = process.cpuUsage()
    const gradients = f(inputs)
    gradients[0]!.dataSync()
    const { user, system } = process.cpuUsage(began)
    dispose(gradients)
    return (user + system) / 1000
  })
  dispose(inputs)
  engine.dispose()
  return [name, times[0]!.toFixed(0), Math.min(...times.slice(1)).toFixed(2)]
}

const row = (cells: readonly string[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(14))).join(''))

export const benchUnrolled = async (wanted: string): Promise<void> => {
  for (const turns of TURNS.filter(turns => titleOf(turns).includes(wanted))) {
    console.log(`\n${titleOf(turns)}, state [${ROWS}, ${WIDTH}], gradients: milliseconds of processor time`)
    row(['', 'first call', 'later call'])
    for (const backend of ['wasm', 'native'] as const) row(await measured(backend, turns))
  }
}
