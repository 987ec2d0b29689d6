/**
 * Which data it is, whatever it is called and wherever it lies.
 */
import { createHash } from 'node:crypto'
import type { Examples } from './dataset.ts'

const bytesOf = (values: Uint8Array | Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** The SHA-256 of sets of examples, in hexadecimal digits: of their inputs and answers, in this order. */
export const sumOf = (sets: readonly (Examples | undefined)[]): string => {
  const hash = createHash('sha256')
  for (const set of sets) {
    if (set === undefined) {
      hash.update('none ')
      continue
    }
    const { size, inputs, answers } = set
    hash.update(`${size} ${inputs.kind} ${inputs.width} ${answers.kind} `)
    hash.update(bytesOf(inputs.kind === 'bytes' ? inputs.bytes : inputs.floats))
    hash.update(bytesOf(answers.kind === 'labels' ? answers.labels : answers.targets))
  }
  return hash.digest('hex')
}
