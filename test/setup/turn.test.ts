import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { owned } from '../support/children.ts'
import { linux, need } from '../support/needs.ts'

const superuser = need(process.getuid?.() === 0, 'only root can give a folder to another user')

const turn = new URL('../../scripts/turn.mjs', import.meta.url).href

let home: string

beforeEach(() => {
  // macOS has a temporary folder whose path is too long for sockets
  home = mkdtempSync('/tmp/network2-turn-')
})

afterEach(() => rmSync(home, { recursive: true }))

const locks = (): string => join(home, '.cache', 'network2', 'locks')

type Ended = { readonly code: number | null; readonly out: string }

/** Runs a script that has `inTurn` and the functions of `node:fs`, as a separate process. */
const script = (body: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise(resolve => {
    const text = `import { inTurn } from ${JSON.stringify(turn)}
      import * as fs from 'node:fs'
      ${body}`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
      env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    owned(child)
    let out = ''
    child.stdout.on('data', chunk => (out += String(chunk)))
    child.on('close', code => resolve({ code, out }))
  })

/** Enters the lock many times, and fails if another process is inside: the file would exist already. */
const OFTEN = `
  for (let i = 0; i < 40; i++)
    await inTurn('work', () => undefined, async () => {
      fs.writeFileSync(process.env.INSIDE, '', { flag: 'wx' })
      await new Promise(setImmediate)
      fs.rmSync(process.env.INSIDE)
      // some processes die inside, and must not keep the lock
      if (i === Number(process.env.DIES_AT)) process.kill(process.pid, 'SIGKILL')
    })`

describe('a turn', () => {
  it('is had by one process at a time, also while others are killed', async () => {
    const INSIDE = join(home, 'inside')
    const ended = await Promise.all(['-1', '5', '-1', '9'].map(DIES_AT => script(OFTEN, { INSIDE, DIES_AT })))
    expect(ended.map(({ code }) => code)).toEqual([0, null, 0, null])
  })

  it('is kept in a folder that only this user can enter', async () => {
    mkdirSync(locks(), { recursive: true })
    chmodSync(locks(), 0o777)
    await script(`await inTurn('work', () => undefined, async () => undefined)`)
    expect(statSync(locks()).mode & 0o777).toBe(0o700)
  })

  it.skipIf(superuser.isMissing)('does not use a folder of another user', superuser.why, async () => {
    mkdirSync(locks(), { recursive: true })
    chownSync(locks(), 12345, 12345)
    const held = `await inTurn('work', () => undefined, async () =>
      console.log(fs.readdirSync(process.env.HOME + '/network2-0', { recursive: true }).length))`
    expect(await script(held)).toEqual({ code: 0, out: '3\n' })
    expect(statSync(join(home, 'network2-0')).mode & 0o777).toBe(0o700)
    chownSync(join(home, 'network2-0'), 12345, 12345)
    const unlocked = `await inTurn('work', () => undefined, async () => console.log('done'))`
    expect(await script(unlocked)).toEqual({ code: 0, out: 'done\n' })
  })

  it('uses the temporary folder where the path of the home folder is too long for a socket', async () => {
    const done = `await inTurn('work', () => undefined, async () =>
      console.log(fs.readdirSync(process.env.TMPDIR).join()))`
    const { out } = await script(done, { HOME: join(home, 'x'.repeat(80)) })
    expect(out).toBe(`network2-${process.geteuid?.()}\n`)
  })

  it('works without a lock where the folder cannot be made', async () => {
    const missing = '/proc/nowhere'
    const env = { HOME: missing, TMPDIR: missing }
    const done = `await inTurn('work', () => console.log('waits'), async () => console.log('done'))`
    expect(await script(done, env)).toEqual({ code: 0, out: 'done\n' })
  })

  it.skipIf(linux.isMissing)('does not wait for a socket whose name can be guessed', linux.why, async () => {
    const id = createHash('sha256').update('work').digest('hex').slice(0, 20)
    const server = await new Promise<Server>(resolve => {
      const listening = createServer().listen(`\0network2-${id}`, () => resolve(listening))
    })
    const done = `await inTurn('work', () => process.exit(9), async () => console.log('done'))`
    expect(await script(done)).toEqual({ code: 0, out: 'done\n' })
    server.close()
  })
})
