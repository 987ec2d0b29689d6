/**
 * What both sides of a queue share: its name in Redis, and a connection that never gives up.
 */
import { Redis } from 'ioredis'
import { usageError, type UsageError } from '../errors.ts'
import { maskPasswords, type QueueAddress } from './queue-address.ts'

export type Log = (line: string) => void

/**
 * The name of a queue in Redis. The number changes with the format of tasks or answers.
 *
 * @param topic tasks of different topics are in different queues
 */
export const queueName = (topic: string): string => `network2-2-${topic}`

/** How often a task is tried by workers, before it is set aside. */
export const TRIES = 3

/** How often the worker of a task may be lost, before the task is suspected. */
export const LOSSES = 20

/** Whether Redis refuses the user, the password or a command. Waiting does not help. */
export const isRefusal = (error: unknown): boolean =>
  /\b(WRONGPASS|NOAUTH|NOPERM|DENIED|invalid password)\b/.test(reasonOf(error))

/** The error of a queue that refuses this user. */
export const queueRefused = ({ shown }: QueueAddress, why: string): UsageError =>
  usageError(
    `--queue ${shown}: ${why}`,
    'give the user and the password, redis://USER:PASSWORD@HOST, of one who may use all commands on the keys bull:*',
  )

/**
 * Connects, and reconnects for ever, unless Redis refuses the user. It logs once that the connection is lost, and once
 * that it is back.
 */
export const connect = ({ url, shown }: QueueAddress, log: Log, onRefused: (why: string) => void): Redis => {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: times => Math.min(100 * 2 ** times, 2000),
  })
  let lost = false
  redis.on('error', (error: unknown) => {
    if (isRefusal(error)) {
      onRefused(reasonOf(error))
      return
    }
    if (!lost) log(`${shown}: ${reasonOf(error)}; waiting for it`)
    lost = true
  })
  redis.on('ready', () => {
    if (lost) log(`${shown}: connected again`)
    lost = false
  })
  return redis
}

/** Errors of a connection to several addresses of one host have a code and no message. */
export const reasonOf = (error: unknown): string => {
  const { message = '', code } = error as { readonly message?: string; readonly code?: string }
  return maskPasswords(message === '' ? (code ?? String(error)) : message)
}

/** How long closing may take, in milliseconds: Redis may be unreachable. */
const CLOSING = 3000

/** Waits for the end of something, but not for long. */
export const soon = async (end: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([end, new Promise(resolve => (timer = setTimeout(resolve, CLOSING)))])
  clearTimeout(timer)
}
