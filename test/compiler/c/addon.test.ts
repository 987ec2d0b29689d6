/**
 * The C engine where something is missing or fails: the reason is said, nothing is left behind, and what others could have
 * written is not loaded.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tensor1d, square, type Tensor1D } from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addonOf, findCCompiler } from '../../../src/compiler/c/addon.ts'
import { c } from '../../../src/compiler/c/c.ts'
import { withFallback } from '../../../src/compiler/fallback.ts'
import { jit } from '../../../src/compiler/jit.ts'
import { wasm } from '../../../src/compiler/wasm/wasm.ts'
import { CompileError } from '../../../src/core/scan.ts'
import { using } from '../../../src/core/scope.ts'
import { cCompiler } from '../../support/needs.ts'

let place = ''
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'network2-addon-'))
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

const own = process.env.PATH ?? ''

/** A folder with a compiler that is a shell script. */
const scripted = (script: string): string => {
  const folder = join(place, 'bin')
  mkdirSync(folder)
  writeFileSync(join(folder, 'cc'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return folder
}

/** The squares of 1, 2, 3 by a C engine that falls back, and the reason if it did. */
const squares = (
  folder: string,
  searchPath: string,
): { readonly numbers: number[]; readonly reason?: string } => {
  let reason: string | undefined
  const engine = withFallback(c({ folder, searchPath }), wasm(), text => (reason = text))
  const x = tensor1d([1, 2, 3])
  const numbers = using(jit(engine)((of: Tensor1D) => square(of))(x), result => [...result.dataSync()])
  x.dispose()
  engine.dispose()
  return { numbers, ...(reason === undefined ? {} : { reason }) }
}

/** Addons of Node that compile at once: that the value is a function is all that matters here. */
const SOURCE = `
typedef struct napi_env__ *napi_env; typedef struct napi_value__ *napi_value;
extern int napi_create_double(napi_env, double, napi_value *);
__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value x; napi_create_double(env, 42, &x); return x;
}
`

describe.skipIf(process.platform === 'win32')(
  'where the C engine cannot compile, WebAssembly runs and the reason is said',
  () => {
    it.each<[what: string, searchPath: () => string, folder: () => string, reason: RegExp]>([
      [
        'no compiler',
        () => join(place, 'nothing'),
        () => join(place, 'c'),
        /^the C engine needs a C compiler, and there is no cc, gcc, clang in PATH/,
      ],
      [
        'a compiler that fails',
        () => scripted('echo "x.c:1: error: bad luck" >&2; exit 1'),
        () => join(place, 'c'),
        /could not compile the step: x\.c:1: error: bad luck$/,
      ],
      [
        'a compiler that ends by a signal',
        () => scripted('kill -9 $$'),
        () => join(place, 'c'),
        /could not compile the step: ended by SIGKILL$/,
      ],
      [
        'a compiler that writes nothing',
        () => scripted('exit 0'),
        () => join(place, 'c'),
        /could not compile the step: ENOENT/,
      ],
      [
        'an addon that does not load',
        () => scripted('for last; do :; done; echo garbage > "$last"'),
        () => join(place, 'c'),
        /^the compiled step does not load: /,
      ],
      [
        'a cache that is a file',
        () => own,
        () => {
          writeFileSync(join(place, 'file'), '')
          return join(place, 'file')
        },
        /^the folder of compiled programs cannot be made: EEXIST/,
      ],
      [
        'a cache below a file',
        () => own,
        () => {
          writeFileSync(join(place, 'file'), '')
          return join(place, 'file', 'c')
        },
        /^the folder of compiled programs cannot be made: ENOTDIR/,
      ],
      [
        'a cache that others can write to',
        () => own,
        () => {
          mkdirSync(join(place, 'open'))
          chmodSync(join(place, 'open'), 0o777)
          return join(place, 'open')
        },
        /others can write to it/,
      ],
    ])('%s', (_, searchPath, folder, reason) => {
      const [path, cache] = [searchPath(), folder()]
      const found = squares(cache, cCompiler.isMissing && path === own ? scripted('exit 0') : path)
      expect(found.numbers).toEqual([1, 4, 9])
      expect(found.reason).toMatch(reason)
    })
  },
)

describe.skipIf(cCompiler.isMissing)('what was compiled', cCompiler.why, () => {
  it('is kept, and used again without a compiler', () => {
    const cache = join(place, 'c')
    expect(squares(cache, own)).toEqual({ numbers: [1, 4, 9] })
    const kept = readdirSync(cache)
    expect(kept).toHaveLength(1)
    const compiler = findCCompiler(own)
    // the same identity, but a compiler that fails
    expect(addonOf(SOURCE, cache, compiler)).toBe(42)
    expect(addonOf(SOURCE, cache, { ...compiler, path: '/nothing' })).toBe(42)
    expect(readdirSync(cache)).toHaveLength(2)
  })

  it.each<[what: string, plant: (path: string, whole: string) => void]>([
    [
      'that others can write to',
      (path, whole) => {
        copyFileSync(whole, path)
        chmodSync(path, 0o766)
      },
    ],
    ['that is damaged', path => writeFileSync(path, 'damaged', { mode: 0o700 })],
    ['that is a link', (path, whole) => symlinkSync(whole, path)],
  ])('but not a file %s: it is compiled again', (_, plant) => {
    const [first, cache] = [join(place, 'first'), join(place, 'c')]
    const compiler = findCCompiler(own)
    addonOf(SOURCE, first, compiler)
    const [name] = readdirSync(first)
    mkdirSync(cache, { mode: 0o700 })
    plant(join(cache, name!), join(first, name!))
    // with a compiler that fails, the planted file would have to be loaded
    expect(() => addonOf(SOURCE, cache, { ...compiler, path: '/nothing' })).toThrow(CompileError)
    expect(addonOf(SOURCE, cache, compiler)).toBe(42)
  })
})
