import ts from 'typescript-eslint'

const nodeGlobals = ['Buffer', 'process', 'window', 'document']
/** Files named `*-node.ts` and `*-browser.ts` are platform adapters; a composition root picks one. */
const platformAdapters = ['**/*-node.ts', '**/*-browser.ts']
const core = ['protocol/**/*.ts', 'client/**/*.ts', 'node/**/*.ts']

export default [
  { ignores: ['**/gen/**', 'dist/**', 'testnet/oracle/**', '**/node_modules/**'] },
  {
    files: ['**/*.ts'],
    languageOptions: { parser: ts.parser },
    plugins: { ts: ts.plugin },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-empty': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-throw-literal': 'error',
      'no-unused-expressions': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
      'ts/no-explicit-any': 'error',
      'ts/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      'ts/consistent-type-imports': 'error'
    }
  },
  {
    files: ['**/*.test.ts', '**/*-suite.ts'],
    rules: { 'no-restricted-properties': ['error', { object: 'describe', property: 'only' }, { object: 'it', property: 'only' }, { object: 'it', property: 'skip' }, { object: 'describe', property: 'skip' }] }
  },
  {
    files: ['protocol/**/*.ts', 'client/**/*.ts', 'web/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*-suite.ts', ...platformAdapters],
    rules: {
      'no-restricted-globals': ['error', ...nodeGlobals],
      'no-restricted-imports': ['error', { patterns: ['node:*', '*-node.ts'] }]
    }
  },
  {
    // The core knows no wall clock, timer or randomness of its own: they come in as ports.
    files: core,
    ignores: ['**/*.test.ts', ...platformAdapters, 'node/node.ts', 'node/system.ts', 'node/libp2p/**', 'client/system.ts', 'client/libp2p/**'],
    rules: {
      'no-restricted-properties': ['error',
        { object: 'Date', property: 'now', message: 'take a clock' },
        { object: 'performance', property: 'now', message: 'take a clock' },
        { object: 'Math', property: 'random', message: 'take random' },
        { object: 'AbortSignal', property: 'timeout', message: 'take a clock' },
        { object: 'process', property: 'env', message: 'read the environment in cli/' }],
      'no-restricted-syntax': ['error',
        { selector: "CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate)$/]", message: 'take a clock' },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'take a clock' }]
    }
  }
]
