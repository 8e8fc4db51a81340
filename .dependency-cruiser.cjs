/** Who may import whom. Each rule is one sentence; `npm run check` enforces it. */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const SPECS = '(\\.spec|\\.e2e-spec)\\.ts$|/test/';
const PURE = '^libs/(model|multipass|saml|usersource-policy)/';
const SHARED_ROOMS =
  '^libs/usersources/src/(addresses|openid-connect|oauth2|directory|password-hashes|peoplesoft|sql|mapping)/';

module.exports = {
  forbidden: [
    rule('no-circles', 'Two files never import each other, however far round.', {}, { circular: true }),
    rule(
      'apps-stand-alone',
      'An app never imports another app; they meet in Redis and Postgres. Standalone composes all of them.',
      { path: '^apps/([^/]+)/', pathNot: ['^apps/standalone/', SPECS] },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    rule(
      'libs-look-down',
      'A lib never imports an app.',
      { path: '^libs/', pathNot: '^libs/testing/' },
      { path: '^apps/' },
    ),
    rule(
      'libs-are-leaves',
      'A lib imports itself, model, platform, multipass or saml: nothing else of ours.',
      { path: '^libs/([^/]+)/', pathNot: ['^libs/testing/', SPECS] },
      { path: '^libs/', pathNot: '^libs/($1|model|platform|multipass|saml)/' },
    ),
    rule(
      'model-is-ground',
      'The model imports nothing at all, not even a package.',
      { path: '^libs/model/' },
      { pathNot: '^libs/model/' },
    ),
    rule(
      'pure-stays-pure',
      'model, multipass, saml and usersource-policy know no framework, database, Redis or network.',
      { path: PURE, pathNot: SPECS },
      {
        path: 'node_modules/(@nestjs|typeorm|pg|ioredis|fastify|undici)|^(node:)?(http|https|net|dns|fs|child_process)(/|$)',
        pathNot: '^(node:)?net$',
      },
    ),
    rule(
      'types-are-strangers',
      'A usersource type or protocol never imports another; what several types do lives in a room of no type.',
      { path: '^libs/(usersources|protocols)/src/([^/]+)/' },
      { path: '^libs/$1/src/[^/]+/', pathNot: ['^libs/$1/src/$2/', SHARED_ROOMS] },
    ),
    rule(
      'admin-reads-settings-only',
      'The admin API knows what a type can be told, never how it works.',
      { path: '^apps/admin/', pathNot: SPECS },
      { path: '^libs/(usersources|protocols)/', pathNot: 'settings\\.ts$' },
    ),
    rule(
      'keys-stay-home',
      'Only the minter touches token-signing keys.',
      { pathNot: '^apps/minter/' },
      { path: '^apps/minter/src/keys/' },
    ),
    rule(
      'testing-is-for-specs',
      'Only specs and benchmarks import libs/testing.',
      { path: '^(apps|libs)/', pathNot: ['^libs/testing/', SPECS] },
      { path: '^libs/testing/' },
    ),
    rule(
      'nest-lives-in-apps',
      'Libs are plain TypeScript; Nest stays in apps and *.module.ts.',
      { path: '^libs/', pathNot: ['\\.module\\.ts$', SPECS, '^libs/testing/'] },
      { path: 'node_modules/@nestjs/' },
    ),
    rule('nothing-unresolved', 'Every import leads somewhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
