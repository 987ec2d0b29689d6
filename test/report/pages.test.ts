import fc from 'fast-check'
import { parseHTML } from 'linkedom/worker'
import { describe, expect, it } from 'vitest'
import { chapterReport } from '../../src/report/pages/chapter-page.ts'
import { comparisonReport } from '../../src/report/pages/comparison-page.ts'
import { proceduresReport } from '../../src/report/pages/procedures-page.ts'
import { reproduceReport } from '../../src/report/pages/reproduce-page.ts'
import { runReport } from '../../src/report/pages/run-page.ts'
import { slowdownReport } from '../../src/report/pages/slowdown-page.ts'
import { studyReport } from '../../src/report/pages/study-page.ts'
import type { RunRecord, RunState } from '../../src/report/run-record.ts'
import {
  sampleChapter,
  sampleProcedures,
  sampleReproduction,
  sampleRun,
  sampleSlowdown,
  sampleStudy,
} from './samples.ts'

type Element = {
  readonly tagName: string
  readonly textContent: string
  readonly innerHTML: string
  readonly getAttribute: (name: string) => string | null
  readonly querySelector: (selector: string) => Element | null
  readonly querySelectorAll: (selector: string) => readonly Element[]
  readonly attributes: readonly { readonly name: string; readonly value: string }[]
}

const parsed = (text: string): Element => (parseHTML(text) as unknown as { document: Element }).document

const words = (text: string): string =>
  parsed(text).querySelector('main')!.textContent.replace(/\s+/g, ' ').trim()

const HOSTILE = '</script><img src=x onerror=alert(1)>'

/** The same values with every text replaced, except the words that the program chooses. */
const withTexts = <A>(value: A, text: string): A => {
  const keep = ['state', 'part']
  const replaced = (of: unknown, name = ''): unknown =>
    typeof of === 'string'
      ? keep.includes(name)
        ? of
        : text
      : Array.isArray(of)
        ? of.map(each => replaced(each))
        : typeof of === 'object' && of !== null && !ArrayBuffer.isView(of)
          ? Object.fromEntries(
              Object.entries(of).map(([key, each]) => [
                ['config', 'env', 'winner'].includes(name) ? key + text : key,
                replaced(each, key),
              ]),
            )
          : of
  return replaced(value) as A
}

const pages = {
  run: (text?: string) =>
    runReport(text === undefined ? sampleRun(1, 3, 4) : withTexts(sampleRun(1, 3, 4), text)),
  comparison: (text?: string) => {
    const runs = [
      sampleRun(1, 3),
      sampleRun(2, 3),
      { ...sampleRun(3, 3), config: { cost: 'quadratic', eta: 3 } },
    ]
    return comparisonReport(text === undefined ? runs : runs.map(run => withTexts(run, text)))
  },
  study: (text?: string) =>
    studyReport(text === undefined ? sampleStudy(5) : withTexts(sampleStudy(5), text)),
  procedures: (text?: string) =>
    proceduresReport(text === undefined ? sampleProcedures() : withTexts(sampleProcedures(), text)),
  reproduce: (text?: string) =>
    reproduceReport(text === undefined ? sampleReproduction() : withTexts(sampleReproduction(), text)),
  chapter: (text?: string) =>
    chapterReport(text === undefined ? sampleChapter() : withTexts(sampleChapter(), text)),
  slowdown: (text?: string) =>
    slowdownReport(text === undefined ? sampleSlowdown(5) : withTexts(sampleSlowdown(5), text)),
}

