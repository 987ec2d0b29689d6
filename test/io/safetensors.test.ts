import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import {
  decodeSafetensors,
  encodeSafetensors,
  type Named,
  type Safetensors,
} from '../../src/io/safetensors.ts'
import { inFolder } from '../support/cli.ts'
import { python, pythonWith } from '../support/python.ts'
import { randomCases } from '../support/long.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A file with this header, and `data` zero bytes as its numbers. */
const framed = (header: string | Uint8Array, data = 0, length?: number): Uint8Array => {
  const bytes = typeof header === 'string' ? utf8(header) : header
  const framing = new Uint8Array(8 + bytes.length + data)
  new DataView(framing.buffer).setBigUint64(0, BigInt(length ?? bytes.length), true)
  framing.set(bytes, 8)
  return framing
}

/** A header of one tensor `a` with these fields. */
const one = (fields: string): string => `{"a":{${fields}}}`

/** The entry of a tensor. */
const at = (offsets: string, name = 'a', shape = '[1]'): string =>
  `"${name}":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}`

const bits = (values: Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')

const byKey = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number =>
  a < b ? -1 : 1

/** A file's content in a form that shows everything: the bits of numbers, and keys such as `__proto__`. */
type Plain = {
  readonly metadata: readonly (readonly [string, string])[]
  readonly tensors: readonly (readonly [name: string, shape: readonly number[], bits: string])[]
}

const plain = ({ metadata, tensors }: Safetensors): Plain => ({
  metadata: Object.entries(metadata).toSorted(byKey),
  tensors: tensors.map(({ name, shape, values }) => [name, shape, bits(values)]),
})

const accepted = (bytes: Uint8Array): Safetensors => {
  const result = decodeSafetensors(bytes)
  if (E.isLeft(result)) throw new Error(result.left)
  return result.right
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '0',
    '1',
    '01',
    '',
    '"\\',
    '\u0000\n',
    '\u2028',
    '\ufeff',
  ),
)

const floats = (length: number): fc.Arbitrary<Float32Array> =>
  fc
    .array(fc.nat(2 ** 32 - 1), { minLength: length, maxLength: length })
    .map(words => new Float32Array(Uint32Array.from([1, ...words, 2]).buffer).subarray(1, -1))

/** Objects put keys such as "1" first, so an empty tensor with such a name may change its place: it has none here. */
const tensor: fc.Arbitrary<Named> = text
  .chain(name =>
    fc.tuple(
      fc.constant(name),
      fc.array(fc.integer({ min: /^\d+$/.test(name) ? 1 : 0, max: 4 }), { maxLength: 3 }),
    ),
  )
  .chain(([name, shape]) => floats(shape.reduce((a, b) => a * b, 1)).map(values => ({ name, shape, values })))

const file: fc.Arbitrary<Safetensors> = fc.record({
  metadata: fc.dictionary(text, text, { maxKeys: 4 }),
  tensors: fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 5 }),
})

const small: Safetensors = {
  metadata: { step: '7', cost: 'xent' },
  tensors: [
    { name: 'w', shape: [2, 1], values: Float32Array.of(1, -0.5) },
    { name: '0', shape: [], values: Float32Array.of(0.25) },
    { name: 'none', shape: [0, 3], values: new Float32Array() },
  ],
}

/** Files that differ from a valid one in a few bytes, most often in the header, by characters with a meaning there. */
const mutated: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.oneof(file, fc.constant(small)).map(encodeSafetensors),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.oneof(
          fc.nat(7).map(bit => (byte: number) => byte ^ (1 << bit)),
          fc.constantFrom(...utf8('{}[]":,0123456789.eE+-\\u nF')).map(mark => () => mark),
        ),
      ),
      { maxLength: 3 },
    ),
    fc.option(fc.nat(), { freq: 5 }),
  )
  .map(([valid, changes, cut]) => {
    const bytes = valid.slice(0, cut === null ? undefined : cut % valid.length)
    for (const [where, change] of bytes.length > 0 ? changes : []) {
      const at = where % bytes.length
      bytes[at] = change(bytes[at]!)
    }
    return bytes
  })

