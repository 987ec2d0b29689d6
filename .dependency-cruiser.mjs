/**
 * The tiers of the source: a file may import from a lower tier, or from its own folder, never upwards and
 * never in a circle. The table is the architecture; read it top down.
 */
const tiers = [
  ['tree', 'errors', 'rng', 'schedule'],
  ['scope', 'activation', 'disk', 'data/(idx|dataset)'],
  ['cost', 'params', 'book-rng', 'data'],
  ['network', 'store'],
  ['sgd', 'monitor'],
  ['interpreter', 'backend'],
  ['pieces'],
  ['observe'],
  ['train'],
  ['run'],
  ['report', 'picture'],
  ['experiment', 'index'],
  ['cli'],
]

/** Files that must run in a browser unchanged. */
const core =
  '^src/(tree|scope|rng|activation|cost|params|network|sgd|monitor|pieces|observe|schedule|train|book-rng)[.]ts$'

const path = names => `^src/(${names.join('|')})([.]ts$|/)`

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...tiers.flatMap((names, tier) =>
      tier === tiers.length - 1
        ? []
        : [
            {
              name: `tier-${String(tier)}-imports-down`,
              severity: 'error',
              from: { path: path(names), pathNot: tiers.slice(0, tier).map(path) },
              to: {
                path: path(tiers.slice(tier + 1).flat()),
                pathNot: path(tiers.slice(0, tier + 1).flat()),
              },
            },
          ],
    ),
    {
      name: 'core-runs-anywhere',
      comment: 'the maths imports TensorFlow.js core and pure-rand, nothing else from outside',
      severity: 'error',
      from: { path: core },
      to: {
        path: '.',
        pathNot: ['^src/', '^node_modules/@tensorflow/tfjs-core/', '^node_modules/pure-rand/'],
      },
    },
    {
      name: 'only-backend-names-a-backend',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/backend[.]ts$' },
      to: { path: '^node_modules/@tensorflow/tfjs-(node|backend-)' },
    },
    {
      name: 'only-the-queue-names-redis',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/experiment/queue[.]ts$' },
      to: { path: '^node_modules/(bullmq|ioredis)/' },
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
