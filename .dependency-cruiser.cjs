// Who may import whom at run time: the table in docs/architecture.md, enforced.
// Type-only imports are not seen (tsPreCompilationDeps is off), so a port's type may cross any line.
const temporal = '^node_modules/@temporalio/';

/** A folder may import only what `allowed` names (paths inside src, or packages). */
function only(from, allowed, { core = true, except = '' } = {}) {
  const to = { pathNot: allowed };
  if (core) to.dependencyTypesNot = ['core'];
  return {
    name: `${from.replace('^src/', '')} imports only what its row allows`,
    severity: 'error',
    from: except ? { path: from, pathNot: except } : { path: from },
    to,
  };
}

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no development package in src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    only('^src/config/', [
      '^src/config/',
      '^src/domain/(failure|digest|names|rungs|selector|query-template|copy-template|placeholders|started-services)\\.ts$',
      '^node_modules/(zod|yaml)/',
    ]),
    only('^src/domain/', ['^src/domain/', '^node_modules/(@noble/hashes|canonicalize)/'], {
      core: false,
    }),
    only('^src/workflows/', ['^src/workflows/', '^src/domain/', `${temporal}(workflow|common)/`], {
      core: false,
    }),
    only('^src/payload-converter', [`${temporal}common/`], { core: false }),
    only('^src/activities/', ['^src/activities/', '^src/domain/', `${temporal}activity/`]),
    only('^src/(platforms|datastores|integrations)/', [
      '^src/(platforms|datastores|integrations|domain|machine)/',
      '^node_modules/(?!@temporalio/)',
    ]),
    only('^src/watching/', [
      '^src/(watching|domain|machine)/',
      '^src/workflows/messages',
      `${temporal}(client|common|worker)/`,
      '^node_modules/pino/',
    ]),
    only('^src/machine/', [
      '^src/machine/',
      '^src/domain/(describe-value|failure|json)\\.ts$',
      '^node_modules/zod/',
    ]),
    only('^src/reports/', ['^src/reports/', '^src/domain/'], { core: false }),
    only('^src/embedded/', [
      '^src/embedded/',
      '^src/config/',
      '^src/machine/',
      '^src/platforms/local/protocol\\.ts',
      '^src/workflows/messages',
      `${temporal}testing/`,
      '^node_modules/(?!@temporalio/)',
    ]),
    only('^src/demo/', ['^src/(demo|cli|domain|embedded|machine|reports)/', `${temporal}client/`]),
    only('^src/(cli/|client\\.)', [
      '^src/(cli|config|demo|domain|embedded|reports)/',
      '^src/workflows/messages',
      '^src/payload-converter',
      '^src/integrations/signing',
      `${temporal}(client|common|envconfig)/`,
      '^node_modules/(commander|picocolors)/',
    ]),
    {
      name: 'the worker starts no other process and is no command line',
      severity: 'error',
      from: { path: '^src/worker' },
      to: { path: '^src/(cli|embedded)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
