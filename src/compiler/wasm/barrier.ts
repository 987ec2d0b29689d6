/**
 * Where the threads of an engine wait for each other: a function of a module, and the words of the shared memory that it
 * uses. They spin: the next of them mostly comes within a microsecond. One that waits longer sleeps.
 */
import { atomic, i32, if_, keep, local, locals, repeatWhile, trap, type I32 } from '../emit/code.ts'
import { CACHE_LINE } from '../emit/layout.ts'
import type { Func } from '../emit/module.ts'
import { SCRATCH, WASM_VECTORS } from './instructions.ts'

const line = (number: number): number => SCRATCH + number * CACHE_LINE

/** The addresses of the words by which threads wait for each other, each on a line of the cache of its own. */
export const TEAM_WORDS = {
  /** How many threads wait. */
  arrived: line(1),
  /** Changes when all of them have come. */
  turn: line(2),
  /** Why the threads stop, or 0. */
  stopped: line(3),
  /** How many messages the workers have dealt with. */
  done: line(4),
  end: line(5),
}

/** Why threads stop: a gathered row does not exist; one of them does not answer. */
export const STOPPED = { byTrap: 1, byLoss: 2 }

/** How often a thread looks before it sleeps: for longer than a step mostly takes, because it wakes up late. */
const SPINS = 200_000

/** How often it sleeps, `SLEEP` each time, before it takes another thread for lost: a minute, or longer. */
const SLEEPS = 1_200_000

/**
 * The function in which a thread waits for all others. It traps when they stop.
 *
 * @param threads how many they are
 */
export const barrierFunction = (threads: number, sleeps = SLEEPS): Func => {
  const fn = locals(WASM_VECTORS)
  const [turn, looks] = [local(fn, 'i32'), local(fn, 'i32')]
  const word = (name: keyof typeof TEAM_WORDS): I32 => i32.const(TEAM_WORDS[name])
  const isLast = i32.eq(atomic.add(word('arrived'), i32.const(1)), i32.const(threads - 1))
  const stopped = atomic.load(word('stopped'))
  const sleep = keep(atomic.wait(word('turn'), turn))
  return {
    params: [],
    locals: fn.kinds,
    body: [
      turn.set(atomic.load(word('turn'))),
      if_(isLast, [
        atomic.store(word('arrived'), i32.const(0)),
        atomic.store(word('turn'), i32.add(turn, i32.const(1))),
      ]),
      repeatWhile(
        [
          looks.set(i32.add(looks, i32.const(1))),
          if_(i32.geU(looks, i32.const(SPINS)), sleep),
          if_(
            i32.geU(looks, i32.const(SPINS + sleeps)),
            atomic.store(word('stopped'), i32.const(STOPPED.byLoss)),
          ),
        ],
        i32.and(i32.eq(atomic.load(word('turn')), turn), i32.eq(stopped, i32.const(0))),
      ),
      if_(stopped, trap),
    ],
  }
}
