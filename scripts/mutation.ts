/**
 * Changes the program in one small way at a time and counts how often the tests notice: the mutation score.
 *
 * `npm run test:mutation -- [--mutants N] [--seed S] [PART OF A PATH]`. All mutants would take days: it draws N of them
 * (200), in each area in proportion to its number. It works in a copy of the project, and runs the tests of the file
 * first, then those of its area. A mutant that does not compile is not counted.
 */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { key, permutation } from '../src/core/rng.ts'
import { root } from './package.mjs'
import { mutantsOf, typeChecker, withMutant, type Mutant } from './mutants.ts'

type Area = { readonly name: string; readonly files: readonly string[]; readonly tests: readonly string[] }

/** What is tested in this way, and the tests that should notice. */
const AREAS: readonly Area[] = [
  { name: 'core', files: ['src/core/'], tests: ['test/core/', 'test/compiler/staged.test.ts'] },
  { name: 'compiler passes', files: ['src/compiler/passes/'], tests: ['test/compiler/'] },
  {
    name: 'locks',
    files: ['src/io/lock.ts'],
    tests: [
      'test/io/',
      'test/runs/run-folder.test.ts',
      'test/cli/resume.test.ts',
      'test/study/study-folder.test.ts',
    ],
  },
  {
    name: 'checkpoints',
    files: [
      'src/runs/checkpoint.ts',
      'src/runs/saves.ts',
      'src/runs/history.ts',
      'src/io/safetensors.ts',
      'src/io/crc32c.ts',
    ],
    tests: ['test/io/', 'test/runs/', 'test/cli/resume.test.ts'],
  },
  {
    name: 'journal',
    files: ['src/study/journal.ts', 'src/study/decode-trial.ts'],
    tests: ['test/study/', 'test/cli/compare.test.ts'],
  },
  {
    name: 'verdict',
    files: ['src/study/verdict.ts', 'src/study/statistics.ts', 'src/study/halving.ts', 'src/study/study.ts'],
    tests: ['test/study/', 'test/report/', 'test/cli/compare.test.ts'],
  },
]

/** No test of an area takes as long. */
const LIMIT = 600_000

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { mutants: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
  allowPositionals: true,
})

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => folder + name.replaceAll('\\', '/'))

const sourcesOf = ({ files }: Area): readonly string[] =>
  files
    .flatMap(path => (path.endsWith('/') ? filesIn(path) : [path]))
    .filter(file => positionals.every(part => file.includes(part)))
    .sort()

type Found = Area & { readonly mutants: readonly Mutant[] }

/** A sample of `count` mutants: each area in proportion to its number; within an area, in a random order. */
const sample = (areas: readonly Found[], count: number, seed: number): readonly Found[] => {
  const all = areas.reduce((sum, { mutants }) => sum + mutants.length, 0)
  return areas.map(area => ({
    ...area,
    mutants: [...permutation(key(seed), area.mutants.length)]
      .map(at => area.mutants[at]!)
      .slice(0, Math.ceil((count * area.mutants.length) / all)),
  }))
}

/** A copy of the project, whose packages are those of the project. */
const copyProject = (): string => {
  const copy = mkdtempSync(join(tmpdir(), 'network2-mutants-'))
  for (const name of [
    'src',
    'test',
    'scripts',
    'data',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
    'README.md',
  ])
    cpSync(join(root, name), join(copy, name), { recursive: true })
  for (const name of ['node_modules', '.venv'])
    if (existsSync(join(root, name))) symlinkSync(join(root, name), join(copy, name))
  return copy
}

type Verdict = 'passed' | 'failed' | 'timeout'

