import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli, inFolder, start, type Result } from '../support/cli.ts'
import { PASSWORD, redisServer, withRedis } from '../support/redis.ts'
import { journalOf, smallStudy, writeClouds } from '../support/studies.ts'

const SHORT = { epochs: 1, budget: 6, seeds: 1 }

/** All that was said and kept has no password. */
const expectSecrecy = async (said: readonly Result[], folder: string): Promise<void> => {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const kept = await Promise.all(
    files
      .filter(file => file.isFile())
      .map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
  )
  const all = [...kept, ...said.flatMap(({ out, err }) => [out, err])].join('\n')
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD)]) expect(all).not.toContain(secret)
}

describe.skipIf(redisServer.isMissing)('a study over a queue', redisServer.why, () => {
  it('comes to the same journal, though a worker has other data, and another is killed', () =>
    withRedis(({ url }) =>
      inFolder(async folder => {
        const data = await writeClouds(folder)
        const [whole, queued] = [join(folder, 'whole'), join(folder, 'queued')]
        await cli(smallStudy(data, whole, SHORT))
        const parent = start(smallStudy(data, queued, SHORT), { NETWORK2_QUEUE: url })

        // its data has another fingerprint: it is given nothing
        const stranger = start(['worker', '--queue', url, '--data', await writeClouds(folder, 7)])
        await stranger.said('Doing the trials on clouds-7.json')

        const worker = ['worker', '--queue', url, '--jobs', '1', '--patience', '1', '--data', data]
        const victim = start(worker)
        await victim.said('on the validation set')
        victim.signal('SIGKILL')
        const other = start(worker)
        const ended = await parent.result
        expect(ended.err).toContain('redis://***@127.0.0.1')
        expect(ended.code).toBe(0)
        for (const one of [other, stranger]) one.signal('SIGINT')
        const { code, ...said } = await other.result
        expect(code).toBe(130)
        const { code: idle, ...nothing } = await stranger.result
        expect(idle).toBe(130)
        expect(nothing.err).not.toContain('on the validation set')
        expect(await journalOf(queued)).toEqual(await journalOf(whole))
        await expectSecrecy([ended, await stranger.result, await victim.result, { code, ...said }], folder)
      }),
    ))
})
