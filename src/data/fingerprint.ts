/**
 * The identity of data: a hash of its content, whatever its name or path.
 */
import { createHash } from 'node:crypto'
import type { Dataset, Examples } from './dataset.ts'
import type { DataIdentity } from '../io/model.ts'

const bytesOf = (values: Uint8Array | Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** The SHA-256 of sets of examples, in hexadecimal: of each set's inputs, then its desired outputs. */
export const fingerprint = (sets: readonly (Examples | undefined)[]): string => {
  const hash = createHash('sha256')
  for (const set of sets) {
    if (set === undefined) {
      hash.update('none ')
      continue
    }
    const { size, inputs, desired } = set
    hash.update(`${size} ${inputs.kind} ${inputs.width} ${desired.kind} `)
    hash.update(bytesOf(inputs.kind === 'bytes' ? inputs.bytes : inputs.floats))
    hash.update(bytesOf(desired.kind === 'labels' ? desired.labels : desired.targets))
  }
  return hash.digest('hex')
}

/** The name of a data set, and the first 16 digits of the hash of all its parts. */
export const dataIdentity = ({ name, training, validation, test }: Dataset): DataIdentity => ({
  name,
  fingerprint: fingerprint([training, validation, test]).slice(0, 16),
})
