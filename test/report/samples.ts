/**
 * Records and studies to make reports of: made up, deterministic, and in every part complete.
 */
import type { Chapter } from '../../src/report/pages/chapter-page.ts'
import type { Reproduction } from '../../src/report/pages/reproduce-page.ts'
import type { Slowdown } from '../../src/report/pages/slowdown-page.ts'
import type { ProcedureArm, ProceduresRecord } from '../../src/report/pages/procedures-page.ts'
import type { StudyRecord } from '../../src/report/pages/study-page.ts'
import type { RunRecord } from '../../src/report/run-record.ts'
import { initialValues } from '../../src/core/params.ts'
import { fold, key, normalNumbers } from '../../src/core/rng.ts'

/** Rises fast, then slowly; a little different for each seed. */
export const curve = (seed: number, epochs: number, top = 0.96): readonly number[] =>
  Array.from(normalNumbers(key(seed), epochs), (noise, i) => top - 0.1 / (i + 1) + noise / 500)

const CIRCUMSTANCES = {
  command: 'npm run train -- --cost xent --seed 1',
  config: { cost: 'xent', eta: 0.5 },
  env: { node: 'v20.12.0', backend: 'wasm', threads: 1 },
} as const

export const sampleRun = (seed = 1, epochs = 30, hidden = 30): RunRecord => {
  const accuracies = curve(seed, epochs)
  return {
    ...CIRCUMSTANCES,
    name: `xent-${seed}`,
    state: 'finished',
    sentence: `All ${epochs} epochs are done.`,
    config: {
      ...{
        cost: 'xent',
        sizes: [784, hidden, 10],
        epochs,
        miniBatchSize: 10,
        eta: 0.5,
        lmbda: 0,
        init: 'default',
      },
      ...{
        seed,
        shuffle: true,
        data: 'MNIST',
        trainSize: 50_000,
        evaluateOn: 'test',
        monitors: ['evaluationCost'],
      },
    },
    history: accuracies.map((share, i) => ({
      report: {
        epoch: i + 1,
        training: { cost: 1.4 - 1.3 * share, correct: Math.round(50_000 * (share + 0.01)), n: 50_000 },
        evaluation: { cost: 1.5 - 1.3 * share, correct: Math.round(10_000 * share), n: 10_000 },
      },
      seconds: 0.21,
      observing: 0.08,
    })),
    best: epochs === 0 ? undefined : accuracies.indexOf(Math.max(...accuracies)) + 1,
    layers: initialValues('default', key(seed), [784, hidden, 10]),
    answers: {
      part: 'test',
      confusion: Array.from({ length: 10 }, (_, label) =>
        Array.from({ length: 10 }, (_, answer) => (label === answer ? 950 : (label * 7 + answer * 3) % 11)),
      ),
      worst: Array.from({ length: 30 }, (_, i) => ({
        index: 100 * i,
        label: i % 10,
        answer: (i + 3) % 10,
        activations: Array.from({ length: 10 }, (_, j) => (j === (i + 3) % 10 ? 0.99 : 0.01)),
        width: 28,
        pixels: Uint8Array.from(normalNumbers(fold(key(seed), i), 784), x =>
          Math.max(0, Math.min(255, 90 * x)),
        ),
      })),
    },
  }
}

/** What an experiment has besides its own numbers. */
const EXPERIMENT = {
  data: 'MNIST',
  ...CIRCUMSTANCES,
  state: 'finished',
  sentence: 'All trials are done.',
  verdict: 'The cross-entropy cost is ahead.',
} as const

export const sampleStudy = (trials = 50): StudyRecord => {
  const seeds = Array.from({ length: 10 }, (_, i) => i)
  const differences = Array.from(normalNumbers(key(5), 10), x => 0.003 + x / 500)
  return {
    ...EXPERIMENT,
    title: 'Which cost is better',
    remarks: ['quadratic searches lmbda, which cross-entropy fixes.'],
    arms: ['cross-entropy', 'quadratic'].map((name, arm) => ({
      name,
      trials: Array.from(normalNumbers(key(arm), trials), (x, i) => ({
        eta: 10 ** (2 * Math.sin(i)),
        accuracy: i % 17 === 16 ? NaN : 0.94 + x / 200,
      })),
      winner: { eta: 0.5 + arm, lmbda: 1 },
      validation: 0.961,
      finals: seeds.map(seed => ({ seed, accuracies: curve(seed + 100 * arm, 30, 0.96 - arm / 200) })),
      test: 0.958,
    })),
    differences: [
      { name: 'cross-entropy minus quadratic', differences, mean: 0.003, low: 0.0016, high: 0.0044 },
    ],
  }
}

