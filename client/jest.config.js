/** @type {import('jest').Config} */
module.exports = {
  displayName: 'client',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' }, keepClassNames: true },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Sources name each other by the files they become.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};
