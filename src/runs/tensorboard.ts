/**
 * TensorBoard's event files, as bytes to append: `fileVersion` first, then `scalars` step by step.
 *
 * A record can be read as soon as it is complete. TensorBoard stops reading a file at an incomplete record, so a resumed
 * run starts a new file.
 *
 * ```
 * length of the data (8 bytes, little endian), its checksum (4), the data (an Event message), its checksum (4)
 * ```
 *
 * Wall times are in seconds since 1970. Steps are whole numbers, at least 0.
 */
import { createRequire } from 'node:module'
import type Protobuf from 'protobufjs'
import { crc32c } from '../io/crc32c.ts'

/** The first record of a file: the version of the format. */
export const fileVersion = (wallTime: number): Uint8Array =>
  record({ wallTime, fileVersion: 'brain.Event:2' })

/**
 * A record that marks a resumed run: TensorBoard discards the values of this step and of later ones,
 * in this file and in the files of the folder whose names come before it. A run that starts from the beginning needs
 * none.
 */
export const sessionStart = (wallTime: number, step: number): Uint8Array => {
  const start = record({ wallTime, step, sessionLog: { status: START } })
  // TensorBoard takes the first start record in a folder as the beginning; only later ones discard values
  return Uint8Array.of(...start, ...start)
}

/** One number for each tag, as of that step, kept as float32; NaN and the infinities are legal. */
export const scalars = (
  wallTime: number,
  step: number,
  values: Readonly<Record<string, number>>,
): Uint8Array =>
  record({
    wallTime,
    step,
    summary: { value: Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue })) },
  })

/** A file name that TensorBoard recognizes; it reads the files of a folder in the order of their names. */
export const eventFileName = (wallTime: number, host: string, pid: number): string =>
  `events.out.tfevents.${Math.floor(wallTime).toString().padStart(10, '0')}.${host}.${pid}`

/** An Event message; the field names are those of SCHEMA. */
type Event = { readonly wallTime: number; readonly step?: number } & (
  | { readonly fileVersion: string }
  | { readonly sessionLog: { readonly status: number } }
  | {
      readonly summary: { readonly value: readonly { readonly tag: string; readonly simpleValue: number }[] }
    }
)

/** The status of a SessionLog. */
const START = 1

/** The part of TensorBoard's event messages that a run writes. Field numbers are those of tensorboard/compat/proto. */
const SCHEMA = `
syntax = "proto3";

message Event {
  double wall_time = 1;
  int64 step = 2;
  oneof what {
    string file_version = 3;
    Summary summary = 5;
    SessionLog session_log = 7;
  }
}

message Summary {
  message Value {
    string tag = 1;
    oneof value {
      float simple_value = 2;
    }
  }
  repeated Value value = 1;
}

message SessionLog {
  enum SessionStatus {
    STATUS_UNSPECIFIED = 0;
    START = 1;
  }
  SessionStatus status = 1;
}
`

const require = createRequire(import.meta.url)

let eventType: Protobuf.Type | undefined

/** Made on first use: most runs write no event file. */
const eventMessage = (): Protobuf.Type =>
  (eventType ??= (require('protobufjs') as typeof Protobuf).parse(SCHEMA).root.lookupType('Event'))

const record = (event: Event): Uint8Array => {
  const message = eventMessage()
  const data = message.encode(message.fromObject(event)).finish()
  const bytes = new Uint8Array(8 + 4 + data.length + 4)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true)
  bytes.set(data, 12)
  view.setUint32(12 + data.length, masked(crc32c(data)), true)
  return bytes
}

/** The masked checksum of TensorFlow's record format: rotated, plus a constant. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