describe('safetensors', () => {
  it('encodes to the bytes of an example', () => {
    const header =
      '{"__metadata__":{"cost":"xent","step":"7"},' +
      '"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},' +
      '"0":{"dtype":"F32","shape":[],"data_offsets":[8,12]},' +
      '"none":{"dtype":"F32","shape":[0,3],"data_offsets":[12,12]}}'
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8)
    const numbers = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xbf, 0, 0, 0x80, 0x3e]
    expect(encodeSafetensors(small)).toEqual(Uint8Array.from([...framed(padded), ...numbers]))
  })

  it('round-trips bit by bit, and the numbers begin at a multiple of 8', () => {
    fc.assert(
      fc.property(file, fc.nat(9), (one, offset) => {
        const bytes = encodeSafetensors(one)
        expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0)
        const within = new Uint8Array(bytes.length + 10)
        within.set(bytes, offset)
        const found = accepted(within.subarray(offset, offset + bytes.length))
        expect(plain(found)).toEqual(plain(one))
        expect(encodeSafetensors(found)).toEqual(bytes)
      }),
      { numRuns: 300 },
    )
  })

  it('encodes to the same bytes for any order of the metadata', () => {
    const { metadata, tensors } = small
    const other = Object.fromEntries(Object.entries(metadata).toReversed())
    expect(encodeSafetensors({ metadata: other, tensors })).toEqual(encodeSafetensors(small))
  })

  it('reads a header in any order, with any white space, and without metadata', () => {
    const found = accepted(
      framed(
        '{\t"b" : {"data_offsets":[4,8],\n"shape":[1],"dtype":"F32"},"a":{"dtype":"F32","shape":[ 1 ],"data_offsets":[0,4]}} \r\n',
        8,
      ),
    )
    expect(found.metadata).toEqual({})
    expect(found.tensors.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('reads an empty tensor that a header puts after the one whose numbers begin at the same byte', () => {
    const { tensors } = accepted(framed(`{${at('[0,4]')},${at('[0,0]', 'b', '[0]')}}`, 4))
    expect(tensors.map(({ name }) => name)).toEqual(['b', 'a'])
  })

  it('treats names such as __proto__ and constructor as ordinary ones', () => {
    const one: Safetensors = {
      metadata: Object.fromEntries([
        ['__proto__', 'polluted'],
        ['constructor', 'x'],
      ]),
      tensors: ['__proto__', 'constructor'].map(name => ({ name, shape: [1], values: Float32Array.of(1) })),
    }
    const found = accepted(encodeSafetensors(one))
    expect(plain(found)).toEqual(plain(one))
    expect(Object.getPrototypeOf(found.metadata)).toBe(Object.prototype)
    const fields = accepted(framed('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"__proto__":[1]}}'))
    expect(fields.tensors).toHaveLength(1)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it.each<[string, readonly Named[]]>([
    ['numbers that do not fill the shape', [{ name: 'a', shape: [2], values: new Float32Array(1) }]],
    ['a size that is no whole number', [{ name: 'a', shape: [0.5, 2], values: new Float32Array(1) }]],
    ['two of one name', [1, 2].map(n => ({ name: 'a', shape: [n], values: new Float32Array(n) }))],
    ['the name of the metadata', [{ name: '__metadata__', shape: [1], values: new Float32Array(1) }]],
  ])('is not written where it could not be read: %s', (_, tensors) => {
    expect(() => encodeSafetensors({ metadata: {}, tensors })).toThrow('these tensors cannot be written')
  })
})

describe('a file that is not safetensors', () => {
  it.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(), 'cut after 0 bytes'],
    ['seven bytes', new Uint8Array(7), 'cut after 7 bytes'],
    ['an empty header', new Uint8Array(8), 'not a safetensors header: it is not JSON'],
    ['a header beyond the end', framed('{}', 0, 3), 'a header of 3 bytes, but the file has 10'],
    ['a header of 2^64 - 1', new Uint8Array(16).fill(255), 'a header of 18446744073709551615 bytes'],
    ['not UTF-8', framed(Uint8Array.of(0x7b, 0xff, 0x7d)), 'not a safetensors header: it is not UTF-8'],
    ['half a character in UTF-8', framed(Uint8Array.of(0x7b, 0xed, 0xa0, 0x80, 0x7d)), 'is not UTF-8'],
    ['a byte order mark', framed(utf8('\ufeff{}')), 'it is not JSON'],
    ['a list', framed('[]'), 'it is not a JSON object'],
    ['null', framed('null'), 'it is not a JSON object'],
    ['cut', framed(`{${at('[0,4]')}`, 4), 'it is not JSON'],
    ['more after it', framed('{}{}'), 'it is not JSON'],
    ['a NUL after it', framed('{}\0'), 'it is not JSON'],
    ['a comma too many', framed(`{${at('[0,4]')},}`, 4), 'it is not JSON'],
    ['an escape at the end', framed('{"\\'), 'it is not JSON'],
    ['an unknown escape', framed('{"\\x":{}}'), 'it is not JSON'],
    ['a tab in a name', framed('{"\t":{}}'), 'it is not JSON'],
    ['deep nesting', framed('['.repeat(100_000)), 'it is not JSON'],
    ['deep nesting of objects', framed('{"a":'.repeat(50_000)), 'it is not JSON'],
    ['metadata that are a text', framed('{"__metadata__":"x"}'), '__metadata__ is not an object of strings'],
    ['metadata that are null', framed('{"__metadata__":null}'), '__metadata__ is not'],
    ['metadata with a number', framed('{"__metadata__":{"a":1}}'), '__metadata__ is not'],
    ['metadata with a list', framed('{"__metadata__":{"a":[1]}}'), '__metadata__ is not'],
    ['float64', framed(one('"dtype":"F64","shape":[1],"data_offsets":[0,8]'), 8), '"a" is of dtype "F64"'],
    [
      'an invented dtype',
      framed(one('"dtype":"__proto__","shape":[1],"data_offsets":[0,4]'), 4),
      '"__proto__"',
    ],
    [
      'no dtype',
      framed(one('"shape":[1],"data_offsets":[0,4]'), 4),
      '"a" lacks a valid dtype, shape or data_offsets',
    ],
    ['no shape', framed(one('"dtype":"F32","data_offsets":[0,4]'), 4), 'lacks a valid dtype'],
    ['a shape that is a text', framed(`{${at('[0,4]', 'a', '"1"')}}`, 4), 'lacks a valid dtype'],
    ['no offsets', framed(one('"dtype":"F32","shape":[1]'), 4), 'lacks a valid dtype'],
    ['three offsets', framed(`{${at('[0,4,4]')}}`, 4), 'lacks a valid dtype'],
    ['a negative size', framed(`{${at('[0,4]', 'a', '[-1]')}}`, 4), 'lacks a valid dtype'],
    ['a size of 1.5', framed(`{${at('[0,4]', 'a', '[1.5]')}}`, 4), 'lacks a valid dtype'],
    ['a size of 01', framed(`{${at('[0,4]', 'a', '[01]')}}`, 4), 'it is not JSON'],
    ['a list as a size', framed(`{${at('[0,4]', 'a', '[[1]]')}}`, 4), 'lacks a valid dtype'],
    [
      '2^32 x 2^32 numbers',
      framed(`{${at('[0,0]', 'a', '[4294967296,4294967296]')}}`),
      'does not take bytes 0 to 0',
    ],
    [
      'the same, times 0',
      framed(`{${at('[0,0]', 'a', '[4294967296,4294967296,0]')}}`),
      'does not take bytes',
    ],
    ['0 x 2^64', framed(`{${at('[0,0]', 'a', '[0,18446744073709551616]')}}`), 'lacks a valid dtype'],
    ['0 x 1000 digits', framed(`{${at('[0,0]', 'a', `[0,${'9'.repeat(1000)}]`)}}`), 'lacks a valid dtype'],
    [
      '2^40 numbers in 4 bytes',
      framed(`{${at('[0,4]', 'a', '[1099511627776]')}}`, 4),
      'does not take bytes 0 to 4',
    ],
    [
      '2^40 numbers beyond the end',
      framed(`{${at('[0,4398046511104]', 'a', '[1099511627776]')}}`, 4),
      'end at byte 4398046511104 of 4',
    ],
    [
      'a shape that is too small',
      framed(`{${at('[0,8]')}}`, 8),
      '"a" of shape [1] does not take bytes 0 to 8',
    ],
    ['offsets that run backwards', framed(`{${at('[4,0]')}}`, 4), 'does not take bytes 4 to 0'],
    ['a gap before', framed(`{${at('[4,8]')}}`, 8), '"a" starts at byte 4, not at 0'],
    ['a gap between', framed(`{${at('[0,4]')},${at('[8,12]', 'b')}}`, 12), '"b" starts at byte 8, not at 4'],
    ['a gap after', framed(`{${at('[0,4]')}}`, 5), 'end at byte 4 of 5'],
    ['numbers of no tensor', framed('{}', 4), 'end at byte 0 of 4'],
    [
      'an overlap',
      framed(`{${at('[0,8]', 'a', '[2]')},${at('[4,8]', 'b')}}`, 8),
      '"b" starts at byte 4, not at 8',
    ],
    [
      'the same numbers twice',
      framed(`{${at('[0,4]')},${at('[0,4]', 'b')}}`, 4),
      '"b" starts at byte 0, not at 4',
    ],
    ['a long name', framed(`{"${'x'.repeat(100_000)}":{}}`), 'xxx…'],
  ])('%s', (_, bytes, words) => {
    const result = decodeSafetensors(bytes)
    expect(E.isLeft(result) ? result.left : 'accepted').toContain(words)
    expect(E.isLeft(result) && result.left.length).toBeLessThan(200)
  })

  it.each([
    ['a tensor', `{${at('[0,8]', 'a', '[2]')},${at('[0,4]')}}`],
    ['a tensor, escaped', `{${at('[0,8]', 'a', '[2]')},${at('[0,4]', '\\u0061')}}`],
    ['__proto__', `{${at('[0,8]', '__proto__', '[2]')},${at('[0,4]', '__proto__')}}`],
    ['a shape', one('"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,4]')],
  ])('a key that comes twice: the last one counts, and must fit the file: %s', (_, header) => {
    expect(accepted(framed(header, 4)).tensors.map(({ shape }) => shape)).toEqual([[1]])
    expect(E.isLeft(decodeSafetensors(framed(header, 8)))).toBe(true)
  })

  it('a header of more than 10 MB, before it is read', () => {
    const bytes = new Uint8Array(8 + 100_000_001).fill(0x20, 8)
    new DataView(bytes.buffer).setUint32(0, 100_000_001, true)
    expect(decodeSafetensors(bytes)).toEqual(E.left('its header has 100,000,001 bytes, more than 10,000,000'))
  })

  it('random byte strings and headers: tensors or an error', () => {
    const header = fc.oneof(
      fc.string({
        unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '0', '1', 'a', 'F32', '\\', ' '),
      }),
      fc.json(),
      fc.uint8Array({ maxLength: 40 }),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.tuple(header, fc.nat(8)).map(([h, n]) => framed(h, n)),
        ),
        bytes => {
          const result = decodeSafetensors(bytes)
          if (E.isRight(result)) encodeSafetensors(result.right)
        },
      ),
      { numRuns: randomCases(1000, 10_000) },
    )
  })

  it('files a few bytes away from a valid one: an error or valid tensors', () => {
    const numRuns = randomCases(1000, 10_000)
    const seen = { left: 0, right: 0 }
    fc.assert(
      fc.property(mutated, bytes => {
        const result = decodeSafetensors(bytes)
        if (E.isLeft(result)) seen.left += 1
        else {
          seen.right += 1
          expect(plain(accepted(encodeSafetensors(result.right)))).toEqual(plain(result.right))
        }
      }),
      { numRuns },
    )
    expect(Math.min(seen.left, seen.right)).toBeGreaterThan(numRuns / 20)
  })
})

