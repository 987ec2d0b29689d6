/**
 * The JSON of a safetensors header: an object of objects, whose fields are texts or lists of whole numbers.
 *
 * `JSON.parse` would hide a key that comes twice, take 1.0 for 1, and build whatever else it is given. Here the first
 * character that the format has no place for ends the reading.
 */
import * as E from 'fp-ts/lib/Either.js'

export type Fields = ReadonlyMap<string, string | readonly number[]>

/**
 * The entries of a header, in their order.
 *
 * @throws an Error whose message says what is wrong, to be said after the name of the file
 */
export const parseHeader = (bytes: Uint8Array): Map<string, Fields> => {
  const text = utf8(bytes)
  let at = 0
  const wrong = (): Error =>
    new Error(
      `its header is no safetensors header from character ${at}: ${shortJson(text.slice(at, at + 20))}`,
    )
  const white = /[ \t\n\r]*/y
  const next = (): string => {
    white.lastIndex = at
    white.test(text)
    at = white.lastIndex
    return text.charAt(at)
  }
  const is = (mark: string): boolean => {
    const found = next() === mark
    if (found) at += 1
    return found
  }
  const must = (mark: string): void => {
    if (!is(mark)) throw wrong()
  }
  const list = (open: string, close: string, item: () => void): void => {
    must(open)
    if (is(close)) return
    do item()
    while (is(','))
    must(close)
  }
  const string = (): string => {
    must('"')
    const from = at - 1
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    at += 1
    const value = E.tryCatch(() => JSON.parse(text.slice(from, at)) as string, wrong)
    // half a pair of UTF-16 has no UTF-8
    if (E.isLeft(value) || /\p{Surrogate}/u.test(value.right)) throw wrong()
    return value.right
  }
  const digits = /0|[1-9]\d*/y
  const whole = (): number => {
    next()
    digits.lastIndex = at
    const found = digits.exec(text)
    if (found === null) throw wrong()
    at = digits.lastIndex
    return Number(found[0])
  }
  const wholes = (): readonly number[] => {
    const found: number[] = []
    list('[', ']', () => found.push(whole()))
    return found
  }
  const members = <A>(value: () => A): Map<string, A> => {
    const found = new Map<string, A>()
    list('{', '}', () => {
      const key = string()
      if (found.has(key)) throw new Error(`its header has ${shortJson(key)} twice`)
      must(':')
      found.set(key, value())
    })
    return found
  }
  const header = members(() => members(() => (next() === '"' ? string() : wholes())))
  if (next() !== '') throw wrong()
  return header
}

/** A value in a message: short, and on one line. */
export const shortJson = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

const utf8 = (bytes: Uint8Array): string => {
  try {
    // a byte order mark is no JSON
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Error('its header is not UTF-8')
  }
}
