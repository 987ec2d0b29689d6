/**
 * Data that the page reads: MNIST from its own folder or from within its file, and the reader's own files.
 */
import * as E from 'fp-ts/lib/Either.js'
import { decodeImages, decodeLabels, type Images } from '../../data/idx.ts'
import { digitImage } from '../../image/ink.ts'
import { luma, type GreyImage } from '../../image/grey.ts'
import type { FileRefusal, PageData, PageImages } from './page-messages.ts'

/** The files of MNIST beside the page, which are also the ids of their elements in the offline edition. */
const MNIST_PARTS = ['train-images', 'train-labels', 't10k-images', 't10k-labels'] as const

/** Something that was read, or the first mistake that was found. */
export type Read<A> = E.Either<FileRefusal, A>

const refused = (refusal: FileRefusal): Read<never> => E.left(refusal)

const isGzipped = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** No file of images that the page can train on is larger, unpacked. */
const MOST_BYTES = 100_000_000

/** The bytes of a file that may be gzipped; unpacking stops at a limit. */
const unpacked = async (file: Blob): Promise<Uint8Array> => {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  if (!isGzipped(head)) return new Uint8Array(await file.arrayBuffer())
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > MOST_BYTES) throw new Error('too large')
    pieces.push(value)
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** A part of MNIST: from the file of the page, if it is the offline edition, else from its folder. */
const mnistPart = async (name: string): Promise<Uint8Array> => {
  const inside = document.getElementById(`mnist-${name}`)?.textContent
  if (inside !== undefined) {
    const bytes = Uint8Array.from(atob(inside), character => character.charCodeAt(0))
    return unpacked(new Blob([bytes]))
  }
  const response = await fetch(`mnist-${name}.gz`)
  if (!response.ok) throw new Error(String(response.status))
  return unpacked(await response.blob())
}

/** MNIST's first images; undefined if they are not there. */
export const loadMnist = async (): Promise<PageData | undefined> => {
  try {
    const [images, labels, testImages, testLabels] = await Promise.all(MNIST_PARTS.map(mnistPart))
    const training = imagesWithLabels('mnist', images!, labels!)
    const test = imagesWithLabels('mnist', testImages!, testLabels!)
    if (E.isLeft(training) || E.isLeft(test)) return undefined
    return {
      name: 'MNIST',
      choice: 'mnist',
      width: training.right.width,
      training: training.right.set,
      test: test.right.set,
    }
  } catch {
    return undefined
  }
}

type Labelled = { readonly width: number; readonly set: PageImages }

const imagesWithLabels = (name: string, images: Uint8Array, labels: Uint8Array): Read<Labelled> => {
  const decoded = decodeImages(name)(images)
  if (E.isLeft(decoded)) return refused({ kind: 'error', file: name, error: decoded.left })
  const classes = decodeLabels(name)(labels)
  if (E.isLeft(classes)) return refused({ kind: 'error', file: name, error: classes.left })
  return labelled(name, decoded.right, classes.right)
}

const labelled = (
  name: string,
  { count, rows, columns, pixels }: Images,
  labels: Uint8Array,
): Read<Labelled> =>
  count !== labels.length
    ? refused({ kind: 'unequal', file: name, images: count, labels: labels.length })
    : E.right({ width: rows * columns, set: { pixels, labels } })

/** The longer side of a photo that is looked at, in pixels. */
const MOST_PHOTO = 1200

/** A picture file in grey; undefined if the browser cannot open it. */
export const greyPhoto = async (file: Blob): Promise<GreyImage | undefined> => {
  try {
    const bitmap = await createImageBitmap(file)
    const scale = Math.min(1, MOST_PHOTO / Math.max(bitmap.width, bitmap.height))
    const size = (side: number): number => Math.max(1, Math.round(scale * side))
    const [width, height] = [size(bitmap.width), size(bitmap.height)]
    const context = new OffscreenCanvas(width, height).getContext('2d')!
    // transparent pixels show white paper
    context.fillStyle = 'white'
    context.fillRect(0, 0, width, height)
    context.drawImage(bitmap, 0, 0, width, height)
    const { data } = context.getImageData(0, 0, width, height)
    return {
      width,
      height,
      pixels: Uint8Array.from({ length: width * height }, (_, i) => Math.round(luma(data, 4 * i))),
    }
  } catch {
    return undefined
  }
}

