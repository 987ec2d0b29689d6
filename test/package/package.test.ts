/**
 * The package as a user gets it: built and packed as its publisher does it, installed into an empty folder without
 * scripts, and used there.
 */
import { execFile, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { build, transform } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { root } from '../../scripts/package.mjs'
import { chromium, startChromium } from '../support/chromium.ts'
import { openRegistry } from '../support/registry.ts'

/** What is copied for the build, as a fresh clone has it. */
const CLONE = [
  ...[
    'src',
    'scripts',
    'test/support',
    'README.md',
    'README.zh-CN.md',
    'LICENSE',
    'package.json',
    'package-lock.json',
  ],
  ...['tsconfig.json', 'tsconfig.build.json'],
]

const folder = mkdtempSync(join(tmpdir(), 'network2-package-'))
const clone = join(folder, 'clone')
const project = join(folder, 'project')
const installed = join(project, 'node_modules', 'network2')

vi.setConfig({ testTimeout: 900_000 })

const run = promisify(execFile)

/** The environment of a user's shell: no npm script has started the tests. */
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm|NETWORK2)_|^MNIST_DIR$/.test(name)),
  ),
  NETWORK2_CACHE: join(folder, 'cache'),
  PATH: [join(project, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
}

/** Runs a line of a user's shell in the project. */
const shell = (line: string) => spawnSync('bash', ['-c', line], { cwd: project, encoding: 'utf8', env })

/** A user's program as a bundler makes it for browsers. */
const bundled = (contents: string) =>
  build({
    stdin: { contents, resolveDir: project },
    ...{ bundle: true, minify: true, platform: 'browser', format: 'iife', write: false, logLevel: 'silent' },
  })

let tarball: string
let packed: readonly string[]

beforeAll(async () => {
  for (const name of CLONE) cpSync(join(root, name), join(clone, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'), 'junction')
  await run('npm', ['run', 'build'], { cwd: clone })
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: clone })
  const [found] = JSON.parse(stdout) as readonly [{ filename: string; files: readonly { path: string }[] }]
  tarball = join(folder, found.filename)
  packed = found.files.map(({ path }) => path)

  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{"type":"module"}')
  const registry = await openRegistry()
  try {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--cache', join(folder, 'npm')]
    await run('npm', ['install', ...flags, '--registry', registry.address, tarball], { cwd: project })
  } finally {
    registry.close()
  }
}, 1_800_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('the tarball holds the built package and its sources, and nothing else', () => {
  const other = packed.filter(
    path =>
      !/^(README([.]zh-CN)?[.]md|LICENSE|package[.]json|dist\/LICENSES[.]txt|scripts\/[\w-]+[.]mjs|src\/.*[.]ts)$/.test(
        path,
      ) &&
      !/^dist\/.*[.](d[.]ts|js)([.]map)?$/.test(path) &&
      path !== 'dist/page/index.html',
  )
  expect(other).toEqual([])
  expect(packed.filter(path => /^dist\/(scripts|test)|build|lint/.test(path))).toEqual([])
  expect(readFileSync(tarball).length).toBeLessThan(1_850_000)
})

it('publint and "Are the types wrong?" have no objection', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true })
  expect(messages.map(message => formatMessage(message, pkg))).toEqual([])
  const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball)))
  const problems = analysis.types === false ? ['no types'] : analysis.problems
  // the package has ES modules only
  const others = problems.filter(
    problem =>
      typeof problem === 'string' ||
      !('resolutionKind' in problem) ||
      !['node10', 'node16-cjs'].includes(problem.resolutionKind),
  )
  expect(others).toEqual([])
})