/** Prints what Python reads from each file, or null. */
const READ = `
import json, sys
from safetensors import safe_open, deserialize
def read(path):
    try:
        with open(path, 'rb') as file: tensors = deserialize(file.read())
        with safe_open(path, framework='numpy') as file: metadata = file.metadata()
    except Exception: return None
    return {'metadata': list((metadata or {}).items()),
            'tensors': [[name, t['shape'], t['data'].hex()] for name, t in tensors]}
folder, count = sys.argv[1:]
json.dump([read(f'{folder}/{i}') for i in range(int(count))], sys.stdout)
`

const WRITE = `
import json, sys
import numpy
from safetensors.numpy import save_file
nan = numpy.array([0x7fa00001, 0xffc00000, 0x7f800000, 0xff800000, 0x80000000, 1], dtype='<u4').view('<f4')
random = numpy.random.default_rng(1).standard_normal((30, 784)).astype('f4')
tensors = {'nan': nan.reshape(2, 3), 'layers.0.w': random, 'scalar': numpy.array(0.1, 'f4'),
           'empty': numpy.zeros((0, 7), 'f4'), 'Größe "é" 数 😀': numpy.ones(1, 'f4'), '__proto__': numpy.ones(2, 'f4'),
           '10': numpy.zeros(1, 'f4'), '9': numpy.zeros(0, 'f4')}
metadata = {'format': 'np', 'ключ\\n': '"value"\\\\'}
save_file(tensors, sys.argv[1], metadata)
save_file(tensors, sys.argv[2])
json.dump({name: [a.shape, a.tobytes().hex()] for name, a in tensors.items()}, sys.stdout)
`

