import { existsSync, mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addonOf, libraryOf, Machine, type Driven } from './fakes.ts'

const LIBRARY = 'libtensorflow-2.15.1-linux-x64'
const ADDON = 'tfjs-node-4.22.0-libtensorflow-2.15.1-linux-x64'

let machine: Machine
let root: string

beforeEach(() => {
  machine = new Machine()
  machine.pip()
  machine.compiler()
  root = machine.checkout()
})

afterEach(() => machine.remove())

/** A set-up that could not bring the backend: nothing half-made is left, in the cache or in the checkout. */
const expectFailure = ({ code, state }: Driven, reason: RegExp, remedy: RegExp): void => {
  expect(code).toBe(0)
  expect(state).toMatchObject({
    status: 'failed',
    reason: expect.stringMatching(reason) as unknown,
    remedy: expect.stringMatching(remedy) as unknown,
  })
  expect(`${state?.reason ?? ''}${state?.remedy ?? ''}`).not.toContain('\n')
  expect(existsSync(addonOf(root))).toBe(false)
  expect(machine.cached().filter(name => name.includes('.tmp-'))).toEqual([])
}

const expectReady = (driven: Driven, source: string, where = root): void => {
  expectLoadable(driven, source, where)
  expect(machine.cached().filter(name => name.includes('.tmp-'))).toEqual([])
}

const expectLoadable = ({ code, state }: Driven, source: string, where: string): void => {
  expect({ code, state }).toMatchObject({
    code: 0,
    state: { status: 'ready', source, libtensorflow: '2.15.1' },
  })
  expect(readFileSync(addonOf(where), 'utf8')).toBe('built\n')
  expect(readFileSync(libraryOf(where), 'utf8')).toBe('the library')
}

describe('a set-up where everything is there', () => {
  it('downloads, unpacks what is needed, builds, and keeps both for later', async () => {
    expectReady(await machine.setUp(root), 'built')
    expect(machine.asked()).toEqual([
      expect.stringMatching(
        /^pip -m pip download --no-deps --only-binary=:all: --python-version 311 --platform manylinux_2_17_x86_64 --dest \S+ tensorflow-cpu==2\.15\.1$/,
      ),
      'compile',
    ])
    expect(machine.cached().filter(name => /\.(so\.2|h|json|node|whl|map|py)$/.test(name))).toEqual([
      `${LIBRARY}/include/tensorflow/c/c_api.h`,
      `${LIBRARY}/include/tensorflow/core/platform/ctstring.h`,
      `${LIBRARY}/lib/libtensorflow_cc.so.2`,
      `${LIBRARY}/lib/libtensorflow_framework.so.2`,
      `${LIBRARY}/manifest.json`,
      `${ADDON}/tfjs_binding.node`,
    ])
    const lib = join(dirname(dirname(addonOf(root))))
    expect(readdirSync(lib)).toEqual(['napi-v8'])
  })

  it('needs neither pip nor a compiler in a second checkout', async () => {
    await machine.setUp(root)
    machine.without('python3')
    machine.without('c++')
    const second = machine.checkout('second')
    expectReady(await machine.setUp(second), 'cache', second)
  })

  it('does nothing the second time, until what it made is gone', async () => {
    await machine.setUp(root)
    machine.without('python3')
    expectReady(await machine.setUp(root), 'built')
    expect(machine.asked()).toHaveLength(2)
    machine.cache = join(machine.folder, 'elsewhere')
    writeFileSync(addonOf(root), 'garbage')
    const { state } = await machine.setUp(root, { again: true })
    expect(state?.reason).toMatch(/^Python with pip/)
  })

  it('leaves an addon alone that loads already', async () => {
    mkdirSync(dirname(addonOf(root)), { recursive: true })
    writeFileSync(addonOf(root), 'built\n')
    const { state } = await machine.setUp(root)
    expect(state).toMatchObject({ status: 'ready', source: 'given' })
    expect(machine.asked()).toEqual([])
    expect(machine.cached()).toEqual([])
  })
})

describe('a set-up where something is missing', () => {
  it('without Python says so', async () => {
    machine.without('python3')
    expectFailure(
      await machine.setUp(root),
      /^Python with pip.* was not found$/,
      /install Python.*npm run setup -- native$/,
    )
  })

  it('without a compiler says so before it downloads', async () => {
    machine.without('c++')
    expectFailure(await machine.setUp(root), /no C\+\+ compiler/, /g\+\+.*npm run setup -- native$/)
    expect(machine.asked()).toEqual([])
  })

  it('without a network says so', async () => {
    machine.pip(`echo "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'" >&2
      echo 'ERROR: No matching distribution found for tensorflow-cpu==2.15.1' >&2; exit 1`)
    expectFailure(
      await machine.setUp(root),
      /^pip could not download .*\(no connection\)$/,
      /network.*npm run setup -- native$/,
    )
  })

  it('if pip fails in another way, prints the error of pip', async () => {
    machine.pip('echo "ERROR: a reason" >&2; exit 1')
    expectFailure(await machine.setUp(root), /\(a reason\)$/, /npm run setup -- native$/)
  })

  it('where the disk is full, says which', async () => {
    machine.pip('echo "ERROR: Could not install: [Errno 28] No space left on device" >&2; exit 1')
    expectFailure(
      await machine.setUp(root),
      /^the disk of .*cache is full$/,
      /free.*NETWORK2_CACHE.*npm run setup -- native$/,
    )
  })

  it('where the compiler fails, says why; the next attempt does not download again', async () => {
    machine.compiler('echo "fatal error: napi.h: no such file" >&2; exit 1')
    expectFailure(await machine.setUp(root), /c\+\+ could not compile.*napi\.h/, /npm run setup -- native$/)
    machine.compiler()
    expectReady(await machine.setUp(root), 'built')
    expect(machine.asked().filter(line => line.startsWith('pip'))).toHaveLength(1)
  })

  it('where the addon does not load, takes it away again', async () => {
    machine.compiler('echo broken > "$(last "$@")"')
    expectFailure(
      await machine.setUp(root),
      /does not load \(no addon\)/,
      /delete .*npm run setup -- native$/,
    )
    expect(machine.cached().filter(name => name.endsWith('.node'))).toEqual([])
  })

  it('on another platform says so, and downloads nothing', async () => {
    expectFailure(
      await machine.setUp(root, { platform: 'sunos-x64' }),
      /only available for linux-x64.*sunos-x64/,
      /works without it/,
    )
    expect(machine.asked()).toEqual([])
  })
})

