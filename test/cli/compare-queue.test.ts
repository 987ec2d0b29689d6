import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli, inFolder, start } from '../support/cli.ts'
import { need } from '../support/needs.ts'
import { PASSWORD, redisServer, withRedis } from '../support/redis.ts'
import { smallStudy, writeClouds } from '../support/studies.ts'

const openssl = need(spawnSync('openssl', ['version']).status === 0, 'openssl is not installed')

const SHORT = { epochs: 1, budget: 6, seeds: 1 }

describe.skipIf(redisServer.isMissing)('a study over a queue', redisServer.why, () => {
  it.skipIf(openssl.isMissing)('works with TLS', openssl.why, () =>
    inFolder(async folder => {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
      execFileSync(
        'openssl',
        [
          ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
          ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert],
        ],
        { stdio: 'ignore' },
      )
      const tls = ['--port', '0', '--tls-port', 'PORT', '--tls-cert-file', cert, '--tls-key-file', key]
      await withRedis(
        async ({ url }) => {
          const env = { NETWORK2_QUEUE: url.replace('redis:', 'rediss:'), NODE_EXTRA_CA_CERTS: cert }
          const data = await writeClouds(folder)
          const worker = start(['worker', '--jobs', '1', '--data', data], env)
          const study = await cli(smallStudy(data, join(folder, 'study'), SHORT), env)
          expect(study.code).toBe(0)
          worker.signal('SIGTERM')
          expect((await worker.result).code).toBe(143)
        },
        PASSWORD,
        [...tls, '--tls-auth-clients', 'no'],
      )
    }),
  )

  it('a refused password ends worker and study with exit code 2; one that is not escaped does not connect', () =>
    withRedis(({ port }) =>
      inFolder(async folder => {
        const data = await writeClouds(folder)
        const commands = [['worker', '--data', data], smallStudy(data, join(folder, 'study'))]
        for (const command of commands)
          for (const [password, words] of [
            ['hunter2', `network2: --queue redis://***@127.0.0.1:${port}: WRONGPASS`],
            ['hunter2@x/y', 'write characters such as @ / ? # % as %40 %2F %3F %23 %25'],
          ] as const) {
            const { code, err, out } = await cli([
              ...command,
              '--queue',
              `redis://:${password}@127.0.0.1:${port}`,
            ])
            expect(code).toBe(2)
            expect(err).toContain(words)
            expect(err + out).not.toContain('hunter2')
          }
      }),
    ))

  it('waits for a Redis that is not there, and can be stopped', () =>
    inFolder(async folder => {
      const queue = ['--queue', 'redis://:hunter2@127.0.0.1:1']
      const data = await writeClouds(folder)
      const both = [
        start(['worker', ...queue, '--data', data]),
        start([...smallStudy(data, join(folder, 'study')), ...queue]),
      ]
      for (const one of both) {
        await one.said('ECONNREFUSED')
        one.signal('SIGINT')
        const { code, err } = await one.result
        expect(code).toBe(130)
        expect(err).toContain('redis://***@127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1; waiting for it')
        expect(err.split('ECONNREFUSED').length).toBeLessThanOrEqual(3)
        expect(err).not.toContain('hunter2')
      }
    }))
})
