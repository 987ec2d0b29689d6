import js from '@eslint/js'
import ts from 'typescript-eslint'

/** The pure core: no clock, random, process or environment. */
const core = [
  'src/core/**/*.ts',
  'src/study/{statistics,identity,space,halving,arms,study-plan,study,verdict}.ts',
  'src/report/{pages,sections,text}/**/*.ts',
  'src/image/**/*.ts',
]

const effects = ['Date', 'process', 'console', 'performance', 'setTimeout', 'setImmediate', 'fetch'].map(
  name => ({
    name,
    message: 'The core is pure: take it as an argument.',
  }),
)

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
    files: core,
    rules: {
      'no-restricted-globals': ['error', ...effects],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Use src/core/rng.ts.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    ignores: ['src/core/scope.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'ImportDeclaration[source.value=/tfjs/] > ImportSpecifier[imported.name=/^(tidy|keep|dispose)$/]',
          message: 'Memory lives in src/core/scope.ts.',
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
)