const safetensors = pythonWith('safetensors')

describe.skipIf(safetensors.isMissing)("Python's safetensors", safetensors.why, () => {
  const read = (files: readonly Uint8Array[]): Promise<(Plain | null)[]> =>
    inFolder(async folder => {
      for (const [i, bytes] of files.entries()) await writeFile(join(folder, String(i)), bytes)
      return JSON.parse(await python(READ, [folder, String(files.length)])) as (Plain | null)[]
    })

  /** Python's tensors and metadata come in no order that could be relied on. */
  const unordered = (content: Plain | null): Plain | null =>
    content && { metadata: content.metadata.toSorted(byKey), tensors: content.tensors.toSorted(byKey) }

  it('reads what we write', async () => {
    const files = [small, ...fc.sample(file, 200)]
    const found = await read(files.map(encodeSafetensors))
    files.forEach((one, i) => expect(unordered(found[i]!)).toEqual(unordered(plain(one))))
  })

  it('writes what we read', () =>
    inFolder(async folder => {
      const paths = [join(folder, 'a'), join(folder, 'b')]
      const wanted = JSON.parse(await python(WRITE, paths)) as Record<string, unknown>
      const [a, b] = await Promise.all(paths.map(async path => accepted(await readFile(path))))
      expect(a!.metadata).toEqual({ format: 'np', 'ключ\n': '"value"\\' })
      expect(b!.metadata).toEqual({})
      for (const { tensors } of [a!, b!])
        expect(new Map(tensors.map(({ name, shape, values }) => [name, [shape, bits(values)]]))).toEqual(
          new Map(Object.entries(wanted)),
        )
    }))

  it('finds the same in every file that both accept', async () => {
    const files = fc.sample(mutated, 3000)
    const found = await read(files)
    const ours = files.map(decodeSafetensors)
    ours.forEach((result, i) => {
      // Python refuses more: 1.0 as a size, a key that comes twice
      if (E.isLeft(result) || found[i] === null) return
      expect(unordered(found[i]!), Buffer.from(files[i]!).toString('base64')).toEqual(
        unordered(plain(result.right)),
      )
    })
    expect(ours.filter((result, i) => E.isRight(result) && found[i] !== null).length).toBeGreaterThan(100)
  })
})
