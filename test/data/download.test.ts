import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { download, patience, type Download } from '../../src/data/download.ts'
import { mnist, readFolder, fileRoles } from '../../src/data/mnist.ts'
import type { LoadProgress } from '../../src/data/progress.ts'
import { dataError, labelsOf, madeFour, madeKnown, nobody, right, serve, temporary } from './made.ts'

const four = madeFour(600, 100)
const known = madeKnown(four)
const files = new Map(fileRoles.map(role => [`/${mnist[role].name}.gz`, gzipSync(four[role])]))

/** A mirror of the made files; it records the requested paths. */
const mirror =
  (asked: string[] = []): RequestListener =>
  (request, response) => {
    asked.push(request.url ?? '')
    const body = files.get(request.url ?? '')
    response.writeHead(body === undefined ? 404 : 200, { 'content-length': body?.length ?? 0 }).end(body)
  }

const endless = (): Readable =>
  Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(1000)
    })(),
  )

/** The result of a download, its messages, and the files in its folder. */
const attempt = async (mirrors: ReadonlyArray<string>, changed: Partial<Download> = {}) => {
  const folder = changed.folder ?? join(await temporary(), 'data', 'mnist')
  const notices: string[] = []
  const progress: LoadProgress[] = []
  const started = performance.now()
  const result = await download({
    folder,
    mirrors,
    patience: { ...patience, ...changed.patience },
    known,
    onNotice: line => notices.push(line),
    onProgress: step => progress.push(step),
    signal: changed.signal ?? new AbortController().signal,
    env: changed.env ?? {},
  })()
  const seconds = (performance.now() - started) / 1000
  return { folder, notices, progress, result, seconds, left: await readdir(folder).catch(() => []) }
}

const names = fileRoles.map(role => mnist[role].name).sort()

test('four files are downloaded, checked, and kept unpacked, without other files', async () => {
  const { result, folder, left, notices } = await attempt([await serve(mirror())])
  const found = right(result)
  expect(found).toMatchObject({ name: 'MNIST', source: folder })
  expect([found.training.size, found.validation?.size, found.test?.size]).toEqual([500, 100, 100])
  expect(labelsOf(found, 'training').slice(0, 5)).toEqual([5, 0, 4, 1, 9])
  expect(left.sort()).toEqual(names)
  expect(Buffer.compare(await readFile(join(folder, mnist.trainImages.name)), four.trainImages)).toBe(0)
  expect(right(await readFolder(folder, 'must be MNIST', known)()).training.size).toBe(500)
  expect(notices).toEqual([])
})

test('progress ends at the size of each file', async () => {
  const { progress } = await attempt([await serve(mirror())])
  for (const role of fileRoles) {
    const what = `downloading ${mnist[role].name}`
    const size = files.get(`/${mnist[role].name}.gz`)?.length
    expect(progress.filter(step => step.what === what).at(-1)).toEqual({ what, done: size, of: size })
  }
  expect(progress.every(({ done, of }) => done > 0 && done <= of)).toBe(true)
})

test('existing files are not fetched again, unless they are damaged', async () => {
  const folder = await temporary()
  await writeFile(join(folder, mnist.trainImages.name), four.trainImages)
  await writeFile(
    join(folder, mnist.testImages.name),
    four.testImages.map(byte => byte ^ 1),
  )
  const asked: string[] = []
  right((await attempt([await serve(mirror(asked))], { folder })).result)
  expect(asked.sort()).toEqual(
    names.filter(name => name !== mnist.trainImages.name).map(name => `/${name}.gz`),
  )
})

test('redirects are followed: five of them, not endless ones, and to no file', async () => {
  const end = await serve(mirror())
  const hop = await serve((request, response) => {
    const left = Number(new URL(request.url ?? '', 'http://x').searchParams.get('left') ?? 4)
    const path = (request.url ?? '').split('?')[0] ?? ''
    const to = left > 0 ? `${path}?left=${left - 1}` : `${end.slice(0, -1)}${path}`
    response.writeHead(302, { location: to }).end('<html>moved</html>')
  })
  expect(right((await attempt([hop])).result).training.size).toBe(500)
  const round = await serve((request, response) => response.writeHead(301, { location: request.url }).end())
  expect(dataError((await attempt([round])).result)).toContain('redirect count exceeded')
  const away = await serve((_, response) => response.writeHead(301, { location: 'file:///etc/passwd' }).end())
  expect(dataError((await attempt([away])).result)).toContain('URL scheme must be a HTTP(S) scheme')
})