/** Runs tests in the copy, in a process group that ends with them. */
const runTests = (copy: string, tests: readonly string[]): Promise<Verdict> =>
  new Promise(resolve => {
    const vitest = join(copy, 'node_modules/vitest/vitest.mjs')
    const child = spawn(
      process.execPath,
      [vitest, 'run', '--root', copy, '--bail=1', '--reporter=dot', ...tests],
      {
        cwd: copy,
        stdio: 'ignore',
        detached: true,
      },
    )
    const stop = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL')
      } catch {
        // all of them have ended
      }
    }
    const onSignal = (): void => {
      stop()
      process.exit(130)
    }
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
    const timer = setTimeout(() => {
      stop()
      resolve('timeout')
    }, LIMIT)
    child.once('close', code => {
      clearTimeout(timer)
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
      stop()
      resolve(code === 0 ? 'passed' : 'failed')
    })
  })

const allTests = filesIn('test/')

/** The tests that have the name of the file. */
const ownTests = ({ file }: Mutant): readonly string[] =>
  allTests.filter(path => path.endsWith(`/${basename(file, '.ts')}.test.ts`))

/** How the tests judge a mutant: those of the file, and, if they pass, all of the area. */
const judge = async (copy: string, { tests }: Area, mutant: Mutant): Promise<Verdict> => {
  const path = join(copy, mutant.file)
  const text = read(mutant.file)
  writeFileSync(path, withMutant(text, mutant))
  const own = ownTests(mutant)
  const first = own.length === 0 ? 'passed' : await runTests(copy, own)
  const verdict = first === 'passed' ? await runTests(copy, tests) : first
  writeFileSync(path, text)
  return verdict
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 70)

const describeMutant = ({ file, line, was, text }: Mutant): string =>
  `${file}:${line}  ${oneLine(was)}  →  ${oneLine(text)}`

/** A row of the table: the mutants, those caught, those of them by a time limit, and the score. */
const scoreRow = (name: string, verdicts: readonly Verdict[]): string => {
  const all = verdicts.length
  const timeouts = verdicts.filter(verdict => verdict === 'timeout').length
  const caught = verdicts.filter(verdict => verdict === 'failed').length + timeouts
  const score = all === 0 ? '' : `${((100 * caught) / all).toFixed(1)} %`
  return name.padEnd(18) + [all, caught, timeouts, score].map(cell => String(cell).padStart(9)).join('')
}

const main = async (): Promise<void> => {
  const compiles = typeChecker(root, read)
  const found = AREAS.map(area => ({
    ...area,
    mutants: sourcesOf(area).flatMap(file => mutantsOf(file, read(file))),
  }))
  const count = Number(values.mutants)
  const areas = sample(found, count, Number(values.seed)).map(area => ({
    ...area,
    mutants: area.mutants.filter(compiles),
  }))
  const copy = copyProject()
  const all = areas.reduce((sum, { mutants }) => sum + mutants.length, 0)
  process.stderr.write(`${all} mutants that compile, of ${count} drawn, in ${copy}\n`)
  const survivors: Mutant[] = []
  const rows: string[] = []
  const judged: Verdict[] = []
  try {
    if ((await runTests(copy, ['test/core/rng.test.ts'])) !== 'passed')
      throw new Error('the tests fail without a mutant: run npm test first')
    for (const area of areas) {
      const verdicts: Verdict[] = []
      for (const mutant of area.mutants) {
        const verdict = await judge(copy, area, mutant)
        verdicts.push(verdict)
        if (verdict === 'passed') survivors.push(mutant)
        process.stderr.write(
          `${judged.length + verdicts.length}/${all} ${verdict === 'passed' ? 'SURVIVED' : 'caught'} ${describeMutant(mutant)}\n`,
        )
      }
      rows.push(scoreRow(area.name, verdicts))
      judged.push(...verdicts)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
  process.stdout.write(
    [
      `${'area'.padEnd(18)}  mutants   caught by time    score`,
      ...rows,
      scoreRow('all', judged),
      ...(survivors.length === 0 ? [] : ['survivors:', ...survivors.map(one => `  ${describeMutant(one)}`)]),
      '',
    ].join('\n'),
  )
}

await main()
