/**
 * A machine to try the set-up on: a checkout, a cache, and a folder of programs that stand in for pip and the
 * compiler. Everything lies in one temporary folder.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const u16 = (n: number): Buffer => Buffer.from(Uint16Array.of(n).buffer)
const u32 = (n: number): Buffer => Buffer.from(Uint32Array.of(n).buffer)

/** A zip archive whose members are stored as they are (PKWARE's APPNOTE, 4.3). */
const zip = (members: Readonly<Record<string, string>>): Buffer => {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  for (const [name, text] of Object.entries(members)) {
    const body = Buffer.from(text)
    const sizes = [u32(0), u32(body.length), u32(body.length), u16(name.length), u16(0)]
    const offset = Buffer.concat(locals).length
    locals.push(u32(0x04034b50), u16(20), u16(0), u16(0), u32(0), ...sizes, Buffer.from(name), body)
    const header = [u32(0x02014b50), u16(20), u16(20), u16(0), u16(0), u32(0), ...sizes]
    central.push(...header, u16(0), u16(0), u16(0), u32(0), u32(offset), Buffer.from(name))
  }
  const body = Buffer.concat(locals)
  const index = Buffer.concat(central)
  const count = u16(Object.keys(members).length)
  const end = [u32(0x06054b50), u16(0), u16(0), count, count, u32(index.length), u32(body.length), u16(0)]
  return Buffer.concat([body, index, ...end])
}

const WHEEL = zip({
  'tensorflow/libtensorflow_cc.so.2': 'the library',
  'tensorflow/libtensorflow_framework.so.2': 'its other half',
  'tensorflow/libtensorflow_cc.so.2.map': 'not needed',
  'tensorflow/include/tensorflow/c/c_api.h': 'a header',
  'tensorflow/include/tensorflow/core/platform/ctstring.h': 'a header',
  'tensorflow/include/tensorflow/core/graph/graph.h': 'not needed',
  'tensorflow/python/keras.py': 'not needed',
})

/** Every program starts thus: it sees the usual tools, and answers that it is there. */
const PREAMBLE = `#!/bin/sh
PATH=/usr/bin:/bin
case "$*" in *--version) exit 0;; esac
last() { for last; do :; done; printf %s "$last"; }
after() { while [ "$1" != --dest ]; do shift; done; printf %s "$2"; }
`

export type Driven = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly state: Readonly<Record<string, string>> | undefined
  readonly stderr: string
}

const drive = fileURLToPath(new URL('drive.mjs', import.meta.url))

export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'network2-setup-'))
  readonly bin = join(this.folder, 'bin')
  readonly wheel = join(this.folder, 'wheel.whl')
  readonly log = join(this.folder, 'log')
  cache = join(this.folder, 'cache')

  constructor() {
    mkdirSync(this.bin)
    writeFileSync(this.wheel, WHEEL)
    writeFileSync(this.log, '')
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** A program on the path. Its body sees $WHEEL, $LOG, and the functions `last` and `after`. */
  program(name: string, body: string): void {
    const file = join(this.bin, name)
    writeFileSync(file, `${PREAMBLE}WHEEL='${this.wheel}' LOG='${this.log}'\n${body}\n`)
    chmodSync(file, 0o755)
  }

  /** A pip that has the wheel. */
  pip(body = 'cp "$WHEEL" "$(after "$@")/tensorflow_cpu.whl"'): void {
    this.program('python3', `echo "pip $*" >> "$LOG"\n${body}`)
  }

  /** A compiler that builds an addon. */
  compiler(body = 'echo built > "$(last "$@")"'): void {
    this.program('c++', `echo "compile" >> "$LOG"\n${body}`)
  }

  without(name: string): void {
    rmSync(join(this.bin, name))
  }

  /** A named pipe: who reads from it waits until somebody writes. */
  pipe(name: string): string {
    const path = join(this.folder, name)
    spawnSync('mkfifo', [path])
    return path
  }

  /** What pip and the compiler were asked, in order. */
  asked(): readonly string[] {
    return readFileSync(this.log, 'utf8').split('\n').filter(Boolean)
  }

  checkout(name = 'checkout'): string {
    const root = join(this.folder, name)
    const tfjs = join(root, 'node_modules', '@tensorflow', 'tfjs-node')
    mkdirSync(join(tfjs, 'binding'), { recursive: true })
    writeFileSync(join(tfjs, 'package.json'), '{"version":"4.22.0"}')
    return root
  }

  get env(): NodeJS.ProcessEnv {
    return { PATH: this.bin, NETWORK2_CACHE: this.cache, HOME: this.folder }
  }

  get sha256(): string {
    return createHash('sha256').update(WHEEL).digest('hex')
  }

  /** Everything in the cache, relative to it. */
  cached(): readonly string[] {
    return existsSync(this.cache) ? readdirSync(this.cache, { recursive: true }).map(String).sort() : []
  }

  /** Starts the set-up of a checkout; `line` resolves once it has said so much. */
  start(
    root: string,
    options: { readonly again?: boolean; readonly platform?: string } = {},
  ): {
    readonly child: ChildProcess
    readonly ended: Promise<Driven>
    readonly line: (text: string) => Promise<void>
  } {
    const argument = JSON.stringify({ root, sha256: this.sha256, ...options })
    const child = spawn(process.execPath, [drive, argument], { env: this.env })
    let stdout = ''
    let stderr = ''
    const listeners = new Set<() => void>()
    child.stdout.on('data', text => (stdout += String(text)))
    child.stderr.on('data', text => {
      stderr += String(text)
      for (const listener of listeners) listener()
    })
    const ended = new Promise<Driven>(resolve => {
      child.on('close', (code, signal) => {
        const state = stdout === '' ? undefined : (JSON.parse(stdout) as Driven['state'])
        resolve({ code, signal, state, stderr })
      })
    })
    const line = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stderr.includes(text)) resolve()
        }
        listeners.add(look)
        void ended.then(() => reject(new Error(`it ended without saying "${text}": ${stderr}`)))
        look()
      })
    return { child, ended, line }
  }

  setUp(
    root: string,
    options: { readonly again?: boolean; readonly platform?: string } = {},
  ): Promise<Driven> {
    return this.start(root, options).ended
  }
}

/** The addon's place in a checkout. */
export const addonOf = (root: string): string =>
  join(root, 'node_modules', '@tensorflow', 'tfjs-node', 'lib', 'napi-v8', 'tfjs_binding.node')

export const libraryOf = (root: string): string =>
  join(dirname(dirname(dirname(addonOf(root)))), 'deps', 'lib', 'libtensorflow_cc.so.2')