describe.each(Object.entries(pages))('the page of a %s', (_, make) => {
  it('is a function of its input alone', () => expect(make()).toBe(make()))

  it('loads no other file, and has no script', () => {
    const document = parsed(make())
    const policy = document
      .querySelector('meta[http-equiv="Content-Security-Policy"]')!
      .getAttribute('content')
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; img-src data:;/)
    expect(document.querySelectorAll('script, iframe, object, embed, base, form, [style]')).toHaveLength(0)
    for (const { attributes } of document.querySelectorAll('*'))
      for (const { name, value } of attributes) {
        if (['src', 'href', 'xlink:href'].includes(name)) expect(value).toMatch(/^data:/)
        expect(name).not.toMatch(/^on/)
        expect(value).not.toMatch(/url\(/)
      }
    expect(document.querySelector('style')!.textContent).not.toMatch(/url\(|@import/)
  })

  it('has text alternatives for its pictures, and captions and headings for its tables', () => {
    const document = parsed(make())
    for (const image of document.querySelectorAll('img')) expect(image.getAttribute('alt')).toMatch(/\w{3}/)
    const charts = document.querySelectorAll('svg').filter(svg => svg.getAttribute('aria-hidden') !== 'true')
    expect(charts.length).toBeGreaterThan(0)
    for (const svg of charts) {
      expect(svg.getAttribute('role')).toBe('img')
      expect(svg.getAttribute('aria-label')).toMatch(/\d/)
    }
    for (const table of document.querySelectorAll('table')) {
      expect(table.querySelector('caption')!.textContent).toMatch(/\w{3}/)
      for (const head of table.querySelectorAll('th'))
        expect(head.getAttribute('scope')).toMatch(/^(col|row)$/)
    }
  })

  it('has no ids', () => expect(parsed(make()).querySelectorAll('[id]')).toHaveLength(0))

  it('law: a text value never becomes an element', () => {
    const count = (text: string): number => parsed(text).querySelectorAll('*').length
    const plain = count(make('text'))
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...['<', '>', '"', "'", '&', '/', '=', 'a', '!', '-', '`']) }),
      fc.constantFrom(
        HOSTILE,
        '"><script>alert(1)</script>',
        ']]>',
        '--><b>',
        '</title><b>',
        '${b}',
        '__proto__',
        '\n\r\n',
      ),
    )
    fc.assert(
      fc.property(hostile, text => {
        // the same text in all fields, so that no setting differs and the page keeps its sections
        expect(count(make(`a${text}`))).toBe(plain)
      }),
      { numRuns: 15, examples: [['\n']] },
    )
  })
})

describe('a run', () => {
  it('shows images of an expanded training set beside their copies', () => {
    const image = Uint8Array.from({ length: 6 }, (_, i) => 40 * i)
    const samples = [1, 7].map(label => ({ label, image, copies: [image.toReversed(), image] }))
    const pageWith = (eachEpoch: boolean): string =>
      runReport({ ...sampleRun(), expanded: { columns: 2, eachEpoch, samples } })
    expect(words(pageWith(true))).toContain('new distorted copies, in place of the images')
    expect(words(pageWith(false))).toContain('labelimagecopy 1copy 2')
    const pictures = [...parsed(pageWith(true)).querySelectorAll('td .ink')]
    expect(pictures.map(each => each.getAttribute('alt'))).toEqual(
      [1, 7].flatMap(label => [`A ${label}`, `The same ${label}, epoch 1`, `The same ${label}, epoch 2`]),
    )
    expect(pictures.map(each => each.getAttribute('height'))).toEqual(Array(6).fill('84'))
    expect(words(runReport(sampleRun()))).not.toContain('Expanded training set')
  })

  it('of a run with momentum has the size of its velocities', () => {
    const velocities = [
      { name: 'optimizer[0].w', shape: [2, 2], values: new Float32Array([3, -4, 3, 4]) },
      { name: 'optimizer[0].b', shape: [2], values: new Float32Array([0, 0]) },
    ]
    const { config } = sampleRun()
    const text = words(
      runReport({ ...sampleRun(), config: { ...config, optimizer: 'momentum' }, optimizer: velocities }),
    )
    expect(text).toContain('layernumbersroot mean squarelargest 1, w43.5364.000 1, b20.0000.000')
    expect(words(runReport({ ...sampleRun(), optimizer: velocities }))).not.toContain(
      'State of the optimizer',
    )
  })

  it('states in its first line how it ended', () => {
    const first = (state: RunState): string =>
      words(runReport({ ...sampleRun(1, 1), state, sentence: 'So it ended.' }))
    expect(first('finished')).toMatch(
      /^Finished\. So it ended\. cross-entropy cost, \[784, 30, 10\] neurons, MNIST, seed 1 /,
    )
    expect(first('interrupted')).toMatch(/^Interrupted\. So it ended\. /)
    expect(first('diverged')).toMatch(/^Diverged\. So it ended\. /)
    expect(first('running')).toMatch(/^Still running\. So it ended\. /)
  })

  it('escapes a hostile name', () => {
    const document = parsed(runReport({ ...sampleRun(1, 1), name: HOSTILE, env: { data: HOSTILE } }))
    expect(document.querySelector('h1')!.textContent).toContain(HOSTILE)
    expect(document.querySelector('title')!.textContent).toContain(HOSTILE)
    expect(document.querySelectorAll('img[onerror]')).toHaveLength(0)
  })

  it('shows curves, digits, weights, all epochs, and how to reproduce the run', () => {
    const document = parsed(runReport(sampleRun(7, 12)))
    expect(document.querySelectorAll('section h2').map(({ textContent }) => textContent)).toEqual([
      'Learning curves',
      'Confusion matrix',
      'The worst mistakes',
      'Weights of the hidden neurons',
      'All epochs',
      'Reproduce these results',
    ])
    expect(document.querySelectorAll('.pictures img')).toHaveLength(30 + 30)
    expect(document.querySelectorAll('tr.best')).toHaveLength(1)
    expect(document.querySelector('pre')!.textContent).toBe('npm run train -- --cost xent --seed 1')
    expect(words(runReport(sampleRun(7, 12)))).toContain('seed 7')
  })

  it('golden: the numbers of an epoch', () => {
    const run: RunRecord = {
      ...sampleRun(1, 1),
      history: [
        {
          report: {
            epoch: 1,
            evaluation: { cost: NaN, correct: 9512, n: 10_000 },
            training: { cost: Infinity, correct: 1, n: 3 },
          },
          seconds: 0.25,
          observing: 12,
        },
      ],
    }
    const cells = parsed(runReport(run)).querySelectorAll('tr.best > *')
    expect(cells.map(({ textContent }) => textContent)).toEqual([
      ...['1', '95.12 %', 'not a number', '33.33 %', 'infinite', '0.250 s', '12.0 s'],
    ])
    expect(words(runReport(run))).toContain('Cost after each epoch: no finite values to draw.')
  })

  it('without data says what is missing', () => {
    const text = words(
      runReport({ ...sampleRun(1, 0), state: 'interrupted', layers: undefined, answers: undefined }),
    )
    expect(text).toContain('No epoch was completed')
    expect(text).toContain('The network was not saved')
    expect(text).toContain('The predictions of the network were not saved')
  })

  it('shows only the sets that were monitored', () => {
    const { history, ...rest } = sampleRun(1, 2)
    const seen = history.map(({ report: { epoch, training }, ...times }) => ({
      ...times,
      report: { epoch, training: training! },
    }))
    const blind = history.map(({ report: { epoch }, ...times }) => ({ ...times, report: { epoch } }))
    expect(words(runReport({ ...rest, history: seen, best: undefined }))).toContain(
      'No evaluation set was monitored',
    )
    expect(words(runReport({ ...rest, history: blind, best: undefined }))).toContain('Nothing was monitored')
  })

  it('whose inputs form no square has no pictures of weights', () => {
    const layers = [{ inputs: 3, outputs: 2, w: new Float32Array(6), b: new Float32Array(2) }]
    const text = words(runReport({ ...sampleRun(1, 1), layers }))
    expect(text).toContain('Weights of the output neurons 3 inputs do not form a square picture')
  })
})