/** What the reader's files hold: data, or the text of a saved network. */
export type OpenedFiles =
  | { readonly kind: 'data'; readonly data: PageData }
  | { readonly kind: 'network'; readonly name: string; readonly text: string }

/** One in six examples is held back for the test where the files have no test set. */
const HELD_BACK = 6

/** Reads the files that were chosen or dropped together. */
export const readFiles = async (files: readonly File[]): Promise<Read<OpenedFiles>> => {
  const network = files.find(({ name }) => name.endsWith('.json'))
  if (network !== undefined)
    return E.right({ kind: 'network', name: network.name, text: await network.text() })
  const pictures = files.filter(({ type }) => type.startsWith('image/'))
  return pictures.length > 0 ? readPictures(pictures) : readIdx(files)
}

/** Pictures whose names begin with their digit. */
const readPictures = async (files: readonly File[]): Promise<Read<OpenedFiles>> => {
  const side = 28
  const pixels = new Uint8Array(files.length * side * side)
  const labels = new Uint8Array(files.length)
  for (const [i, file] of files.entries()) {
    const [, digit] = /^(\d)(?!\d)/.exec(file.name) ?? []
    if (digit === undefined) return refused({ kind: 'no-digit-in-name', file: file.name })
    const photo = await greyPhoto(file)
    if (photo === undefined) return refused({ kind: 'no-picture', file: file.name })
    const image = digitImage(file.name, side)(photo)
    if (E.isLeft(image)) return refused({ kind: 'error', file: file.name, error: image.left })
    pixels.set(image.right.pixels, i * side * side)
    labels[i] = Number(digit)
  }
  return split(`${files.length} pictures`, { width: side * side, set: { pixels, labels } })
}

const readIdx = async (files: readonly File[]): Promise<Read<OpenedFiles>> => {
  const images: { readonly name: string; readonly images: Images }[] = []
  const labels: { readonly name: string; readonly labels: Uint8Array }[] = []
  for (const file of files) {
    let bytes: Uint8Array
    try {
      bytes = await unpacked(file)
    } catch {
      return refused({ kind: 'damaged', file: file.name })
    }
    const asImages = decodeImages(file.name)(bytes)
    const asLabels = decodeLabels(file.name)(bytes)
    if (E.isRight(asImages)) images.push({ name: file.name, images: asImages.right })
    else if (E.isRight(asLabels)) labels.push({ name: file.name, labels: asLabels.right })
    else return refused({ kind: 'error', file: file.name, error: asImages.left })
  }
  // the files of a test set are named t10k or test
  const isTest = ({ name }: { readonly name: string }): boolean => /t10k|test/i.test(name)
  const pick = (ofTest: boolean): Read<Labelled> | undefined => {
    const found = images.find(each => isTest(each) === ofTest)
    const classes = labels.find(each => isTest(each) === ofTest)
    if (found === undefined && classes === undefined) return undefined
    if (found === undefined || classes === undefined)
      return refused({ kind: 'unpaired', file: (found ?? classes)!.name })
    return labelled(found.name, found.images, classes.labels)
  }
  const training = pick(false) ?? pick(true)
  if (training === undefined) return refused({ kind: 'no-images' })
  if (E.isLeft(training)) return training
  const test = pick(true)
  const name = images.find(each => !isTest(each))?.name ?? 'IDX'
  if (test === undefined || pick(false) === undefined) return split(name, training.right)
  if (E.isLeft(test)) return test
  if (test.right.width !== training.right.width) return refused({ kind: 'other-size', file: name })
  return E.right({
    kind: 'data',
    data: {
      name,
      choice: 'FOLDER',
      width: training.right.width,
      training: training.right.set,
      test: test.right.set,
    },
  })
}

/** Holds back the last examples for the test. */
const split = (name: string, { width, set: { pixels, labels } }: Labelled): Read<OpenedFiles> => {
  const held = Math.max(1, Math.floor(labels.length / HELD_BACK))
  const from = labels.length - held
  if (from < 1) return refused({ kind: 'too-few', file: name })
  return E.right({
    kind: 'data',
    data: {
      name,
      choice: 'FOLDER',
      width,
      training: { pixels: pixels.subarray(0, from * width), labels: labels.subarray(0, from) },
      test: { pixels: pixels.subarray(from * width), labels: labels.subarray(from) },
    },
  })
}
