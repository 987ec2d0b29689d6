/**
 * What a training takes: the seconds from the command to the line of its first epoch, and its peak memory. The default
 * training, one of five copies of the data (250,000 images of MNIST), and --help.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sliceExamples, type Dataset, type Examples } from '../src/data/dataset.ts'
import { encodeImages, encodeLabels } from '../src/data/idx.ts'
import { mnist } from '../src/data/mnist.ts'
import { root } from './package.mjs'
import { median } from './timing.ts'

const ROUNDS = 5

const COPIES = 5

/** Node runs this first in the process of the training. */
const REPORT =
  "process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + '\\n'))"

/** The seconds to the line that is waited for, and to the end. */
type Measured = { readonly seconds: number; readonly all: number; readonly megabytes: number }

/** @param sign what the line that is waited for contains */
const measured = async (sign: string, args: readonly string[]): Promise<Measured> => {
  const began = performance.now()
  const child = spawn(
    process.execPath,
    [
      ...['--import', `data:text/javascript,${encodeURIComponent(REPORT)}`],
      ...[join(root, 'scripts', 'run.mjs'), 'train', ...args],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let [seconds, out, errors] = [NaN, '', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    if (Number.isNaN(seconds) && out.includes(sign)) seconds = (performance.now() - began) / 1000
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const [code] = (await once(child, 'close')) as [number | null]
  const peak = /^peak (\d+)$/m.exec(errors)?.[1]
  if (code !== 0 || peak === undefined) throw new Error(errors)
  const all = (performance.now() - began) / 1000
  return { seconds, all, megabytes: (Number(peak) * 1024) / 1e6 }
}

const trained = (...flags: readonly string[]): Promise<Measured> =>
  measured('"event":"epoch"', ['--json', '--out', 'none', ...flags])

const labelsIn = ({ desired }: Examples): Uint8Array => {
  if (desired.kind !== 'labels') throw new Error('the data have targets instead of labels')
  return desired.labels
}

const bytesIn = ({ inputs }: Examples): Uint8Array => {
  if (inputs.kind !== 'bytes') throw new Error('the inputs are no bytes')
  return inputs.bytes
}

/** Writes a data set whose training set is that of another one, five times. */
const writeCopies = (folder: string, { training, validation, test }: Dataset): void => {
  const whole = validation === undefined ? [training] : [training, validation]
  const copies = Array.from({ length: COPIES }, () => whole).flat()
  // one image less than MNIST's: a folder with a file of MNIST must have all four
  const tested = sliceExamples(0, (test?.size ?? 1) - 1)(test ?? training)
  mkdirSync(folder)
  const write = (images: string, labels: string, sets: readonly Examples[]): void => {
    const pixels = Buffer.concat(sets.map(bytesIn))
    const count = sets.reduce((sum, { size }) => sum + size, 0)
    const columns = training.inputs.width
    writeFileSync(join(folder, images), encodeImages({ count, rows: 1, columns, pixels }))
    writeFileSync(join(folder, labels), encodeLabels(Buffer.concat(sets.map(labelsIn))))
  }
  write(mnist.trainImages.name, mnist.trainLabels.name, copies)
  write(mnist.testImages.name, mnist.testLabels.name, [tested])
}

const show = (name: string, all: readonly Measured[]): void => {
  const seconds = median(all.map(({ seconds }) => seconds))
  const megabytes = Math.max(...all.map(({ megabytes }) => megabytes))
  console.log(`  ${name.padEnd(30)} ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB`)
}

/** What the monitors of the default training add, where they run beside the next epoch and where they do not. */
const WHOLE = [
  ['with its monitors', []],
  ['its monitors on the same core', ['--threads', '1']],
  ['without monitors', ['--monitor', 'none', '--threads', '1']],
] as const

const showWhole = async (folder: string): Promise<void> => {
  const rounds: (readonly number[])[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const seconds: number[] = []
    for (const [name, flags] of WHOLE) {
      const out = join(folder, `${name} ${i}`)
      seconds.push((await measured('Saved', [...flags, '--out', out])).all)
    }
    rounds.push(seconds)
  }
  WHOLE.forEach(([name], i) => {
    const seconds = rounds.map(round => round[i]!)
    const share = median(rounds.map(round => round[i]! / round[0]!))
    console.log(
      `  ${name.padEnd(30)} ${Math.min(...seconds).toFixed(2)} s, median ${median(seconds).toFixed(2)}, ${share.toFixed(2)} x the first`,
    )
  })
}

export const startTitle = 'seconds to the first epoch, and peak memory'

export const benchStart = async (dataset: Dataset): Promise<void> => {
  console.log(`\n${startTitle}`)
  const folder = mkdtempSync(join(tmpdir(), 'network2-bench-'))
  try {
    const rounds: Measured[] = []
    const helped: Measured[] = []
    for (let i = 0; i < ROUNDS; i++) {
      helped.push(await measured('Usage:', ['--help']))
      rounds.push(await trained('--epochs', '1'))
    }
    show('--help', helped)
    show('the default training, 1 epoch', rounds)
    show('the default training', [await trained()])
    console.log('  the whole command, 30 epochs, saved:')
    await showWhole(folder)
    const data = join(folder, 'copies')
    writeCopies(data, dataset)
    const images = COPIES * dataset.training.size
    show(`${images} images, 1 epoch`, [await trained('--data', data, '--epochs', '1')])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