/** A study of 8 searches of each arm, each with 5 seeds. */
export const sampleProcedures = (): ProceduresRecord => {
  const searches = Array.from({ length: 8 }, (_, r) => Array.from(normalNumbers(key(r), 5), x => 0.2 + x / 4))
  const arm = (name: string, i: number): ProcedureArm => ({
    name,
    trials: sampleStudy(20).arms[i]!.trials,
    winners: searches.map((_, r) => ({ settings: { eta: 0.5 + r, init: 'default' }, test: 0.96 })),
    curves: Array.from({ length: 40 }, (_, seed) => curve(seed + 100 * i, 30, 0.96 - i / 200)),
    ...{ mean: 0.958, diverged: 0, stuck: i },
  })
  return {
    ...EXPERIMENT,
    title: 'Which procedure is better',
    answer: 'Undecided on MNIST.',
    difference: { name: 'quadratic minus xent', searches, mean: 0.2, low: 0.05, high: 0.35, delta: 0.1 },
    looks: [['8', '5.00 %', '+0.20', '0.05 to 0.35', '0.08 to 0.32', 'undecided']],
    arms: [arm('xent', 0), arm('quadratic', 1)],
    spread: ['xent: eta: 0.5 to 7.5'],
    secondary: ['after 1 epoch: xent is ahead'],
    power: { what: 'The spread is 0.1 points.', rows: [['0.2', '80 %', '0 %', '20 %', '9.5']] },
    sharper: ['A new study needs 100 searches.'],
    rule: ['The study ends at the first look that decides.'],
  }
}

export const sampleReproduction = (): Reproduction => ({
  ...EXPERIMENT,
  title: 'The costs of chapter 3, again',
  cells: [30, 100].flatMap(hidden =>
    ['quadratic', 'cross-entropy'].map((cost, c) => ({
      cost,
      hidden,
      runs: [0, 1, 2, 3, 4].map(seed => ({ seed, accuracies: curve(seed + c, 30, 0.95 + hidden / 10_000) })),
      book: hidden === 30 ? 0.9542 : 0.9659,
    })),
  ),
  stuck: [
    {
      cost: 'quadratic',
      hidden: 30,
      seed: 3,
      digits: [0.98, 0.99, 0, 0.95, 0.96, 0, 0.97, 0.96, 0.93, 0.94],
    },
  ],
})

/** A figure of two arms beside the book, with a replay. */
export const sampleChapter = (): Chapter => ({
  ...EXPERIMENT,
  title: 'The chapter, figure by figure',
  lead: 'Two figures.',
  figures: ['first', 'second'].map((name, i) => ({
    name,
    title: `The ${name} figure`,
    section: 'Weight initialization',
    says: 'One start is better than another.',
    note: i === 0 ? undefined : 'Not compared.',
    claims: [
      {
        ...{ what: 'best accuracy', unit: '%', book: '96.53', ours: '96.49 ± 0.08', range: '96.40 … 96.61' },
        ...{ seeds: 5, verdict: "The book's number lies within our runs." },
      },
      {
        ...{
          what: 'default minus large start',
          unit: 'points',
          book: '',
          ours: '5.91',
          range: '5.91 … 5.91',
        },
        ...{ seeds: 1, verdict: '' },
      },
    ],
    charts: [
      {
        ...{ what: 'Accuracy on the validation set', x: 'epoch', y: 'accuracy (%)', digits: 2 },
        curves: ['default start', 'default start, the book', 'large start', 'large start, the book'].map(
          (curveName, seed) => ({
            name: curveName,
            points: curve(seed, 30).map((share, x) => ({ x: x + 1, y: 100 * share })),
          }),
        ),
      },
    ],
    replays: [
      {
        ...{ name: 'default start', sentence: 'Almost the same.' },
        ours: curve(1, 30).map(share => 100 * share),
        published: curve(1, 30).map((share, x) => 100 * share + (x % 2) * 6e-4),
      },
    ],
  })),
})

/** One neuron by the formulas of the book: input 1, desired output 0. */
export const sampleSlowdown = (epochs = 300): Slowdown => {
  const learning = (cost: string, eta: number, weight: number, bias: number) => {
    const steps: { readonly w: number; readonly b: number }[] = [{ w: weight, b: bias }]
    const output = ({ w, b }: { readonly w: number; readonly b: number }): number =>
      1 / (1 + Math.exp(-w - b))
    const slope = (a: number): number => (cost === 'quadratic' ? a * a * (1 - a) : a)
    for (let epoch = 0; epoch < epochs; epoch++) {
      const { w, b } = steps[epoch]!
      const step = eta * slope(output({ w, b }))
      steps.push({ w: w - step, b: b - step })
    }
    const outputs = steps.map(output)
    const costs = outputs.map(a => (cost === 'quadratic' ? (a * a) / 2 : -Math.log(1 - a)))
    return { cost, eta, output: outputs, costs, gradient: outputs.map(slope) }
  }
  return {
    ...EXPERIMENT,
    title: 'The learning slowdown',
    conclusion: 'From the bad start the quadratic cost first learns slowly; the cross-entropy cost does not.',
    explanation: ['The gradient of the quadratic cost has the factor σ′(z), which is small there.'],
    starts: [
      { weight: 0.6, bias: 0.9 },
      { weight: 2, bias: 2 },
    ].map(from => ({
      ...from,
      learnings: [
        learning('quadratic', 0.15, from.weight, from.bias),
        learning('cross-entropy', 0.005, from.weight, from.bias),
      ],
    })),
  }
}
