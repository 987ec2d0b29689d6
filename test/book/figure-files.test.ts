import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { patience } from '../../src/data/download.ts'
import { sha256 } from '../../src/data/mnist.ts'
import { loadFigure, loadFigures, type FigureOptions } from '../../src/book/figure-files.ts'
import { planFigure } from '../../src/book/figure-plan.ts'
import { bookFigures } from '../../src/book/figures/index.ts'
import { describeMissing } from '../../src/report/text/figure-text.ts'
import { published, type FigureName } from '../../src/book/published.ts'
import { dataError, nobody, right, serve, temporary } from '../data/made.ts'

const NAME: FigureName = 'overfitting'
const FILE = 'overfitting.json'
const bytes = Buffer.from('[[2.5], [5887], [1], [600]]')
const known = { ...published, [NAME]: { bytes: bytes.length, sum: sha256(bytes) } }
const other = Buffer.from(bytes.toString().replace('5887', '5888'))

/** What came of it, what it said, and what it left. */
const load = async (changed: Partial<FigureOptions>) => {
  const dataFolder = changed.dataFolder ?? join(await temporary(), 'data')
  const notices: string[] = []
  const result = await loadFigure(NAME, {
    dataFolder,
    source: await nobody(),
    known,
    onNotice: line => notices.push(line),
    ...changed,
  })()
  const kept = join(dataFolder, 'published')
  return { result, dataFolder, kept, notices, left: await readdir(kept).catch(() => []) }
}

/** The author's repository, and what it was asked for. */
const repository = (asked: string[] = [], body = bytes): Promise<string> =>
  serve((request, response) => {
    asked.push(request.url ?? '')
    response.end(body)
  })

const accuracies = async (loading: ReturnType<typeof load>): Promise<readonly number[] | undefined> =>
  right((await loading).result)[0]?.evaluationAccuracy

describe('from the repository', () => {
  test('a figure comes, is checked, and is kept: the next time without a network', async () => {
    const asked: string[] = []
    const { result, dataFolder, kept, left, notices } = await load({ source: await repository(asked) })
    expect(right(result)).toMatchObject([{ start: 'large', evaluationAccuracy: [5887] }])
    expect(asked).toEqual([`/${FILE}`])
    expect(left).toEqual([FILE])
    expect(await readFile(join(kept, FILE))).toEqual(bytes)
    expect(notices).toEqual([])
    expect(await accuracies(load({ dataFolder }))).toEqual([5887])
  })

  test('what is kept is checked, and a damaged file is fetched again', async () => {
    const dataFolder = await temporary()
    await mkdir(join(dataFolder, 'published'))
    await writeFile(join(dataFolder, 'published', FILE), other)
    const { result, kept } = await load({ dataFolder, source: await repository() })
    expect(right(result)[0]?.evaluationAccuracy).toEqual([5887])
    expect(await readFile(join(kept, FILE))).toEqual(bytes)
  })

  test.each([
    ['another file', other, 'its SHA-256 is'],
    ['a longer file', Buffer.concat([bytes, bytes]), 'at most 27 expected'],
    ['a page', Buffer.from('<html>'), 'its SHA-256 is'],
  ])('%s: said so, and nothing is left', async (_, body, why) => {
    const address = await repository([], body)
    const { result, left } = await load({ source: address })
    expect(dataError(result)).toContain(`${address}${FILE}: `)
    expect(dataError(result)).toContain(why)
    expect(left).toEqual([])
  })

  test('one that is not there, and one that never answers', async () => {
    expect(dataError((await load({})).result)).toContain('ECONNREFUSED')
    const silent = await serve(() => undefined)
    expect(
      dataError((await load({ source: silent, patience: { ...patience, answerMs: 100 } })).result),
    ).toContain('no answer within 0.1 s')
  })

  test('a folder that cannot be written is no reason not to compare', async () => {
    const dataFolder = join(await temporary(), 'data')
    await writeFile(dataFolder, 'in the way')
    const { result, notices } = await load({ dataFolder, source: await repository() })
    expect(right(result)[0]?.evaluationAccuracy).toEqual([5887])
    expect(notices).toHaveLength(1)
    expect(notices[0]).toContain(`${FILE} could not be stored for the next time`)
  })
})

describe('several figures', () => {
  const names = ['regularized', NAME, 'more_data', 'overfitting_full'] as const

  test('without a network one download is tried, and what is stored is read', async () => {
    const asked: string[] = []
    const dataFolder = await temporary()
    await mkdir(join(dataFolder, 'published'))
    await writeFile(join(dataFolder, 'published', FILE), bytes)
    const source = await serve(request => {
      asked.push(request.url ?? '')
      request.socket.destroy()
    })
    const { figures, missing } = await loadFigures(names, {
      ...{ dataFolder, source, known, onNotice: () => undefined },
    })()
    expect(asked).toEqual(['/regularized.json'])
    expect([...figures.keys()]).toEqual([NAME])
    expect(missing.map(({ name }) => name)).toEqual(['regularized', 'more_data', 'overfitting_full'])
    expect(new Set(missing.map(({ error }) => error.message)).size).toBe(1)
    const mnist = { data: 'a sum', inputs: 784, outputs: 10, name: 'MNIST', trainingSize: 50_000 }
    const plans = Object.entries(bookFigures).map(([name, figure]) =>
      planFigure(name, figure, { seeds: 1, quick: false }, mnist),
    )
    const lines = describeMissing(plans, missing)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(`${source}regularized.json: `)
    expect(lines[0]).toContain('the published data are missing of overfitting-full, regularized, more-data: ')
  })

  test('in a folder, each file that is missing is named', async () => {
    const folder = await temporary()
    await writeFile(join(folder, FILE), bytes)
    const { figures, missing } = await loadFigures(names, {
      folder,
      dataFolder: folder,
      known,
      onNotice: () => undefined,
    })()
    expect([...figures.keys()]).toEqual([NAME])
    expect(missing.map(({ error }) => error.message)).toEqual(
      ['regularized', 'more_data', 'overfitting_full'].map(
        name => `--published ${join(folder, `${name}.json`)} cannot be read: it does not exist`,
      ),
    )
  })
})

describe('from a folder that is given', () => {
  test('the file is read there, and nothing is fetched or kept', async () => {
    const asked: string[] = []
    const folder = await temporary()
    await writeFile(join(folder, FILE), bytes)
    const { result, left } = await load({ folder, source: await repository(asked) })
    expect(right(result)[0]?.evaluationAccuracy).toEqual([5887])
    expect(asked).toEqual([])
    expect(left).toEqual([])
  })

  test('a missing file and another one are named, and nothing takes their place', async () => {
    const asked: string[] = []
    const folder = await temporary()
    const given = { folder, source: await repository(asked) }
    expect(dataError((await load(given)).result)).toBe(
      `--published ${join(folder, FILE)} cannot be read: it does not exist`,
    )
    await writeFile(join(folder, FILE), other)
    expect(dataError((await load(given)).result)).toContain("not the author's file: its SHA-256 is")
    expect(asked).toEqual([])
  })
})