describe('a download that is not what it should be', () => {
  it('is refused when one byte differs', async () => {
    machine.pip(`cp "$WHEEL" "$(after "$@")/t.whl"; printf x >> "$(after "$@")/t.whl"`)
    expectFailure(
      await machine.setUp(root),
      /SHA-256 [0-9a-f]{64}, expected /,
      /pip cache purge.*npm run setup -- native$/,
    )
    expect(machine.cached()).toEqual([])
  })

  it('is refused when it is cut', async () => {
    machine.pip(`head -c 100 "$WHEEL" > "$(after "$@")/t.whl"`)
    expectFailure(await machine.setUp(root), /SHA-256/, /npm run setup -- native$/)
    expect(machine.cached()).toEqual([])
  })
})

describe('a cache that cannot be written', () => {
  it.each([
    ['below a file', () => join(machine.wheel, 'cache')],
    ['in a file system of the kernel', () => '/proc/network2'],
  ])('%s: is named before anything is downloaded', async (_, cache) => {
    machine.cache = cache()
    const { state } = await machine.setUp(root)
    expect(state).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining(`the cache folder ${machine.cache} cannot be written`) as unknown,
      remedy: expect.stringMatching(/NETWORK2_CACHE.*npm run setup -- native$/) as unknown,
    })
    expect(machine.asked().filter(line => line.startsWith('pip'))).toEqual([])
  })

  it('does not matter once the addon is built', async () => {
    mkdirSync(machine.cache)
    writeFileSync(join(machine.cache, ADDON), 'a file where the folder should be')
    expectReady(await machine.setUp(root), 'built')
  })
})

describe('a set-up that is killed', () => {
  it('in the download: the next one sweeps and repairs', async () => {
    machine.pip(`head -c 100 "$WHEEL" > "$(after "$@")/t.whl"; kill -9 $PPID`)
    expect(await machine.setUp(root)).toMatchObject({ signal: 'SIGKILL' })
    expect(machine.cached().filter(name => name.includes('.tmp-'))).not.toEqual([])
    machine.pip()
    expectReady(await machine.setUp(root), 'built')
  })

  it('in the compiler: the next one builds, and downloads nothing', async () => {
    machine.compiler('printf bui > "$(last "$@")"; kill -9 $PPID')
    expect(await machine.setUp(root)).toMatchObject({ signal: 'SIGKILL' })
    expect(existsSync(addonOf(root))).toBe(false)
    machine.compiler()
    expectReady(await machine.setUp(root), 'built')
    expect(machine.asked().filter(line => line.startsWith('pip'))).toHaveLength(1)
  })

  it('while the disk had not caught up: a library of the wrong size is fetched again', async () => {
    await machine.setUp(root)
    truncateSync(join(machine.cache, LIBRARY, 'lib', 'libtensorflow_cc.so.2'), 4)
    const second = machine.checkout('second')
    expectReady(await machine.setUp(second), 'built', second)
  })

  it('by SIGTERM: ends its child, keeps the exit code, leaves nothing', async () => {
    const pipe = machine.pipe('never')
    machine.pip(`kill -TERM $PPID; exec cat '${pipe}'`)
    expect(await machine.setUp(root)).toMatchObject({ code: 143, state: undefined })
    expect(machine.cached()).toEqual([])
  })
})

describe('two set-ups at once', () => {
  it('take turns: the second uses what the first has fetched', async () => {
    const pipe = machine.pipe('go')
    machine.pip(`cat '${pipe}' > /dev/null; cp "$WHEEL" "$(after "$@")/t.whl"`)
    const second = machine.checkout('second')
    const one = machine.start(root)
    await one.line('Downloading')
    const two = machine.start(second)
    await two.line('Waiting')
    writeFileSync(pipe, 'go')
    expectReady(await one.ended, 'built')
    expectReady(await two.ended, 'cache', second)
    expect(machine.asked()).toHaveLength(2)
  })

  it('do not wait for one that was killed', async () => {
    const pipe = machine.pipe('never')
    machine.pip(`exec cat '${pipe}'`)
    const second = machine.checkout('second')
    const one = machine.start(root)
    await one.line('Downloading')
    const two = machine.start(second)
    await two.line('Waiting')
    machine.pip()
    one.child.kill('SIGKILL')
    // The orphaned pip ends when its pipe does.
    writeFileSync(pipe, '')
    expect(await one.ended).toMatchObject({ signal: 'SIGKILL' })
    // What the first left is swept by a later one: to this one it may look alive, until we have heard of its end.
    expectLoadable(await two.ended, 'built', second)
  })
})
