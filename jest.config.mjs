/** @type {import('jest').Config} */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['<rootDir>/jest.setup.mjs'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: {
    '^@passbroker/(usersources|protocols)/settings$': '<rootDir>/libs/$1/src/settings.ts',
    '^@passbroker/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

/** Suites that hold a stopwatch: `npm test` runs them last and alone, for a neighbour's work would count as theirs. */
const MEASURED = ['cost', 'dead-usersources', 'floods', 'npm-start', 'outage'];

export default {
  testTimeout: 30_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{apps,libs}/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'walks',
      testMatch: ['<rootDir>/{apps,libs}/**/*.e2e-spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...MEASURED.map((name) => `/${name}\\.e2e-spec\\.ts$`)],
    },
    {
      ...shared,
      displayName: 'measured',
      testMatch: MEASURED.map((name) => `<rootDir>/apps/standalone/test/${name}.e2e-spec.ts`),
    },
  ],
};
