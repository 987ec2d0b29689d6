/**
 * The words of the page in English. Every other language has the same keys.
 */
import type { Verdict } from '../../study/verdict.ts'
import type { PagePart, Pace } from './page-link.ts'
import type { FileRefusal, Refused } from './page-messages.ts'

/** A sentence for each kind. */
export type Sentences<A extends { readonly kind: string }> = {
  readonly [K in A['kind']]: (of: A & { readonly kind: K }) => string
}

export const sentenceIn = <A extends { readonly kind: string }>(sentences: Sentences<A>, of: A): string =>
  sentences[of.kind as A['kind']](of)

export const english = {
  language: 'English',
  title: 'How the cost function decides how a network learns',
  lead: 'Chapter 3 of Neural Networks and Deep Learning, computed live in your browser: the quadratic cost beside the cross-entropy, from the same start, on the same mini-batches.',
  parts: {
    neuron: 'One neuron',
    network: 'Two networks',
    draw: 'Draw a digit',
    seeds: 'Many seeds',
    files: 'Data and files',
  } satisfies Record<PagePart, string>,
  sections: 'Sections',
  switchLanguage: 'Language',
  costs: {
    quadratic: 'Quadratic',
    xent: 'Cross-entropy',
    'log-likelihood': 'Log-likelihood',
    'quadratic-linear': 'Quadratic, linear outputs',
  } as Record<string, string>,

  // the controls of a training
  run: 'Run',
  pause: 'Pause',
  stepBatch: 'One mini-batch',
  stepEpoch: 'One epoch',
  step: 'Step',
  restart: 'Restart',
  restartHint: 'the same start again',
  newSeed: 'New seed',
  pace: 'Pace',
  paces: {
    '1': '1 / s',
    '10': '10 / s',
    '100': '100 / s',
    '1000': '1,000 / s',
    full: 'full speed',
  } satisfies Record<Pace, string>,
  paceHint: 'mini-batches a second; the pace does not change the result',
  preparing: 'Preparing …',
  progress: (epoch: string, of: number): string => `epoch ${epoch} of ${of}`,
  speed: (images: string): string => `${images} images / s`,
  finished: 'finished',
  diverged: 'the weights overflowed float32: try a smaller η',
  lost: 'The training stopped: its worker was ended by the browser.',
  startAgain: 'Start again',
  linkRefused: 'This link cannot be used: ',
  settingsRefused: 'These settings cannot be used: ',
  refusedFor: ({ message, remedy }: Refused): { readonly message: string; readonly remedy: string } => ({
    message,
    remedy,
  }),
  useStart: 'Use the page’s own settings',

  // the network
  networkLead: (training: string, test: string, data: string): string =>
    `Both networks see the same ${training} training images in the same order (${data}). The curves are those of the chapter’s four monitors, on the training set and on ${test} test images.`,
  accuracyTest: 'Accuracy on the test set',
  accuracyTraining: 'Accuracy on the training set',
  costTest: 'Cost on the test set',
  costTraining: 'Cost on the training set',
  epochAxis: 'epoch',
  correctOf: (correct: string, n: string): string => `${correct} of ${n} correct`,
  valuesTable: 'The values as a table',
  settings: 'Settings',
  forBoth: 'For both networks',
  flags: {
    cost: 'Cost',
    eta: 'Learning rate η',
    sizes: 'Layers',
    'mini-batch-size': 'Mini-batch size',
    epochs: 'Epochs',
    activation: 'Hidden neurons',
    init: 'Initial weights',
    regularizer: 'Regularizer',
    lmbda: 'Regularization λ',
    optimizer: 'Optimizer',
    momentum: 'Momentum μ',
    dropout: 'Dropout',
    'early-stop': 'Early stopping (epochs)',
    'eta-schedule': 'Schedule of η',
    expand: 'Expanded training data',
    'expand-copies': 'Copies of an image',
    'expand-each-epoch': 'New copies in each epoch',
    'expand-angle': 'Largest rotation (degrees)',
    'expand-translation': 'Largest shift (pixels)',
    'expand-sigma': 'Smoothness σ (pixels)',
    'expand-alpha': 'Strength α (pixels)',
    seed: 'Seed',
    data: 'Data',
    'train-size': 'Training images',
    shuffle: 'New order in each epoch',
    rng: 'Random numbers',
    seeds: 'Seeds',
  } as Record<string, string>,
  emptyFields: {} as Record<string, string>,
  locked: 'The settings of this lesson are fixed.',
  commandLine: 'The same training on the command line, with the same weights to the byte:',
  commandLineDecides:
    'The same settings on the command line. It decides by all of its test images when to stop and when to lower η, this page by the first 2,000:',
  copy: 'Copy',
  copied: 'Copied',

  // inside the network
  weights: 'Weights of the first layer',
  weightsHint:
    'A picture for each neuron of the first layer: the weights from the 28 × 28 pixels. Positive is blue, negative orange.',
  weightsOf: (network: string, neurons: number): string => `${network}: weights of ${neurons} neurons`,
  more: (n: number): string => `and ${n} more`,
  slopes: 'How saturated each layer is',
  slopesHint:
    'The distribution of σ′(z) over neurons and test images. With the quadratic cost the error of the output layer has the factor σ′(z): where the bars crowd at 0, it learns slowly.',
  slopesOf: (network: string, layer: string, median: string): string =>
    `${network}, ${layer}: median of σ′(z) ${median}`,
  median: 'median',
  hiddenLayer: (l: number): string => `hidden layer ${l}`,
  outputLayer: 'output layer',
  confusion: 'Which digit was read as which',
  confusionHint: 'A row for each digit, a column for each answer. Choose a cell to see its images.',
  shown: 'shown',
  cell: (label: number, answer: number, count: number): string => `${label} read as ${answer}: ${count}`,
  imagesOf: (label: number, answer: number, count: number): string =>
    `${count === 1 ? '1 image' : `${count} images`} of ${label}, read ${label === answer ? 'correctly' : `as ${answer}`}`,
  close: 'Close',
  worst: 'Worst mistakes',
  worstHint: 'The test images with the most confident wrong answers: the digit, and what was answered.',
  noMistakes: 'No mistakes.',
  answered: (label: number, answer: number): string => `${label} read as ${answer}`,

  // one neuron
  neuronLead:
    'One neuron must learn to answer the input 1 with the output 0. It starts wrong. The more wrong it is, the faster it should learn; with the quadratic cost the opposite happens.',
  weight: 'weight w',
  bias: 'bias b',
  rate: 'learning rate η',
  start: 'Start',
  startWrong: 'w 0.6, b 0.9',
  startSaturated: 'w 2, b 2',
  time: 'Epoch',
  output: 'Output a',
  costC: 'Cost C',
  gradient: 'Gradient ∂C/∂w',
  slope: 'Slope σ′(z)',
  equations: 'The equations at this moment',
  asScript: 'Step as the book’s own script steps',
  asScriptHint:
    'The script of the book’s animation steps along 1/(1 − a), which is ∂C/∂a, where ∂C/∂w = a is right. The line with dots is that step; the solid one is right.',
  scriptStep: 'script of the book',
  scriptFactor: (step: string, right: string, times: string): string =>
    `At this moment the script’s step is ${step}, the right one ${right}: ${times} times as large.`,
  neuronChart: (what: string, epoch: number, quadratic: string, xent: string): string =>
    `${what} at epoch ${epoch}: ${quadratic} with the quadratic cost, ${xent} with the cross-entropy`,

  // drawing
  drawLead: 'Draw a digit. Both networks answer while they train.',
  drawHere: 'Drawing area',
  undo: 'Undo',
  clear: 'Clear',
  openPhoto: 'Open a photo',
  sees: 'What the networks see',
  seesHint:
    'The digit’s box is scaled to 20 × 20 pixels, and its centre of mass moved to the middle, as in MNIST.',
  refused: (reason: string): string => `No digit: ${reason}`,
  nothingDrawn: 'Nothing is drawn yet.',
  answersOf: (network: string, digit: number, share: string): string => `${network}: ${digit} (${share})`,
  digitKeyboard: 'With the keyboard: the arrow keys move the pen, Space puts it down or lifts it.',

  // seeds
  seedsLead:
    'One run proves little: another seed gives another start and another order. Train each network from many seeds, and compare.',
  runSeeds: (n: number): string => `Train from ${n} seeds`,
  stop: 'Stop',
  seedsDone: (done: number, of: number): string => `${done} of ${of} trainings`,
  bandHint: 'The line is the median of the runs, the area goes from the worst to the best.',
  stuckHint: 'A run is stuck if it never, or almost never, answers some digit.',
  stuckRun: (seed: number, digits: string, percent: string): string =>
    `seed ${seed} gave up ${digits}: ${percent}`,
  noStuck: 'no run is stuck',
  stuckRuns: (n: number, of: number): string => `${n} of ${of} runs are stuck`,
  verdict: 'Verdict',
  differences: (first: string, second: string): string =>
    `${second} minus ${first}, in points, for each seed`,
  needMore: 'The verdict needs two seeds or more.',
  verdictSentence: (
    verdict: Verdict,
    data: string,
    inEnglish: (verdict: Verdict, data: string) => string,
  ): string => inEnglish(verdict, data),
  rule: 'The rule: the test accuracy after the last epoch decides. Better means p below 0.05 and a mean difference of at least 0.1 points; no difference that matters, that the 95 % interval lies within ±0.1 points; everything else is inconclusive.',
  mean: 'mean',
  lowest: 'lowest',
  highest: 'highest',

  // data and files
  dataLead: 'The page begins with digits that it draws itself. Nothing leaves your computer.',
  dataNow: (name: string, training: string, test: string): string =>
    `${name}: ${training} training images, ${test} test images`,
  generated: 'Generated digits',
  generatedName: 'generated digits',
  named: (name: string, text: string): string => `${name}: ${text}`,
  mnist: 'MNIST, the first 10,000',
  mnistLoading: 'Loading …',
  mnistMissing:
    'MNIST is not beside this page. Its four files can be dropped here (train-images, train-labels, t10k-images, t10k-labels), or the page can be built with MNIST_DIR set.',
  drop: 'Drop IDX files (images and labels, .gz or not), pictures named by their digit (such as 7-first.png), or a saved network here',
  chooseFiles: 'Choose files',
  link: 'Link to this page, with all settings and the seed',
  saveModel: (network: string): string => `Save the ${network} network (JSON)`,
  saveCsv: 'Save the metrics (CSV)',
  saveSvg: 'Save the curves (SVG)',
  notOpened: 'This could not be opened: ',
  fileRefusals: {
    error: ({ error }) => error.message,
    'no-digit-in-name': ({ file }) =>
      `${file}: the name of a picture begins with its digit, such as 7-first.png`,
    'no-picture': ({ file }) => `${file}: the browser cannot open this picture`,
    damaged: ({ file }) => `${file}: the gzip file is damaged or too large`,
    unpaired: ({ file }) => `${file}: images and labels are two files; give both together`,
    'other-size': ({ file }) => `${file}: the images of the two sets differ in size`,
    'too-few': ({ file }) => `${file}: two images or more are needed`,
    unequal: ({ file, images, labels }) => `${file}: ${images} images, but ${labels} labels`,
    'other-inputs': ({ file, inputs, pixels }) =>
      `${file}: ${inputs} inputs, but an image has ${pixels} pixels`,
    'no-images': () => 'there is no file of images',
  } as Sentences<FileRefusal>,
  openedModel: (name: string, correct: string, n: string): string =>
    `${name} reads ${correct} of ${n} test images correctly.`,
  lesson: 'A lesson',
  lessonHint: 'A link can show some parts only, and fix the settings.',
  lockSettings: 'Fix the settings',
  documentation: 'The documentation of network2',
  licence: 'Data: MNIST by Y. LeCun, C. Cortes and C. J. C. Burges. The book is by Michael Nielsen.',
}

/** The words of a language. */
export type Words = {
  readonly [K in keyof typeof english]: (typeof english)[K]
}
