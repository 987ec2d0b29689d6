import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQueueAddress, maskPasswords } from '../../src/study/queue-address.ts'

/** What a password may look like, encoded or not; it must not stand in the rest of the URL. */
const password = fc
  .string({
    unit: fc.constantFrom('p', 'q', '@', '/', ':', '?', '#', '%', '&', '=', '+'),
    minLength: 4,
    maxLength: 12,
  })
  .map(word => `secret${word}`)

describe('the address of a queue', () => {
  it.each([
    ['redis://localhost', 'redis://localhost'],
    ['redis://10.0.0.1:6379/2', 'redis://10.0.0.1:6379/2'],
    ['rediss://user:pw@host:6380', 'rediss://***@host:6380'],
    ['redis://:pw@[::1]:6379', 'redis://***@[::1]:6379'],
    ['redis://host?password=pw', 'redis://host?***'],
    ['REDIS://:pw@host', 'REDIS://***@host'],
    ['redis://:p%40s%2Fs%3F%23%25@host/1', 'redis://***@host/1'],
    ['redis://user.name:a:b!$&*+,;=~^@host', 'redis://***@host'],
    ['rediss://queue_1.cluster.local:6380/0', 'rediss://queue_1.cluster.local:6380/0'],
  ])('%s is shown as %s', (url, shown) => expect(parseQueueAddress(url)).toEqual(E.right({ url, shown })))

  it.each([
    'redis://:%ff@host',
    '',
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis:',
    '/run/redis.sock',
    ':pw@host',
  ])('not %s, which is not repeated', text => {
    const refused = parseQueueAddress(text)
    expect(E.isLeft(refused)).toBe(true)
    if (text !== '' && text !== 'redis://' && text !== 'redis:')
      expect(JSON.stringify(refused)).not.toContain(text)
  })

  it.each(['@', '/', '?', '#', '\\', '%', ' ', '\n'])(
    'a password with an unescaped %j is refused, with how to escape it and without itself',
    character => {
      for (const [before, after] of [
        ['secret', 'word'],
        ['1', 'x4'],
        ['', ''],
      ] as const)
        for (const url of [
          `redis://:${before}${character}${after}@host:6379`,
          `redis://user:${before}${character}${after}@host/1`,
          `redis://${before}${character}${after}@host`,
          `redis://host?password=${before}${character}${after}`,
        ]) {
          const refused = parseQueueAddress(url)
          expect([url, E.isLeft(refused)]).toEqual([url, true])
          expect(JSON.stringify(refused)).toMatch(/@ .*as %40/)
          expect(JSON.stringify(refused)).not.toContain('secret')
        }
    },
  )

  it('law: an accepted address has the host, user and password that were written', () => {
    const word = fc.string({ maxLength: 12 }).filter(text => !/[\ud800-\udfff]/.test(text))
    fc.assert(
      fc.property(word, word, (user, pass) => {
        const url = `redis://${encodeURIComponent(user)}:${encodeURIComponent(pass)}@host:6379/2`
        expect(E.isRight(parseQueueAddress(url))).toBe(true)
        const raw = parseQueueAddress(`redis://${user}:${pass}@host:6379/2`)
        if (E.isRight(raw)) expect(new URL(raw.right.url).hostname).toBe('host')
      }),
    )
  })

  it('law: no text about it has its password', () => {
    fc.assert(
      fc.property(password, fc.boolean(), (secret, encoded) => {
        const url = `rediss://user:${encoded ? encodeURIComponent(secret) : secret}@host:6379/1`
        expect(maskPasswords(`connecting to ${url} failed; ${url}`)).not.toContain('secret')
      }),
    )
  })

  it('leaves other texts as they are', () => {
    const text = 'mail me@host.org, see https://user@host/?q'
    expect(maskPasswords(text)).toBe(text)
  })
})
