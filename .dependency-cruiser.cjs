// Who may import whom: the table in docs/architecture.md, enforced. A row names what a folder may import at run time, and
// `types`: what it may take types of besides. No cycle, of types neither.
const temporal = '^node_modules/@temporalio/';

/** A folder may import only what `allowed` names (paths inside src, or packages), and types of what `types` names too. */
function only(from, allowed, { core = true, except = '', types = [] } = {}) {
  const name = from.replace('^src/', '');
  const whom = except ? { path: from, pathNot: except } : { path: from };
  const runTime = {
    pathNot: allowed,
    dependencyTypesNot: ['type-only', ...(core ? ['core'] : [])],
  };
  const typesToo = [...allowed, ...types, '^node_modules/'];
  return [
    {
      name: `${name} imports only what its row allows`,
      severity: 'error',
      from: whom,
      to: runTime,
    },
    {
      name: `${name} takes types only of what its row allows`,
      severity: 'error',
      from: whom,
      to: { pathNot: typesToo, dependencyTypes: ['type-only'], dependencyTypesNot: ['core'] },
    },
  ];
}

/** Which subjects of the domain a subject may use: at run time, and only types of. `.` is what lies in the domain itself. */
const SUBJECTS = {
  text: [['.'], []],
  time: [['.', 'text'], []],
  steps: [['.', 'text'], ['operation']],
  analysis: [['.', 'text'], ['rollout']],
  traffic: [['.', 'text'], ['rollout']],
  backup: [['.', 'text', 'analysis'], ['operation']],
  rollout: [['.', 'text', 'analysis', 'traffic', 'operation', 'people', 'recovery'], []],
  operation: [
    ['.', 'text', 'analysis', 'traffic', 'backup', 'steps'],
    ['rollout', 'recovery', 'time'],
  ],
  recovery: [
    ['.', 'text', 'time', 'analysis', 'backup', 'operation', 'rollout', 'traffic'],
    ['record'],
  ],
  'by-hand': [['.', 'text', 'operation', 'rollout', 'steps', 'traffic', 'recovery'], ['backup']],
  people: [
    ['.', 'text', 'recovery', 'traffic'],
    ['analysis', 'operation'],
  ],
  incident: [['.', 'text', 'people'], []],
  record: [
    ['.', 'text', 'time', 'recovery', 'people'],
    ['analysis', 'backup', 'operation', 'steps'],
  ],
};

function subjects() {
  const inDomain = (names) =>
    names.map((name) => `^src/domain/${name === '.' ? '[^/]+\\.ts' : `${name}/`}`);
  return Object.entries(SUBJECTS).flatMap(([subject, [runTime, types]]) =>
    only(
      `^src/domain/${subject}/`,
      [`^src/domain/${subject}/`, ...inDomain(runTime), '^node_modules/'],
      {
        core: false,
        types: [...inDomain(types), '^src/config/'],
      },
    ),
  );
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
    ...only(
      '^src/config/',
      [
        '^src/config/',
        '^src/domain/(failure|digest|text/names|text/did-you-mean|text/duration-text|backup/rungs|analysis/selector|analysis/query-template|recovery/copy-template|recovery/recovery-defaults|text/placeholders|recovery/started-services|time/(on-day|wall-clock)|steps/(consent|inputs)|incident/(alert-names|severity)|text/describe-value)\\.ts$',
        '^src/(platforms|datastores)/[^/]+/settings\\.ts$',
        '^node_modules/(zod|yaml)/',
      ],
      { types: ['^src/domain/', '^src/domain/capabilities'] },
    ),
    ...only(
      '^src/domain/',
      ['^src/domain/', '^node_modules/(@noble/hashes|canonicalize|temporal-polyfill)/'],
      {
        core: false,
        types: ['^src/config/'],
      },
    ),
    ...subjects(),
    ...only('^src/ports/', ['^src/ports/'], { types: ['^src/(domain|config)/'] }),
    ...only('^src/runbooks/', ['^src/(runbooks|domain)/'], {
      core: false,
      types: ['^src/config/'],
    }),
    ...only(
      '^src/workflows/',
      ['^src/(workflows|runbooks|domain)/', `${temporal}(workflow|common)/`],
      {
        core: false,
        types: ['^src/(activities|config)/'],
      },
    ),
    ...only('^src/payload-converter', [`${temporal}common/`], { core: false }),
    ...only('^src/activities/', ['^src/(activities|runbooks|domain)/', `${temporal}activity/`], {
      types: ['^src/(ports|config)/'],
    }),
    ...only(
      '^src/(platforms|datastores|integrations)/',
      [
        '^src/(platforms|datastores|integrations|domain|machine)/',
        '^node_modules/(?!@temporalio/)',
      ],
      {
        except: '^src/(platforms|datastores)/[^/]+/settings\\.ts$',
        types: ['^src/(ports|config)/'],
      },
    ),
    ...only(
      '^src/(platforms|datastores)/[^/]+/settings\\.ts$',
      ['^src/config/(terms|remark)\\.ts$', '^node_modules/zod/'],
      { types: ['^src/config/kind-settings', '^src/domain/capabilities'] },
    ),
    ...only('^src/watching/', [
      '^src/(watching|domain|machine|runbooks)/',
      '^src/workflows/messages',
      `${temporal}(client|common|worker)/`,
      '^node_modules/pino/',
    ]),
    ...only('^src/machine/', [
      '^src/machine/',
      '^src/domain/(text/describe-value|failure|json)\\.ts$',
      '^node_modules/zod/',
    ]),
    ...only('^src/reports/', ['^src/(reports|runbooks|domain)/'], { core: false }),
    ...only('^src/embedded/', [
      '^src/embedded/',
      '^src/config/',
      '^src/machine/',
      '^src/platforms/local/protocol\\.ts',
      '^src/workflows/messages',
      `${temporal}testing/`,
      '^node_modules/(?!@temporalio/)',
    ]),
    ...only(
      '^demo/',
      [
        '^demo/',
        // The cluster of the demonstration on Kubernetes, and its Alertmanager, are those of the tests.
        '^test/support/(kubernetes/|prometheus|local-daemon|debian-program)',
        '^src/(cli|domain|embedded|machine|reports|runbooks)/',
        // The emulator that stands for a live Firestore, and its customers, who write to it.
        '^src/datastores/firestore/scratch-emulator',
        '^node_modules/(@google-cloud/firestore|zod)/',
        `${temporal}client/`,
        '^node_modules/commander/',
      ],
      { types: ['^src/config/'] },
    ),
    ...only('^src/(cli/|client\\.)', [
      '^src/(cli|config|domain|embedded|reports|runbooks)/',
      '^src/workflows/messages',
      '^src/payload-converter',
      '^src/integrations/signing',
      '^src/integrations/objects-folder',
      '^src/integrations/records/',
      '^src/machine/(own-modules|own-file|keep-file|copies-folder|service-user|http/door-key)',
      `${temporal}(client|common|envconfig)/`,
      '^node_modules/(commander|picocolors|yaml)/',
    ]),
    ...only('^src/hooks[./]', [
      '^src/(hooks|config|domain|machine)/',
      '^src/integrations/secret-value',
      '^src/payload-converter',
      `${temporal}(client|common|envconfig)/`,
    ]),
    {
      name: 'the worker starts no other process and is no command line',
      severity: 'error',
      from: { path: '^src/(worker|hooks|stop-without-temporal)' },
      to: { path: '^src/(cli|embedded)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
