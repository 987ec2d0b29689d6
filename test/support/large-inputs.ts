/**
 * Decodes files of a megabyte or so, each of which must be refused: nested deeply, of a million keys, or claiming more
 * than they have. Prints the tags of the results.
 */
import { decodeImages } from '../../src/data/idx.ts'
import { decodeJsonDataset } from '../../src/data/json-dataset.ts'
import { decodeModel } from '../../src/io/model.ts'
import { decodeCheckpoint } from '../../src/runs/checkpoint.ts'

/** A safetensors file that has only a header. */
const framed = (header: string, length: number = header.length): Uint8Array => {
  const bytes = Buffer.alloc(8 + header.length)
  bytes.writeBigUInt64LE(BigInt(length))
  bytes.write(header, 8)
  return new Uint8Array(bytes)
}

const deep = '['.repeat(1e5)
const long = `[${'[],'.repeat(3e5)}[]]`
const texts = [
  ...[deep, '{"a":'.repeat(1e5), deep + ']'.repeat(1e5), long],
  ...[`{"sizes":[${'9,'.repeat(5e5)}9]}`, `"${'x'.repeat(1e6)}"`],
  '{"sizes":[4294967295,4294967295],"weights":[],"biases":[],"cost":"QuadraticCost"}',
]
const claims = [
  ...[framed('{', 2 ** 53), framed(deep), framed(long)],
  framed('{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'),
  framed(`{${Array.from({ length: 2e4 }, (_, i) => `"${i}":{}`).join()}}`),
]
const tags = [
  ...texts.map(text => decodeModel('F', text)._tag),
  ...texts.map(text => decodeJsonDataset('F')(text)._tag),
  ...claims.map(bytes => decodeCheckpoint(bytes)._tag),
  decodeImages('F')(Uint8Array.of(0, 0, 8, 3, ...new Uint8Array(12).fill(255)))._tag,
]
console.log([...new Set(tags)].join())
