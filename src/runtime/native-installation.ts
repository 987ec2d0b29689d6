/**
 * The record that `npm run setup -- native` (scripts/setup.mjs) writes about its last installation.
 */
import { readFileSync } from 'node:fs'
import * as t from 'io-ts'
import { nativeRecord } from '#scripts/package'
import { textOrThrow } from '../io/text.ts'

const NativeInstallation = t.union([
  t.type({ status: t.literal('ready'), source: t.string }),
  t.type({ status: t.literal('failed'), reason: t.string, remedy: t.string }),
])

export type NativeInstallation = t.TypeOf<typeof NativeInstallation>

/** The last installation of the native backend; undefined if there was none, or its record cannot be read. */
export const nativeInstallation = (): NativeInstallation | undefined => {
  try {
    const file = nativeRecord()
    if (file === undefined) return undefined
    const record: unknown = JSON.parse(textOrThrow(file, readFileSync(file)))
    return NativeInstallation.is(record) ? record : undefined
  } catch {
    return undefined
  }
}
