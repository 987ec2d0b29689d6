/**
 * The tiers of the source, lowest first: a file may import from its own row and from the rows above it in this
 * table, never from the rows below, and never in a circle. Every file of src is in exactly one row, which
 * scripts/lint-tree.mjs checks.
 */
export const tiers = [
  // core: the maths
  ['core/(tree|rng|schedule|byte-tensor|quiet-backend)'],
  ['core/(scope|activation|params|scan|tree-values)'],
  ['core/(activations|cost|regularizer|dropout|book-rng)'],
  ['core/(costs|regularizers|network|seeded)'],
  ['core/(optimizer|metrics)'],
  ['core/(optimizers|chunked-scan)'],
  ['core/evaluate'],
  ['core/train'],
  ['core/parts'],
  // what the application is made of
  ['errors', 'extent', 'format'],
  ['io'],
  ['compiler'],
  ['layers'],
  ['data', 'image'],
  ['runtime'],
  ['api'],
  ['options'],
  ['runs'],
  ['study'],
  ['book'],
  ['report'],
  ['web'],
  // what is seen from outside
  ['index', 'node'],
  ['repl'],
  ['cli'],
]

/** The files of a row. */
export const pathOf = names => `^src/(${names.join('|')})([.]ts$|/)`

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...tiers.slice(0, -1).map((names, tier) => ({
      name: `${names.join('-')}-imports-down`,
      severity: 'error',
      from: { path: pathOf(names) },
      to: { path: pathOf(tiers.slice(tier + 1).flat()) },
    })),
    {
      name: 'core-runs-anywhere',
      comment: 'the maths imports TensorFlow.js core and pure-rand, nothing else from outside',
      severity: 'error',
      from: { path: '^src/core/' },
      to: {
        path: '.',
        pathNot: ['^src/core/', '^node_modules/@tensorflow/tfjs-core/', '^node_modules/pure-rand/'],
      },
    },
    {
      name: 'compiler-runs-anywhere',
      comment:
        'but for xla and c, which need Node: the compiler imports TensorFlow.js core, nothing else from outside',
      severity: 'error',
      from: { path: '^src/compiler/', pathNot: '^src/compiler/(xla|c)/' },
      to: { path: '.', pathNot: ['^src/(core|compiler)/', '^node_modules/@tensorflow/tfjs-core/'] },
    },
    {
      name: 'api-runs-anywhere',
      comment: 'the functions of the library need no Node, and neither does what they import',
      severity: 'error',
      from: { path: '^src/api/' },
      to: {
        path: '^(node:|(fs|os|path|url|util|crypto|module|child_process|worker_threads)$)',
        reachable: true,
      },
    },
    {
      name: 'the-rest-of-the-compiler-needs-no-node',
      severity: 'error',
      from: { path: '^src/compiler/', pathNot: '^src/compiler/(xla|c)/' },
      to: { path: '^src/compiler/(xla|c)/' },
    },
    {
      name: 'only-backend-names-a-backend',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(runtime/backend|web/page/page-kernels)[.]ts$' },
      to: { path: '^node_modules/@tensorflow/tfjs-(node|backend-)' },
    },
    {
      name: 'only-the-queue-names-redis',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/study/queue-(client|connection|worker)[.]ts$' },
      to: { path: '^node_modules/(bullmq|ioredis)/' },
    },
    {
      name: 'only-the-command-line-names-yargs',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^node_modules/(@types/)?yargs/' },
    },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
