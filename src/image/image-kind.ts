/**
 * The kind of a file, by its first bytes rather than its name.
 */
import { isGzip } from '../data/gzip.ts'
import { isMarkup } from '../data/idx.ts'
import { looksLikeText } from '../io/text.ts'
import { isJpeg } from './jpeg.ts'
import { isPng } from './png.ts'

/** A supported kind, or what the file is instead, in words. */
export type ImageKind =
  | { readonly kind: 'png' | 'jpeg' | 'idx' | 'dataUrl' | 'gzip' | 'json' }
  | { readonly kind: 'other'; readonly what: string }

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to))

/** Formats that are not supported: where their signature is, and their name in errors. */
const others: readonly (readonly [at: number, mark: string, what: string])[] = [
  [0, 'GIF8', 'a GIF picture'],
  [8, 'WEBP', 'a WebP picture'],
  [0, '%PDF', 'a PDF document'],
  [0, 'BM', 'a BMP picture'],
  [0, 'II*\0', 'a TIFF picture'],
  [0, 'MM\0*', 'a TIFF picture'],
  [4, 'ftypavif', 'an AVIF picture'],
  [4, 'ftyphei', 'a HEIC picture'],
  [4, 'ftypmif1', 'a HEIC picture'],
  [4, 'ftyp', 'a film'],
  [0, 'PK\x03\x04', 'a zip archive'],
  [0, '\x89PNG', 'a PNG picture that was damaged by a transfer as text'],
]

/** The kind of these bytes; the name decides where they do not. */
export const imageKind = (file: string, bytes: Uint8Array): ImageKind => {
  if (isPng(bytes)) return { kind: 'png' }
  if (isJpeg(bytes)) return { kind: 'jpeg' }
  if (isGzip(bytes)) return { kind: 'gzip' }
  if (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 8) return { kind: 'idx' }
  if (bytes.length === 0) return { kind: 'other', what: 'an empty file' }
  if (/^data:image\/[^,]*;base64,/.test(latin1(bytes, 0, 100))) return { kind: 'dataUrl' }
  const other = others.find(([at, mark]) => latin1(bytes, at, at + mark.length) === mark)
  if (other !== undefined) return { kind: 'other', what: other[2] }
  if (/^(\u00ef\u00bb\u00bf)?\s*[[{]/.test(latin1(bytes, 0, 64)) || /\.json$/i.test(file))
    return { kind: 'json' }
  if (isMarkup(bytes)) return { kind: 'other', what: 'a web page or an SVG picture' }
  return { kind: 'other', what: looksLikeText(bytes) ? 'a text file' : 'a file of an unknown kind' }
}
