/** Small data sets in MNIST's form, folders that are removed after the test, and a web server on this machine. */
import * as E from 'fp-ts/lib/Either.js'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { Dataset } from '../../src/data/dataset.ts'
import { encodeImages, encodeLabels } from '../../src/data/idx.ts'
import { mnist, fileRoles, sha256, type MnistFiles, type KnownFiles } from '../../src/data/mnist.ts'
import type { AppError } from '../../src/errors.ts'

/** Bytes that look random and are always the same. */
const noise = (count: number, below: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + seed, 0x9e3779b1) >>> 13) % below)

/** Four unpacked IDX files: images of 4 x 3, in the given number; the first training labels are 5, 0, 4, 1, 9. */
export const madeFour = (train = 12, test = 5): MnistFiles<Uint8Array> => {
  const images = (count: number, seed: number): Uint8Array =>
    encodeImages({ count, rows: 4, columns: 3, pixels: noise(count * 12, 256, seed) })
  const labels = (count: number, first: ReadonlyArray<number>): Uint8Array =>
    encodeLabels(Uint8Array.from({ length: count }, (_, i) => first[i] ?? (i * 7) % 10))
  return {
    trainImages: images(train, 1),
    trainLabels: labels(train, [5, 0, 4, 1, 9]),
    testImages: images(test, 2),
    testLabels: labels(test, [7, 2, 1, 0, 4]),
  }
}

/** The names, sizes and sums of these files, to stand in for MNIST's. */
export const madeKnown = (four: MnistFiles<Uint8Array>): KnownFiles => {
  const known = (role: keyof KnownFiles) => ({
    name: mnist[role].name,
    bytes: four[role].length,
    sum: sha256(four[role]),
  })
  return {
    trainImages: known('trainImages'),
    trainLabels: known('trainLabels'),
    testImages: known('testImages'),
    testLabels: known('testLabels'),
  }
}

/** An empty folder, removed when the test ends. */
export const temporary = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'network2-data-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes the four files into a folder, by default under MNIST's names. */
export const writeFour = async (
  folder: string,
  four: MnistFiles<Uint8Array>,
  { gzip = false, rename = (name: string) => name } = {},
): Promise<string> => {
  await mkdir(folder, { recursive: true })
  for (const role of fileRoles) {
    const name = rename(mnist[role].name)
    await writeFile(join(folder, gzip ? `${name}.gz` : name), gzip ? gzipSync(four[role]) : four[role])
  }
  return folder
}

/** The address, with a final slash, of a server with this listener. */
export const serve = async (answer: http.RequestListener): Promise<string> => {
  const server = http.createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** An address without a server. */
export const nobody = async (): Promise<string> => {
  const server = http.createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return `http://127.0.0.1:${port}/`
}

/** The right side; a left one fails the test with its message. */
export const right = <T>(result: E.Either<AppError, T>): T => {
  if (E.isLeft(result)) throw new Error(`${result.left.message} (${result.left.remedy})`)
  return result.right
}

/** The message of a data error; any other result fails the test. */
export const dataError = (result: E.Either<AppError, unknown>): string => {
  if (E.isRight(result)) throw new Error('there is no error')
  if (result.left._tag !== 'Data') throw new Error(`a ${result.left._tag} error: ${result.left.message}`)
  if (result.left.remedy === '') throw new Error('no remedy')
  return result.left.message
}

/** The labels of a part. */
export const labelsOf = (
  dataset: Dataset,
  part: 'training' | 'validation' | 'test',
): ReadonlyArray<number> => {
  const desired = dataset[part]?.desired
  return desired?.kind === 'labels' ? [...desired.labels] : []
}
