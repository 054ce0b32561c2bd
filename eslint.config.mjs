import prettier from 'eslint-config-prettier';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Which folders of src/ a folder may import from. Arrows point down and never turn back:
 * doors (chat) stand on the core (agent, tools, tasks, conversations, models), the core on the ground.
 */
const GROUND = ['common', 'config', 'database', 'observability', 'redis'];
const MAY_IMPORT = {
  common: [],
  config: ['common'],
  database: ['common', 'config'],
  observability: ['common', 'config', 'database'],
  redis: ['common', 'config', 'observability'],
  simulator: [],
  limits: GROUND,
  auth: [...GROUND, 'limits', 'usage'],
  usage: GROUND,
  models: [...GROUND, 'usage'],
  relay: [...GROUND, 'models'],
  doctor: [...GROUND, 'models', 'usage'],
  'ledger-verify': [...GROUND, 'models'],
  tasks: [...GROUND, 'auth'],
  conversations: [...GROUND, 'auth'],
  tools: [...GROUND, 'tasks'],
  agent: [...GROUND, 'auth', 'tools', 'conversations', 'models', 'usage'],
  reports: [...GROUND, 'auth', 'limits', 'usage', 'agent'],
  chat: [...GROUND, 'auth', 'limits', 'agent', 'conversations', 'models', 'usage', 'relay'],
  'openai-api': [...GROUND, 'auth', 'limits', 'models', 'usage', 'relay'],
};

/** The wall clock without an argument: `src/common/clock.ts` is the one place that reads it. */
const ONE_CLOCK = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Ask Clock (src/common/clock.ts); for durations and deadlines take performance.now().',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Ask Clock (src/common/clock.ts) what time it is.',
  },
  {
    selector: "CallExpression[callee.name='Date']",
    message: 'Ask Clock (src/common/clock.ts) what time it is.',
  },
];
/** Those that may read it themselves: the clock, and the simulator, which is a provider and not the app. */
const OWN_CLOCKS = ['src/common/clock.ts', 'src/simulator/simulator.server.ts'];

const folders = Object.keys(MAY_IMPORT);

/** A folder reaches neither a higher one nor another's entities. */
const direction = folders.map((folder) => {
  const forbidden = folders.filter((other) => other !== folder && !MAY_IMPORT[folder].includes(other));
  return {
    files: [`src/${folder}/**/*.ts`],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...(forbidden.length === 0
              ? []
              : [
                  {
                    regex: `^(\\.\\./)+(${forbidden.join('|')})(/|$)`,
                    message: `src/${folder} may import from: ${MAY_IMPORT[folder].join(', ') || 'nothing else of src'}.`,
                  },
                ]),
            {
              regex: `^(\\.\\./)+(?!${folder}/)[a-z-]+/.*\\.entity$`,
              message: 'Another module’s entities are its own: call its service.',
            },
          ],
        },
      ],
    },
  };
});

export default tseslint.config(
  { ignores: ['**/dist/**', 'coverage/**', '.data/**', 'deploy/lambda/app/**', 'test/generated-client/**'] },
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: {
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver': { node: { extensions: ['.ts', '.js'] } },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      'import-x/no-cycle': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'process.env is read in src/config only.',
        },
      ],
    },
  },
  ...direction,
  {
    files: ['src/**/*.ts'],
    ignores: OWN_CLOCKS,
    rules: { 'no-restricted-syntax': ['error', ...ONE_CLOCK] },
  },
  {
    files: ['src/config/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', '**/*.spec.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['test/**/*.ts', '**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  prettier,
);