describe('what a mirror may do wrong', () => {
  const labels = gzipSync(four.testLabels)
  const wrong: ReadonlyArray<readonly [what: string, answer: RequestListener, why: string]> = [
    ['404', (_, response) => response.writeHead(404).end('no'), 'HTTP status 404'],
    ['403 with a page', (_, response) => response.writeHead(403).end('<html>'), 'HTTP status 403'],
    ['500', (_, response) => response.writeHead(500).end(), 'HTTP status 500'],
    ['204', (_, response) => response.writeHead(204).end(), 'HTTP status 204'],
    [
      'a page',
      (_, response) => response.end('<!DOCTYPE html><p>Log in'),
      'sent an HTML page instead of gzip',
    ],
    ['nothing', (_, response) => response.end(), 'SHA-256'],
    ['a cut file', (_, response) => response.end(labels.subarray(0, -20)), 'the gzip file is cut'],
    [
      'a cut body',
      (_, response) => {
        response
          .writeHead(200, { 'content-length': labels.length })
          .write(labels.subarray(0, 20), () => response.destroy())
      },
      'the connection broke after 20 bytes',
    ],
    [
      'another file',
      (_, response) => response.end(gzipSync(four.testLabels.map((byte, i) => (i === 50 ? byte ^ 1 : byte)))),
      `expected ${known.testLabels.sum}`,
    ],
    [
      'two members',
      (_, response) => response.end(Buffer.concat([labels, labels])),
      'unpacks to more than the 108 bytes',
    ],
    [
      'a bomb',
      (_, response) => response.end(gzipSync(new Uint8Array(50_000))),
      'unpacks to more than the 108 bytes',
    ],
    [
      'a long file, said in its header',
      (_, response) => response.writeHead(200, { 'content-length': 1e12 }).write('x'),
      'sent 1,000,000,000,000 bytes or more, at most 1,133 expected',
    ],
    [
      'a file without end',
      // a write after the end of the connection calls back at once for ever; a pipeline ends with the connection
      (_, response) => void pipeline(endless(), response).catch(() => undefined),
      'at most 1,133 expected',
    ],
    ['a closed connection', request => request.socket.destroy(), 'other side closed'],
  ]

  test.each(wrong)('%s: an error, and no file is left', async (_, answer, why) => {
    const address = await serve(answer)
    const { result, left, seconds } = await attempt([address])
    const message = dataError(result)
    expect(message).toContain(`Tried ${address}: `)
    expect(message).toContain(why)
    expect(left).toEqual([])
    expect(seconds).toBeLessThan(3)
  })

  test('one that is not there', async () => {
    const address = await nobody()
    const { result } = await attempt([address])
    const { host } = new URL(address)
    expect(dataError(result)).toBe(
      `MNIST could not be downloaded. Tried ${address}: connect ECONNREFUSED ${host}`,
    )
    expect(E.isLeft(result) && result.left.remedy).not.toContain('PROXY')
  })

  test('one that is not there, with a proxy set, which Node does not use by default', async () => {
    const { result } = await attempt([await nobody()], { env: { https_proxy: 'http://proxy:3128' } })
    expect(E.isLeft(result) && result.left.remedy).toMatch(
      /; https_proxy is set: Node.js 24 or later uses it with NODE_USE_ENV_PROXY=1, older versions do not$/,
    )
  })

  test('an invalid address', async () => {
    expect(dataError((await attempt(['nonsense'])).result)).toContain('Tried nonsense: Invalid URL')
  })

  test('the connection is closed after a failure, not at some later time', { timeout: 5_000 }, async () => {
    let closed: Promise<unknown> | undefined
    const endless = await serve((_, response) => {
      closed = once(response, 'close')
      response.writeHead(404).write('no')
    })
    expect(dataError((await attempt([endless])).result)).toContain('HTTP status 404')
    await closed
  })

  test('one that never answers', async () => {
    const silent = await serve(() => undefined)
    const { result, seconds } = await attempt([silent], { patience: { ...patience, answerMs: 150 } })
    expect(dataError(result)).toContain('no answer within 0.15 s')
    expect(seconds).toBeLessThan(2)
  })

  test('one that stops in the middle', async () => {
    const stuck = await serve((_, response) => void response.writeHead(200).write('123'))
    const { result, seconds } = await attempt([stuck], { patience: { ...patience, pauseMs: 150 } })
    expect(dataError(result)).toContain('fell silent after 3 bytes')
    expect(seconds).toBeLessThan(2)
  })

  test('one that sends very slowly', async () => {
    const drip = await serve((_, response) => {
      const timer = setInterval(() => response.write('1'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const { result, seconds } = await attempt([drip], { patience: { ...patience, totalMs: 300 } })
    expect(dataError(result)).toContain('not done after 0.3 s')
    expect(seconds).toBeLessThan(2)
  })
})

test('when stopped, no other mirror is asked', async () => {
  const stopping = new AbortController()
  const asked: string[] = []
  const silent = await serve(() => stopping.abort())
  const { result, seconds, left } = await attempt([silent, await serve(mirror(asked))], stopping)
  expect(dataError(result)).toContain(`${silent}: stopped`)
  expect(seconds).toBeLessThan(2)
  expect([asked, left]).toEqual([[], []])
})

test('the next mirror continues where one failed', async () => {
  const [first, second]: [string[], string[]] = [[], []]
  const half = await serve((request, response) => {
    if (request.url?.includes('labels') === true) mirror(first)(request, response)
    else response.writeHead(503).end()
  })
  const gone = await nobody()
  const whole = await serve(mirror(second))
  right((await attempt([gone, half, whole])).result)
  expect(first).toHaveLength(2)
  expect(second.sort()).toEqual(names.filter(name => name.includes('images')).map(name => `/${name}.gz`))
})

test('the error lists the failure of every mirror', async () => {
  const [gone, page] = [await nobody(), await serve((_, response) => response.end('<html>'))]
  expect(dataError((await attempt([gone, page])).result)).toBe(
    `MNIST could not be downloaded. Tried ${gone}: connect ECONNREFUSED ${new URL(gone).host}; ${page}: sent an HTML page instead of gzip`,
  )
})

test('if the folder cannot be written, the data is used and a notice says so', async () => {
  const file = join(await temporary(), 'file')
  await writeFile(file, 'in the way')
  const { result, notices } = await attempt([await serve(mirror())], { folder: join(file, 'mnist') })
  expect(right(result).training.size).toBe(500)
  expect(notices).toHaveLength(4)
  expect(notices[0]).toContain('t10k-labels-idx1-ubyte is not kept for the next run')
  expect(await readFile(file, 'utf8')).toBe('in the way')
})

test('a leftover of a killed download does not matter', async () => {
  const folder = await temporary()
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${mnist.trainImages.name}.3948573`), four.trainImages.subarray(0, 99))
  right((await attempt([await serve(mirror())], { folder })).result)
  expect(right(await readFolder(folder, 'must be MNIST', known)()).training.size).toBe(500)
})
