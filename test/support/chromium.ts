/**
 * Chromium without a window, driven over a pipe by its DevTools protocol.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { chromiumPath } from './chromium-path.ts'
import { need } from './needs.ts'

/** A Chromium on this machine. */
export const chromium = need(chromiumPath !== undefined, 'Chromium is not installed')

/** Its program. */
export const CHROMIUM = chromiumPath ?? 'chromium'

/** The flags of a headless browser without a sandbox and without background requests. */
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--hide-scrollbars'],
]

type Params = Readonly<Record<string, unknown>>

export type Tab = {
  /** Sends a command of the protocol; rejects with what the browser says against it. */
  readonly send: (method: string, params?: Params) => Promise<Record<string, unknown>>
  /** The value of an expression in the page, awaited if it is a promise. */
  readonly evaluate: (expression: string) => Promise<unknown>
  /** Opens a file, and resolves when it is loaded: with the addresses of all that was asked for. */
  readonly open: (file: string) => Promise<readonly string[]>
}

type Message = {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly request?: { readonly url: string } }
  readonly result?: Record<string, unknown>
  readonly error?: { readonly message: string }
}

export type Browser = { readonly tab: Tab; readonly close: () => Promise<void> }

/** Starts a browser with one tab, in a temporary profile. */
export const startChromium = async (): Promise<Browser> => {
  const profile = mkdtempSync(join(tmpdir(), 'network2-test-'))
  const child = spawn(CHROMIUM, [...FLAGS, `--user-data-dir=${profile}`, '--remote-debugging-pipe'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>(resolve => child.on('close', () => resolve()))
  const [, , , to, from] = child.stdio as unknown as [null, null, null, Writable, Readable]
  const send = sender(to, from, ended)
  return {
    tab: await openTab(send),
    close: async () => {
      // closed, not killed: its own children must be gone before their folder goes
      await send('Browser.close')
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

type Send = ((method: string, params?: Params, sessionId?: unknown) => Promise<Record<string, unknown>>) & {
  readonly listeners: Set<(message: Message) => void>
}

/** Commands and answers through the pipes, each a JSON text that ends with NUL. */
const sender = (to: Writable, from: Readable, ended: Promise<void>): Send => {
  const waiting = new Map<number, (message: Message) => void>()
  const listeners = new Set<(message: Message) => void>()
  let rest = ''
  from.setEncoding('utf8').on('data', (chunk: string) => {
    const [last = '', ...whole] = (rest + chunk).split('\0').toReversed()
    rest = last
    for (const text of whole.toReversed()) {
      const message = JSON.parse(text) as Message
      if (message.id === undefined) for (const listener of listeners) listener(message)
      else waiting.get(message.id)?.(message)
    }
  })
  void ended.then(() => {
    for (const answer of waiting.values()) answer({ error: { message: 'the browser has ended' } })
  })

  let count = 0
  const send = (method: string, params: Params = {}, sessionId?: unknown): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const id = ++count
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id)
        if (error === undefined) resolve(result ?? {})
        else reject(new Error(`${method}: ${error.message}`))
      })
      to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
  return Object.assign(send, { listeners })
}

const openTab = async (send: Send): Promise<Tab> => {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
  const inTab: Tab['send'] = (method, params) => send(method, params, sessionId)
  await inTab('Page.enable')
  await inTab('Network.enable')
  return {
    send: inTab,
    evaluate: async expression => {
      const { result, exceptionDetails } = await inTab('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
      })
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
      return (result as { readonly value?: unknown }).value
    },
    open: async file => {
      const asked: string[] = []
      await new Promise<void>((resolve, reject) => {
        const listener = ({ method, params }: Message): void => {
          if (method === 'Network.requestWillBeSent') asked.push(params?.request?.url ?? '')
          if (method !== 'Page.loadEventFired') return
          send.listeners.delete(listener)
          resolve()
        }
        send.listeners.add(listener)
        inTab('Page.navigate', { url: `file://${file}` }).catch(reject)
      })
      return asked
    },
  }
}

/** Sets the width of the window, in pixels, and the colour scheme that the reader prefers. */
export const look = (tab: Tab, scheme: 'light' | 'dark', width: number): Promise<unknown> =>
  Promise.all([
    tab.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] }),
    tab.send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height: 800, deviceScaleFactor: 1, mobile: width < 500 },
    }),
  ])

/**
 * What axe holds against the page, if it is serious: the rule, and the elements.
 *
 * @param within a selector of the part of the page to look at
 */
export const findings = async (tab: Tab, within = 'html'): Promise<unknown> => {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await tab.evaluate(`${axe}; undefined`)
  return tab.evaluate(`axe.run('${within}').then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html, failureSummary }) => html + failureSummary)]))`)
}