describe('a comparison', () => {
  const runs = [
    ...[1, 2, 3].map(seed => sampleRun(seed, 5)),
    ...[1, 2].map(seed => {
      const run = sampleRun(seed, 5)
      return { ...run, name: `quadratic-${seed}`, config: { ...run.config, cost: 'quadratic', eta: 3 } }
    }),
  ]

  it('draws one curve for the runs that differ only in their seed', () => {
    const document = parsed(comparisonReport(runs))
    const keys = document
      .querySelector('.legend')!
      .querySelectorAll('li')
      .map(({ textContent }) => textContent.trim())
    expect(keys).toEqual(['cost xent, eta 0.5', 'cost quadratic, eta 3'])
    // one band for each configuration in the accuracy chart
    expect(document.querySelector('figure svg.chart[role]')!.querySelectorAll('g.area')).toHaveLength(2)
    expect(words(comparisonReport(runs))).toMatch(
      /^5 runs compared on MNIST 5 finished\. They differ in cost, eta: 2 configurations/,
    )
  })

  it('keeps the colour of a configuration from chart to chart', () => {
    const charts = parsed(comparisonReport(runs)).querySelectorAll('svg.chart[role]')
    const strokes = charts.map(chart =>
      chart.querySelectorAll('g.line').map(line => line.getAttribute('stroke')),
    )
    expect(strokes).toEqual([['var(--s1)', 'var(--s2)'], ['var(--s1)'], ['var(--s2)']])
  })

  it('of diverged runs, or of no runs, is a page too', () => {
    const diverged: RunRecord = {
      ...sampleRun(9, 0),
      state: 'diverged',
      layers: undefined,
      answers: undefined,
    }
    expect(words(comparisonReport([sampleRun(1, 3), diverged]))).toContain('1 finished, 1 diverged')
    expect(words(comparisonReport([diverged]))).toContain('No run monitored a set')
    expect(words(comparisonReport([]))).toMatch(/^0 runs compared/)
  })
})

/** The texts of the ticks of both axes of each chart. */
const ticks = (page: string): readonly string[] =>
  parsed(page)
    .querySelectorAll('svg.chart[role]')
    .map(svg =>
      svg
        .querySelectorAll('g[class="x-axis tick label"], g[class="y-axis tick label"]')
        .map(g => g.innerHTML.replace(/<[^>]*>/g, ' '))
        .join(),
    )

