import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const nodeTest = [
  { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] },
];

export default tseslint.config(
  { ignores: ['dist', '.fairlead', 'node_modules', 'systems/**', 'test/replay/histories'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: nodeTest }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      complexity: ['error', { max: 10, variant: 'modified' }],
      'max-lines': ['error', 300],
      'no-console': 'error',
    },
  },
  { files: ['src/**'], rules: { 'max-lines-per-function': ['error', 60] } },
  { files: ['src/cli/**', 'demo/**', 'scripts/**', 'bench/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], ...tseslint.configs.disableTypeChecked },
  { files: ['**/*.cjs'], languageOptions: { globals: { module: 'writable' } } },
);
