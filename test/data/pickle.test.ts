import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodePickleDataset, readPickle } from '../../src/data/pickle-dataset.ts'
import { pythonWith, python } from '../support/python.ts'
import { dataError, labelsOf, right, temporary } from './made.ts'
import { randomCases } from '../support/long.ts'

/** An array as Python 2 and NumPy of the book's time pickle it, by protocol 2. */
const array = (shape: readonly number[], type: string, numbers: Uint8Array, shared = false): Buffer => {
  const memo = type === 'f4' ? '\x20' : '\x21'
  const text = (of: string): Buffer => Buffer.from(of, 'latin1')
  const string = (of: string): Buffer => Buffer.concat([Buffer.from([0x55, of.length]), text(of)])
  const long = Buffer.alloc(5)
  long.write('T', 'latin1')
  long.writeUInt32LE(numbers.length, 1)
  return Buffer.concat([
    text('cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02'),
    string('b'),
    text('q\x03\x87q\x04Rq\x05(K\x01'),
    ...shape.map(size => Buffer.from([0x4b, size])),
    text(shape.length === 2 ? '\x86' : '\x85'),
    text('q\x06'),
    // a type is written once, and then referred to
    shared
      ? text(`h${memo}`)
      : Buffer.concat([
          text('cnumpy\ndtype\nq\x07'),
          string(type),
          text(`K\x00K\x01\x87q\x08Rq${memo}(K\x03`),
          string('<'),
          text('NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0ab'),
        ]),
    text('q\x0b\x89'),
    long,
    numbers,
    text('tq\x0cb'),
  ])
}

const bytesOf = (of: Float32Array | BigInt64Array): Uint8Array => new Uint8Array(of.buffer)

/** Images of four pixels 0, 1, 2, … of 256, with the labels 0, 1, 2, … */
const part = (n: number, shared = false): Buffer =>
  Buffer.concat([
    array([n, 4], 'f4', bytesOf(Float32Array.from({ length: 4 * n }, (_, i) => i / 256)), shared),
    array([n], 'i8', bytesOf(BigInt64Array.from({ length: n }, (_, i) => BigInt(i))), shared),
    Buffer.from('\x86', 'latin1'),
  ])

const pickled = Buffer.concat([
  Buffer.from('\x80\x02', 'latin1'),
  part(6),
  part(2, true),
  part(3, true),
  Buffer.from('\x87.', 'latin1'),
])

const refusal = (bytes: Uint8Array): string => dataError(decodePickleDataset('FILE')(bytes))

describe("the book's pickle", () => {
  test('as Python 2 writes it, gzipped', async () => {
    const file = join(await temporary(), 'mnist.pkl.gz')
    await writeFile(file, gzipSync(pickled))
    const found = right(await readPickle(file)())
    expect(found).toMatchObject({ name: 'mnist.pkl.gz', source: file })
    expect([found.training.size, found.validation?.size, found.test?.size]).toEqual([6, 2, 3])
    expect(labelsOf(found, 'test')).toEqual([0, 1, 2])
    // pixels are bytes, as in the IDX files
    const { inputs } = found.training
    expect(inputs.kind === 'bytes' && [...inputs.bytes]).toEqual(Array.from({ length: 24 }, (_, i) => i))
  })

  const numpy = pythonWith('numpy')

  test.skipIf(numpy.isMissing)('as NumPy of today writes it, protocols 2 to 4', numpy.why, async () => {
    const folder = await temporary()
    await python(
      [
        'import pickle, sys, numpy as np',
        'part = lambda n: ((np.arange(6 * n).reshape(n, 6) * 0.7).astype(np.float32), np.arange(n) % 10)',
        'for p in (2, 3, 4):',
        '    with open(f"{sys.argv[1]}/{p}.pkl", "wb") as file:',
        '        pickle.dump((part(300), part(2), part(3)), file, protocol=p)',
      ].join('\n'),
      [folder],
    )
    for (const protocol of [2, 3, 4]) {
      const found = right(await readPickle(join(folder, `${protocol}.pkl`))())
      const { inputs } = found.training
      expect(inputs.kind === 'floats' && [inputs.floats.length, inputs.floats[1799]]).toEqual([
        1800,
        Math.fround(1799 * 0.7),
      ])
      expect(labelsOf(found, 'training')[299]).toBe(9)
    }
  })
})

describe('another pickle', () => {
  test.each([
    [
      'that runs a command',
      'cos\nsystem\n(U\x04true\x85R.',
      'it names "os system", which is not part of such a file',
    ],
    ['that runs a command by another operation', '(S"true"\nios\nsystem\n.', 'it has the operation 0x53'],
    ['that makes an object', 'c__builtin__\neval\nU\x011\x85R.', 'it names "__builtin__ eval"'],
    ['of a list', '\x80\x02]q\x00.', 'it has the operation 0x5d'],
    ['of a number', '\x80\x02K\x05.', 'it holds something else'],
    ['of empty tuples', '\x80\x02)))\x87.', 'it holds something else'],
    [
      'of one array',
      `\x80\x02${array([1], 'i8', new Uint8Array(8)).toString('latin1')}.`,
      'it holds something else',
    ],
    ['that calls a type', '\x80\x02cnumpy\nndarray\n)R.', 'it calls numpy ndarray'],
    ['with a string longer than the file', 'T\xff\xff\xff\xff.', 'it is cut'],
    ['without an end', '\x80\x02', 'it is cut'],
  ])('%s is refused', (_, text, words) => {
    const message = refusal(Buffer.from(text, 'latin1'))
    expect(message).toContain("FILE: this pickle is not that of the book's mnist.pkl.gz: ")
    expect(message).toContain(words)
  })

  test('cut anywhere', () => {
    for (let length = 0; length < pickled.length; length++)
      expect(refusal(pickled.subarray(0, length))).toContain('FILE')
  })

  test('numbers of another type, arrays that do not fill their shape, labels out of range', () => {
    const text = pickled.toString('latin1')
    for (const changed of [
      text.replace('f4', 'f8'),
      text.replace('K\x06K\x04', 'K\x07K\x04'),
      text.replace('i8', 'i4'),
    ])
      expect(refusal(Buffer.from(changed, 'latin1'))).toContain('FILE')
    const at = pickled.lastIndexOf(Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]))
    const negative = Buffer.from(pickled)
    negative[at + 7] = 0x80
    expect(refusal(negative)).toContain('FILE')
  })

  test('with a few bytes changed: data or an error', () => {
    const changes = fc.array(fc.tuple(fc.nat(pickled.length - 1), fc.nat(255)), { maxLength: 4 })
    fc.assert(
      fc.property(changes, all => {
        const bytes = Buffer.from(pickled)
        for (const [at, byte] of all) bytes[at] = byte
        const found = decodePickleDataset('FILE')(bytes)
        if (E.isLeft(found)) expect(dataError(found)).toMatch(/^FILE: ./)
      }),
      { numRuns: randomCases(1000, 10_000) },
    )
  })
})