describe('the curves', () => {
  it('of two starts of the slowdown have the same axes, and come before the explanation', () => {
    const page = slowdownReport(sampleSlowdown(50))
    const all = ticks(page)
    expect(all).toHaveLength(6)
    expect(all.slice(0, 3)).toEqual(all.slice(3))
    expect(all[0]).toMatch(/\d/)
    const headings = parsed(page)
      .querySelectorAll('section h2')
      .map(({ textContent }) => textContent)
    expect(headings).toEqual([
      'From w = 0.6 and b = 0.9',
      'From w = 2 and b = 2',
      'Why',
      'Reproduce these results',
    ])
  })

  it('mark the same epochs on each curve: every one of 30', () => {
    for (const epochs of [30, 400]) {
      const run = sampleRun(1, epochs)
      const places = parsed(runReport(run))
        .querySelector('svg.chart[role]')!
        .querySelectorAll('g.dot')
        .map(g =>
          g
            .querySelectorAll('circle, path')
            .map(
              mark =>
                mark.getAttribute('cx') ??
                /translate\(([\d.]+)/.exec(mark.getAttribute('transform') ?? '')?.[1],
            ),
        )
      expect(places).toHaveLength(2)
      expect(places[0]).toEqual(places[1])
      if (epochs === 30) expect(places[0]).toHaveLength(30)
      else expect(places[0]!.length).toBeLessThan(10)
    }
  })

  it('of runs that monitored only the training set are those of the training set', () => {
    const blind = [1, 2].map(seed => {
      const { history, ...rest } = sampleRun(seed, 5)
      return {
        ...rest,
        best: undefined,
        history: history.map(({ report: { epoch, training }, ...times }) => ({
          ...times,
          report: { epoch, training: { ...training!, correct: NaN } },
        })),
      }
    })
    const text = words(comparisonReport(blind))
    expect(text).toContain('Cost on the training set.')
    expect(text).toContain('these curves do not show overfitting')
    expect(text).not.toContain('on the evaluation set')
    expect(words(runReport(blind[0]!))).toContain('Cost after each epoch.')
  })
})

it('a reproduction that is shorter than the book has no column of the book', () => {
  const { cells, ...rest } = sampleReproduction()
  const short = words(reproduceReport({ ...rest, cells: cells.map(cell => ({ ...cell, book: undefined })) }))
  expect(short).toContain('costhiddenrunslast')
  expect(short).not.toContain('Comparison with the book')
})

it('a report of 30 epochs and 100 hidden neurons is below 1 MB, a study of 100 trials below 3 MB', () => {
  expect(runReport(sampleRun(1, 30, 100)).length).toBeLessThan(1e6)
  expect(studyReport(sampleStudy(50)).length).toBeLessThan(3e6)
  const trials = Array.from({ length: 100 }, (_, i) => {
    const run = sampleRun(i, 30)
    return { ...run, config: { ...run.config, eta: i } }
  })
  expect(comparisonReport(trials).length).toBeLessThan(3e6)
})

it('the page of repeated searches has a row of dots for each search, and one for all', () => {
  const document = parsed(proceduresReport(sampleProcedures()))
  const chart = document
    .querySelectorAll('svg')
    .find(svg => (svg.getAttribute('aria-label') ?? '').startsWith('The difference of each search'))!
  expect(chart.getAttribute('aria-label')).toContain(
    'mean +0.20 points, interval +0.05 to +0.35, over 8 searches',
  )
  expect(chart.querySelectorAll('circle')).toHaveLength(8 * 5)
})

it('of very many trials the landscapes show some, and say how many', () => {
  const sample = sampleProcedures()
  const trials = Array.from({ length: 7000 }, (_, i) => ({ eta: 1 + i / 7000, accuracy: i / 7000 }))
  const [first, second] = sample.arms
  const document = parsed(
    proceduresReport({
      ...sample,
      arms: [
        { ...first, trials },
        { ...second, trials: [] },
      ],
    }),
  )
  const figure = document
    .querySelectorAll('figure')
    .find(each => each.textContent.includes('One trial of 3 is drawn.'))!
  expect(figure.textContent).toContain('7,000 trials')
  // and the circle around the best one
  expect(figure.querySelectorAll('circle').length).toBe(2334 + 1)
})

it('the page of repeated searches says what the study would find, with its spread', () => {
  const document = parsed(proceduresReport(sampleProcedures()))
  const table = document
    .querySelectorAll('table')
    .find(each =>
      (each.querySelector('caption')?.textContent ?? '').includes('How often each answer is given'),
    )!
  expect(table.querySelectorAll('tbody th, tbody td').map(cell => cell.textContent)).toEqual([
    ...['0.2', '80 %', '0 %', '20 %', '9.5'],
  ])
})
