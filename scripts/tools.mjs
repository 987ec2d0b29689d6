/**
 * The commands for the development of the project, each a program in this folder: what it does, and what it takes.
 */
const ANY = /./
const NUMBER = /^\d+$/

/** By command: the program, its help, the values it takes in order, and its flags with a value (`true`: any flag). */
export const tools = {
  bench: {
    file: 'scripts/bench.ts',
    about: 'Measures the time of a step and of an epoch, on every backend and engine that is installed.',
    usage: '["PART OF A TITLE"] [IMAGES] [--peers]',
    values: [ANY, NUMBER],
    flags: ['--peers'],
  },
  golden: {
    file: 'scripts/golden.ts',
    about: 'Records the golden cases of test/golden.',
    usage: '',
    values: [],
    flags: [],
  },
  docs: {
    file: 'scripts/docs.ts',
    about:
      'Builds the documentation as a site (dist/docs); fails where the docstring of a public name is incomplete.',
    usage: '[FOLDER]',
    values: [ANY],
    flags: [],
  },
  'digits-sheet': {
    file: 'scripts/digits-sheet.ts',
    about: 'Draws a sheet of generated digits as a picture (digits.png), from a seed (0).',
    usage: '[FILE.png] [SEED]',
    values: [ANY, NUMBER],
    flags: [],
  },
  'queue-throughput': {
    file: 'scripts/queue-throughput.ts',
    about:
      'Measures the cost of the queue, with trials (40) that keep a core busy for some milliseconds (1000).',
    usage: '[TRIALS] [MILLISECONDS]',
    values: [/^(\d+|child|worker)$/, NUMBER],
    flags: [],
  },
  'large-study': {
    file: 'scripts/large-study.ts',
    about:
      'Runs a study of many cheap trials (20000) through the local pool and through Redis, kills each part, and checks that nothing is lost.',
    usage: '[TRIALS]',
    values: [NUMBER],
    flags: [],
  },
  'stuck-runs': {
    file: 'scripts/stuck-runs.ts',
    about:
      'Says which runs of a study with repeated searches get stuck: by start, by digit, and by where its neuron starts.',
    usage: 'DIR',
    values: [ANY],
    flags: [],
  },
  'simulate-queue': {
    file: 'scripts/simulate-queue.ts',
    about:
      'Simulates a study on a thousand machines; the flags are the constants of scripts/simulate-queue.ts.',
    usage: '[--workers N] [--trials N] [--trial SECONDS] …',
    values: [],
    flags: true,
  },
  'error-rates': {
    file: 'scripts/error-rates.ts',
    about:
      'Simulates studies (10000 a row) with a known difference, and prints how often each answer is given, and how often it is wrong.',
    usage: '[STUDIES]',
    values: [NUMBER],
    flags: [],
  },
  pictures: {
    file: 'scripts/pictures.ts',
    about:
      'Makes 60 pictures of digits and counts what a network (runs/latest) reads in them; writes them to a folder.',
    usage: '[MODEL.json] [FOLDER]',
    values: [ANY, ANY],
    flags: [],
  },
  'report-picture': {
    file: 'scripts/report-picture.ts',
    about: 'Trains a network and takes a picture of its report (data/report.png) in headless Chromium.',
    usage: '[FILE.png]',
    values: [ANY],
    flags: [],
  },
  'page-picture': {
    file: 'scripts/page-picture.ts',
    about: 'Trains both networks of the page in headless Chromium and takes pictures of it (data/page.png).',
    usage: '[FOLDER]',
    values: [ANY],
    flags: [],
  },
  'test:mutation': {
    file: 'scripts/mutation.ts',
    about:
      'Changes the program in one small way at a time (200 ways, drawn from a seed) and counts how often the tests notice.',
    usage: '[--mutants N] [--seed S] [PART OF A PATH]',
    values: [ANY, ANY],
    flags: ['--mutants', '--seed'],
  },
  'check-gradients': {
    file: 'scripts/check-gradients.ts',
    about:
      'Checks the gradients derived by hand against tf.grads, a float64 program and central differences.',
    usage: '[--backend auto|native|wasm|cpu]',
    values: [],
    flags: ['--backend'],
  },
}

/** The help of a tool. */
export const helpOf = (name, { about, usage }) => `${about}\n\nUsage: npm run ${name} -- ${usage}`.trimEnd()

/** What is wrong with the arguments of a tool; undefined if nothing is. */
export const misuse = ({ values, flags }, args) => {
  if (flags === true) return undefined
  const isFlag = arg => arg.startsWith('-')
  const unknown = args.find(arg => isFlag(arg) && !flags.includes(arg))
  if (unknown !== undefined) return `${unknown}: unknown flag`
  const positionals = args.filter((arg, i) => !isFlag(arg) && !flags.includes(args[i - 1]))
  const wrong = positionals.findIndex((value, i) => values[i]?.test(value) !== true)
  return wrong < 0 ? undefined : `${positionals[wrong]}: unexpected value`
}
