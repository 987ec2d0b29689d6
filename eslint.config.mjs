import { builtinModules } from 'node:module'
import js from '@eslint/js'
import ts from 'typescript-eslint'

/**
 * The pure files: what their functions give depends on the arguments alone. So they may not name an effect: a clock, a
 * random source, the process, the console, the network, a timer, or a module of Node other than its pure functions.
 * What they are given (a tensor, a generator of pure-rand) they may change only where its owner allows it: no rule
 * sees that.
 */
const pure = [
  'src/core/**/*.ts',
  'src/compiler/{emit,passes}/**/*.ts',
  'src/study/{moments,statistics,looks,identity,space,halving,arms,study-plan,study,verdict,procedure-summary}.ts',
  'src/report/{pages,sections,text}/**/*.ts',
  'src/image/**/*.ts',
  'src/data/expansions/**/*.ts',
  'src/data/{expand,expansion,gaussian,resample}.ts',
  'src/web/page/{line-chart,page-actions,page-link,page-messages,page-state,page-words,words-en,words-zh}.ts',
  'src/web/page/*-view.ts',
  'src/{extent,format}.ts',
]

const PURE = 'This file is pure: take it as an argument.'

const effects = [
  ...['Date', 'performance', 'crypto', 'process', 'console', 'fetch', 'globalThis'],
  ...['document', 'window', 'location', 'navigator', 'localStorage'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
].map(name => ({ name, message: PURE }))

const nodeModules = [
  { regex: `^(node:(?!zlib$|crypto$)|(${builtinModules.join('|')})(/|$))`, message: PURE },
  { regex: '^node:zlib$', allowImportNames: ['inflateSync'], message: PURE },
  { regex: '^node:crypto$', allowImportNames: ['createHash', 'hash'], message: PURE },
]

const partName = 'Literal[value=/^(quadratic|xent|QuadraticCost|CrossEntropyCost|sigmoid|l2|sgd)$/]'

/** Syntax that is forbidden; for a file, a later list replaces an earlier one as a whole. */
const syntax = {
  part: {
    selector: `BinaryExpression[operator=/^[!=]==?$/] > ${partName}, SwitchCase > ${partName}`,
    message: 'A part is asked for what it does, not for its name: extend its record in src/core.',
  },
  memory: {
    selector:
      'ImportDeclaration[source.value=/tfjs/] > ImportSpecifier[imported.name=/^(tidy|keep|dispose)$/]',
    message: 'Memory lives in src/core/scope.ts.',
  },
  text: {
    selector: 'NewExpression[callee.name="TextDecoder"]',
    message: 'Bytes become text in src/io/text.ts, which knows byte order marks and UTF-16.',
  },
  chain: {
    selector:
      'MemberExpression[object.name=/^[A-Z]+$/] > Identifier.property[name=/^chain/], ImportDeclaration[source.value=/^fp-ts/] > ImportSpecifier[imported.name=/^chain/]',
    message: 'fp-ts calls it flatMap (flatMapEither, tap, …).',
  },
}

export default ts.config(
  { ignores: ['node_modules', '.venv', 'data', 'runs', 'dist'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/array-type': 'off',
      // an index within bounds, in a loop over numbers, is proved by the loop
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: pure,
    rules: {
      'no-restricted-globals': ['error', ...effects],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Use src/core/rng.ts.' },
      ],
      'no-restricted-imports': ['error', { patterns: nodeModules }],
    },
  },
  {
    files: ['**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', syntax.memory, syntax.chain] },
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', syntax.memory, syntax.chain, syntax.part, syntax.text] },
  },
  {
    files: ['src/io/text.ts'],
    rules: { 'no-restricted-syntax': ['error', syntax.memory, syntax.chain, syntax.part] },
  },
  {
    files: ['src/core/scope.ts'],
    rules: { 'no-restricted-syntax': ['error', syntax.chain, syntax.part, syntax.text] },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        TextEncoder: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
)
