import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../src/io/crc32c.ts'
import { eventFileName, fileVersion, scalars, sessionStart } from '../../src/runs/tensorboard.ts'
import { inFolder } from '../support/cli.ts'
import { python, pythonWith } from '../support/python.ts'

describe('CRC-32C', () => {
  it.each([
    ['', 0],
    ['123456789', 0xe3069283],
    ['a', 0xc1d04330],
  ])('golden: of "%s"', (text, sum) => {
    expect(crc32c(new TextEncoder().encode(text))).toBe(sum)
  })

  it('golden: the examples of RFC 3720, appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
  })

  it('law: a bit changed changes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.nat(7), (bytes, where, bit) => {
        const at = where % bytes.length
        expect(crc32c(bytes.with(at, bytes[at]! ^ (1 << bit)))).not.toBe(crc32c(bytes))
      }),
    )
  })
})

describe('event files', () => {
  it('golden: the first record', () => {
    expect(Buffer.from(fileVersion(1.5)).toString('latin1')).toMatch(
      // eslint-disable-next-line no-control-regex
      /^\x18\0{7}[^]{4}\x09\0{6}\xf8\x3f\x1a\x0dbrain\.Event:2[^]{4}$/,
    )
  })

  it('are named by second, host and process, so that names sort by time', () => {
    expect(eventFileName(1_700_000_000.9, 'host.local', 42)).toBe(
      'events.out.tfevents.1700000000.host.local.42',
    )
    expect(eventFileName(999, 'host', 1)).toBe('events.out.tfevents.0000000999.host.1')
  })
})

/**
 * Appends pieces to files of a folder, one after the other: what TensorBoard's two readers, that of its pages and that
 * of its library, each the same one all the time, have seen after each. JSON has no NaN: numbers are printed as texts.
 */
const FOLLOW = `
import json, os, sys
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.util.tensor_util import make_ndarray
folder, pieces = sys.argv[1], json.loads(sys.argv[2])
pages = plugin_event_accumulator.EventAccumulator(folder)
library = event_accumulator.EventAccumulator(folder)
def texts(event, value): return [str(event.wall_time), str(event.step), str(float(value))]
seen = []
for name, piece in pieces:
    with open(os.path.join(folder, name), 'ab') as file: file.write(bytes.fromhex(piece))
    pages.Reload()
    library.Reload()
    seen.append([
        {tag: [texts(e, make_ndarray(e.tensor_proto)) for e in pages.Tensors(tag)] for tag in pages.Tags()['tensors']},
        {tag: [texts(e, e.value) for e in library.Scalars(tag)] for tag in library.Tags()['scalars']}])
json.dump(seen, sys.stdout)
`

type Seen = Readonly<Record<string, readonly (readonly [wallTime: string, step: string, value: string])[]>>

const first = eventFileName(1_700_000_000, 'host', 1)
const second = eventFileName(1_700_000_100, 'host', 1)

const follow = (pieces: readonly (readonly [file: string, bytes: Uint8Array])[]): Promise<readonly Seen[]> =>
  inFolder(async folder => {
    const hex = pieces.map(([file, bytes]) => [file, Buffer.from(bytes).toString('hex')])
    const printed = await python(FOLLOW, [folder, JSON.stringify(hex)])
    return (JSON.parse(printed) as readonly [Seen, Seen][]).map(([pages, library]) => {
      expect(pages).toEqual(library)
      return pages
    })
  })

const costs = (seen: Seen | undefined): unknown => seen?.epoch_cost?.map(([, step, value]) => [+step, +value])

const cost = (step: number, value: number): Uint8Array =>
  scalars(1_700_000_000 + step, step, { epoch_cost: value })

const tensorboard = pythonWith('tensorboard')

describe.skipIf(tensorboard.isMissing)('TensorBoard', tensorboard.why, () => {
  it('reads tags, wall times, steps and values', async () => {
    const values = [0, -0, 0.1, 1e-45, 3.4e38, 1e39, -Infinity, NaN]
    const [seen] = await follow([
      [
        first,
        Buffer.concat([
          fileVersion(1_700_000_000.25),
          ...values.map((value, i) =>
            scalars(1_700_000_000.125 + i, 2 ** 40 * i, { epoch_cost: value, 'epoch accuracy, é 数': i }),
          ),
          scalars(1, 1, {}),
        ]),
      ],
    ])
    expect(Object.keys(seen!)).toEqual(['epoch_cost', 'epoch accuracy, é 数'])
    const number = (text: string): number => Number(text.replace('inf', 'Infinity').replace('nan', 'NaN'))
    expect(seen!.epoch_cost!.map(event => event.map(number))).toEqual(
      values.map((value, i) => [1_700_000_000.125 + i, 2 ** 40 * i, Math.fround(value)]),
    )
    expect(seen!['epoch accuracy, é 数']!.map(([, , value]) => +value)).toEqual(values.map((_, i) => i))
  })

  it('follows a file while it grows, past a record that is torn for a while', async () => {
    const torn = cost(3, 0.25)
    const seen = await follow([
      [first, fileVersion(1_700_000_000)],
      [first, cost(1, 1)],
      [first, cost(2, 0.5)],
      ...[0, 7, 11, 13, torn.length - 1].map((from, i, cuts) => {
        return [first, torn.subarray(from, cuts[i + 1])] as const
      }),
      [first, cost(4, 0.125)],
    ])
    const all = [1, 2, 3, 4].map(step => [step, 2 ** (1 - step)])
    expect(seen.map(costs)).toEqual([undefined, ...[1, 2, 2, 2, 2, 2, 3, 4].map(n => all.slice(0, n))])
  })

  it.each([
    ['in the same file', first],
    ['in a later file of the folder', second],
  ])('forgets what a resumed run computes anew, %s', async (_, file) => {
    const seen = await follow([
      [first, Buffer.concat([fileVersion(1_700_000_000), ...[1, 2, 3, 4, 5].map(step => cost(step, step))])],
      [file, Buffer.concat([fileVersion(1_700_000_100), sessionStart(1_700_000_100, 3)])],
      [file, cost(3, 30)],
      [file, sessionStart(1_700_000_200, 2)],
    ])
    const before = [1, 2, 3, 4, 5].map(step => [step, step])
    expect(seen.map(costs)).toEqual([
      before,
      before.slice(0, 2),
      [...before.slice(0, 2), [3, 30]],
      before.slice(0, 1),
    ])
  })

  it('keeps the whole records of a file whose last one is torn', async () => {
    const torn = cost(3, 3)
    const whole = Buffer.concat([fileVersion(1_700_000_000), cost(1, 1), cost(2, 2)])
    const [, seen] = await follow([
      [first, Buffer.concat([whole, torn.subarray(0, torn.length - 5)])],
      [second, Buffer.concat([fileVersion(1_700_000_100), sessionStart(1_700_000_100, 3), cost(3, 30)])],
    ])
    expect(costs(seen)).toEqual([
      [1, 1],
      [2, 2],
      [3, 30],
    ])
  })
})
