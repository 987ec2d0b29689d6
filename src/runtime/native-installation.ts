/**
 * The record that `npm run setup -- native` (scripts/setup.mjs) writes about its last installation.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as t from 'io-ts'
import { packageFolder } from '../io/package-folder.ts'
import { textOrThrow } from '../io/text.ts'

const NativeInstallation = t.union([
  t.type({ status: t.literal('ready'), source: t.string }),
  t.type({ status: t.literal('failed'), reason: t.string, remedy: t.string }),
])

export type NativeInstallation = t.TypeOf<typeof NativeInstallation>

/** The last installation of the native backend; undefined if there was none, or its record cannot be read. */
export const nativeInstallation = (): NativeInstallation | undefined => {
  try {
    const file = join(packageFolder(), 'node_modules', '.network2', 'native.json')
    const record: unknown = JSON.parse(textOrThrow(file, readFileSync(file)))
    return NativeInstallation.is(record) ? record : undefined
  } catch {
    return undefined
  }
}