it('is installed without the packages that few need, and takes less than 90 MB', () => {
  expect(existsSync(join(project, 'node_modules', '@tensorflow', 'tfjs-core'))).toBe(true)
  const optional = ['@tensorflow/tfjs-node', 'bullmq', 'ioredis', 'esbuild']
  expect(optional.filter(name => existsSync(join(project, 'node_modules', name)))).toEqual([])
  const { stdout } = spawnSync('du', ['-sk', 'node_modules'], { cwd: project, encoding: 'utf8' })
  expect(Number.parseInt(stdout, 10)).toBeLessThan(90 * 1024)
})

/** The example of the README, and what it prints. */
const [, example] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))!
const [, printed] = / \/\/ (.*)\n$/.exec(example!)!

it.each(['nodenext', 'bundler'])(
  "a user's program has correct types with moduleResolution %s",
  moduleResolution => {
    writeFileSync(join(project, 'example.ts'), example!)
    writeFileSync(
      join(project, 'consumer.ts'),
      `import { crossEntropy, encodeModel, train } from 'network2'
    import { wasm } from 'network2/compiler'
    import { listRuns, loadBackend, runStudy, trainRun } from 'network2/node'
    // @ts-expect-error: if this is no error, the types are missing
    encodeModel(7)
    // @ts-expect-error: if this is no error, the types are missing
    listRuns(7)
    export default [crossEntropy, loadBackend, runStudy, train, trainRun, wasm]`,
    )
    const { options } = ts.convertCompilerOptionsFromJson(
      {
        ...{ target: 'es2023', lib: ['es2023', 'dom'], strict: true, noEmit: true, types: ['node'] },
        module: moduleResolution === 'bundler' ? 'esnext' : moduleResolution,
        moduleResolution,
        typeRoots: [join(root, 'node_modules', '@types')],
        // the declarations of tfjs-core have errors
        skipLibCheck: true,
      },
      project,
    )
    const files = ['consumer.ts', 'example.ts'].map(name => join(project, name))
    const found = ts.getPreEmitDiagnostics(ts.createProgram(files, options))
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
  },
)

it('the example of the README prints what it says', async () => {
  const { code } = await transform(example!, { loader: 'ts', format: 'esm' })
  writeFileSync(join(project, 'example.mjs'), code)
  const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: project })
  expect(stdout).toBe(`${printed}\n`)
})

it('every entry is imported by Node, and the same function is the same object in all of them', async () => {
  const program = `import * as all from 'network2'
    import * as compiler from 'network2/compiler'
    import * as node from 'network2/node'
    import { version_core } from '@tensorflow/tfjs-core'
    const { right } = await node.loadBackend('wasm')()
    console.log(JSON.stringify([all.wasm === compiler.wasm, right.name, right.versions['tfjs-core'] === version_core]))`
  writeFileSync(join(project, 'import.mjs'), program)
  const { stdout } = await run(process.execPath, ['import.mjs'], { cwd: project })
  expect(JSON.parse(stdout)).toEqual([true, 'wasm', true])
})

it('npx network2 train trains in the folder, keeps its data in the cache, and says npx network2', () => {
  const { status, stdout, stderr } = shell(
    'npx --no-install network2 train --data digits --epochs 1 --save net.json',
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('npm run') as unknown })
  expect(stdout).toContain('To evaluate it: npx network2 evaluate --model net.json')
  expect(existsSync(join(project, 'runs', 'latest', 'report.html'))).toBe(true)
  expect(existsSync(join(folder, 'cache', 'data', 'digits'))).toBe(true)
  expect(existsSync(join(project, 'data'))).toBe(false)
})

it('network2, found by a shell, names itself in its help, has a version, and completes a line', () => {
  expect(shell('network2 --version').stdout).toBe('network2 0.1.0\n')
  const { stdout } = shell('network2 help train')
  expect(stdout).toContain('Usage: network2 train [flags]')
  expect(stdout).toContain('network2 train --cost quadratic --init large')
  const completed = shell(`eval "$(network2 completion)"
    complete_line() { COMP_CWORD=$(($# - 1)); COMP_WORDS=("$@"); _network2_yargs_completions; echo "\${COMPREPLY[@]}"; }
    complete_line network2 tra
    complete_line network2 train --lm`)
  expect(completed.stdout).toBe('train trace\n--lmbda\n')
})

