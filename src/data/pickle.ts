/**
 * The pickle of `mnist.pkl.gz`, the book's file: (training, validation, test), each (images [n, 784], labels [n]) as NumPy arrays.
 *
 * A pickle is a program, and Python's own reader may run any code that it names. This reader runs none: it knows the
 * operations that build tuples of NumPy arrays, and refuses every other operation and every other name. Strings and arrays
 * are views of the file, so that nothing is allocated that a small file claims.
 */
import * as E from 'fp-ts/lib/Either.js'

/** A NumPy array, in row-major order. */
export type PickledArray = {
  readonly shape: readonly number[]
  /** The type of its numbers, as NumPy writes it, such as `<f4`. */
  readonly type: string
  readonly bytes: Uint8Array
}

/** What a pickle holds: whole numbers, text as bytes, tuples, and arrays while they are built. */
type Value =
  | number
  | boolean
  | null
  | Uint8Array
  | readonly Value[]
  | { readonly global: string }
  | { dtype: string }
  | { array: PickledArray | undefined }

const MARK = Symbol('mark')

const RECONSTRUCT = ['numpy.core.multiarray _reconstruct', 'numpy._core.multiarray _reconstruct']
const GLOBALS = [...RECONSTRUCT, 'numpy ndarray', 'numpy dtype', '_codecs encode']

/** Why a pickle is refused. */
class Refused extends Error {}

const refuse = (why: string): never => {
  throw new Refused(why)
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')

const isTuple = (value: unknown): value is readonly Value[] => Array.isArray(value)

const asText = (value: Value | undefined): string =>
  value instanceof Uint8Array ? latin1(value) : refuse('a text is missing where NumPy writes one')

/** Calls of the functions that NumPy's arrays are rebuilt with. */
const reduce = (callable: Value | undefined, args: Value | undefined): Value => {
  if (typeof callable !== 'object' || callable === null || !('global' in callable) || !isTuple(args))
    return refuse('it calls something that is not a function')
  if (RECONSTRUCT.includes(callable.global)) return { array: undefined }
  if (callable.global === 'numpy dtype') return { dtype: asText(args[0]) }
  // Python 3 writes bytes as text, each character one byte
  if (callable.global === '_codecs encode')
    return Buffer.from(Buffer.from(asText(args[0]), 'latin1').toString('utf8'), 'latin1')
  return refuse(`it calls ${callable.global}`)
}

/** The state of an array: version, shape, type, whether by columns, bytes. That of a type begins with its byte order. */
const build = (value: Value | undefined, state: Value | undefined): Value => {
  if (typeof value !== 'object' || value === null || !isTuple(state))
    return refuse('it changes an unknown object')
  if ('dtype' in value) {
    // changed in place: a later array refers to the same type
    value.dtype = `${asText(state[1])}${value.dtype.replace(/^[<>|=]/, '')}`
    return value
  }
  if (!('array' in value)) return refuse('it changes an unknown object')
  const [, shape, type, byColumns, bytes] = state
  if (
    !isTuple(shape) ||
    typeof type !== 'object' ||
    type === null ||
    !('dtype' in type) ||
    !(bytes instanceof Uint8Array)
  )
    return refuse('an array has another form than NumPy writes')
  if (byColumns !== false && byColumns !== 0) return refuse('an array is stored by columns')
  value.array = { shape: shape.map(Number), type: type.dtype, bytes }
  return value
}

const run = (file: Uint8Array): Value => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const stack: (Value | typeof MARK)[] = []
  const memo = new Map<number, Value>()
  let at = 0
  const take = (length: number): Uint8Array => {
    if (length > file.length - at) refuse('it is cut')
    at += length
    return file.subarray(at - length, at)
  }
  const byte = (): number => take(1)[0]!
  const uint32 = (): number => (take(4), view.getUint32(at - 4, true))
  const line = (): string => {
    const end = file.indexOf(10, at)
    if (end < 0 || end - at > 100) refuse('it is cut')
    const text = latin1(take(end - at))
    at++
    return text
  }
  const pop = (): Value => {
    const value = stack.pop()
    return value === undefined || value === MARK ? refuse('it is damaged') : value
  }
  const toMark = (): Value[] => {
    const from = stack.lastIndexOf(MARK)
    if (from < 0) refuse('it is damaged')
    return stack.splice(from).slice(1) as Value[]
  }
  const popped = (count: number): Value[] => Array.from({ length: count }, pop).reverse()
  const put = (index: number): void => {
    const top = stack.at(-1)
    memo.set(index, top === undefined || top === MARK ? refuse('it is damaged') : top)
  }
  const get = (index: number): Value => memo.get(index) ?? refuse('it is damaged')
  const named = (name: string): Value =>
    GLOBALS.includes(name)
      ? { global: name }
      : refuse(`it names ${JSON.stringify(name)}, which is not part of such a file`)

  for (;;) {
    const operation = byte()
    const letter = String.fromCharCode(operation)
    // prettier-ignore
    switch (letter) {
      case '\x80': byte(); break // PROTO
      case '\x95': take(8); break // FRAME
      case '(': stack.push(MARK); break
      case 't': stack.push(toMark()); break
      case ')': stack.push([]); break
      case '\x85': stack.push(popped(1)); break
      case '\x86': stack.push(popped(2)); break
      case '\x87': stack.push(popped(3)); break
      case 'K': stack.push(byte()); break
      case 'M': take(2); stack.push(view.getUint16(at - 2, true)); break
      case 'J': take(4); stack.push(view.getInt32(at - 4, true)); break
      case 'N': stack.push(null); break
      case '\x88': stack.push(true); break
      case '\x89': stack.push(false); break
      case 'U': case 'C': case '\x8c': stack.push(take(byte())); break // strings of up to 255 bytes
      case 'T': case 'B': case 'X': stack.push(take(uint32())); break
      case '\x8e': take(8); stack.push(take(Number(view.getBigUint64(at - 8, true)))); break
      case 'q': put(byte()); break
      case 'r': put(uint32()); break
      case '\x94': put(memo.size); break // MEMOIZE
      case 'h': stack.push(get(byte())); break
      case 'j': stack.push(get(uint32())); break
      case 'c': { const module = line(); stack.push(named(`${module} ${line()}`)); break }
      case '\x93': { const [module, name] = popped(2); stack.push(named(`${asText(module)} ${asText(name)}`)); break }
      case 'R': { const [callable, args] = popped(2); stack.push(reduce(callable, args)); break }
      case 'b': { const [value, state] = popped(2); stack.push(build(value, state)); break }
      case '.': return pop()
      default: refuse(`it has the operation 0x${operation.toString(16)}, which is not part of such a file`)
    }
  }
}

/** The arrays of tuples within tuples, in their order. */
const tuples = (value: Value): readonly (readonly PickledArray[])[] => {
  if (!isTuple(value)) return refuse('it holds something else')
  return value.map(part => {
    if (!isTuple(part)) return refuse('it holds something else')
    return part.map(one =>
      typeof one === 'object' && one !== null && 'array' in one && one.array !== undefined
        ? one.array
        : refuse('it holds something else'),
    )
  })
}

/** The arrays of a tuple of tuples; or the reason for refusing these bytes, such as "it is cut". */
export const decodePickle = (file: Uint8Array): E.Either<string, readonly (readonly PickledArray[])[]> => {
  try {
    return E.right(tuples(run(file)))
  } catch (error) {
    if (error instanceof Refused) return E.left(error.message)
    throw error
  }
}