it('no text of the package says how a clone is used', () => {
  const built = packed.filter(path => /^(dist|scripts)\/.*[.]m?js$/.test(path))
  const lines = built.flatMap(path =>
    readFileSync(join(installed, path), 'utf8')
      .split('\n')
      .filter(line => line.includes('npm run') && !/^ *(\*|\/\*\*|\/\/)/.test(line)),
  )
  // the flags that npm took for itself, and the one function that says which
  expect(lines.length).toBe(2)
})

it('what few need is asked for by name', () => {
  expect(shell('network2 worker --queue redis://127.0.0.1:1')).toMatchObject({
    status: 2,
    stderr:
      'network2: --queue needs the packages bullmq and ioredis, which are not installed\n' +
      '  run: npm install --ignore-scripts bullmq@6.7.0 ioredis@6.0.0\n',
  })
  const { status, stderr } = shell('network2 train --data digits --backend native')
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining(
      'the package @tensorflow/tfjs-node is not installed\n  run: npm install --ignore-scripts @tensorflow/tfjs-node@4.22.0',
    ) as unknown,
  })
})

// half of them are TensorFlow.js's core, a quarter the compiler's passes and kernels
it('engine, trainer and generated digits are below 84 KB in a browser, and need nothing of Node', async () => {
  const { outputFiles } = await bundled(
    `import { crossEntropy, generateDigits, initialValues, key, toParams, train, wasm } from 'network2'
    Object.assign(globalThis, { crossEntropy, generateDigits, initialValues, key, toParams, train, wasm })`,
  )
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(84_000)
})

/** A training of generated digits by the library, whose network is the result, as text. */
const TRAINING = `import '@tensorflow/tfjs-backend-cpu'
import { crossEntropy, network, serialize, sgd, syntheticDigits } from 'network2'
const { training, test } = syntheticDigits({ training: 2000, validation: 0, test: 500 })
const net = network([784, 30, 10], { cost: crossEntropy, init: 'large' })
const [first] = sgd(net, training, { epochs: 1, miniBatchSize: 10, eta: 0.5, evaluation: test })
const result = [first.evaluation.correct, serialize(first.net)].join(' ')
`

/** The Nodes of this machine: the one that runs the tests, and those in NETWORK2_NODES, separated as in PATH. */
const nodes = [
  process.execPath,
  ...(process.env.NETWORK2_NODES ?? '').split(delimiter).filter(name => name !== ''),
]

/** What the training prints in each Node; it is run once. */
const results = (() => {
  let running: Promise<readonly string[]> | undefined
  const train = (): Promise<readonly string[]> => {
    writeFileSync(join(project, 'training.mjs'), `${TRAINING}console.log(result)`)
    return Promise.all(
      nodes.map(async node => (await run(node, ['training.mjs'], { cwd: project, env })).stdout.trimEnd()),
    )
  }
  return () => (running ??= train())
})()

it('each Node that is here imports it, and trains to the same network', async () => {
  const printed = await results()
  expect(printed[0]!).toMatch(/^\d{3} \{"sizes":/)
  expect(new Set(printed).size).toBe(1)
})

it.skipIf(chromium.isMissing)('a page trains with it to the same network as Node', chromium.why, async () => {
  const { outputFiles } = await bundled(`${TRAINING}globalThis.result = result`)
  const page = join(folder, 'page.html')
  const script = outputFiles[0]!.text.replaceAll('</script', '<\\/script')
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><body><script>${script}</script>`)
  const { tab, close } = await startChromium()
  try {
    const asked = await tab.open(page)
    expect(asked.filter(address => !/^(file|data|blob):/.test(address))).toEqual([])
    expect(await tab.evaluate('globalThis.result')).toBe((await results())[0])
  } finally {
    await close()
  }
})
