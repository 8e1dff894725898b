// Values that are right alone and wrong together.
import { SHOP, shopWith, testMistakes } from '../support/system-files.ts';

const judgedBy = (metric: string): string =>
  shopWith(13, `  errors: { source: scrape, metrics: { e: ${metric} } }`);

testMistakes([
  ['finds nothing wrong with a right file', SHOP, []],
  [
    'refuses a weight that falls',
    shopWith(11, '          - { weight: 4 }'),
    [
      '11: services.api.rollout.canary.steps.1.weight: 4 falls below the weight of the step before (5); weights rise from step to step, up to 100',
    ],
  ],
  [
    'refuses a weight that repeats',
    shopWith(11, '          - { weight: 5 }'),
    [
      '11: services.api.rollout.canary.steps.1.weight: 5 repeats the weight of the step before (5); weights rise from step to step, up to 100',
    ],
  ],
  [
    'refuses an analysis without a limit',
    judgedBy('{ ratio: { of: fairlead_requests_total, to: fairlead_requests_total } }'),
    [
      '13: analyses.errors.metrics.e: a metric without a limit always passes; write max, min, maxOverStable or compare',
    ],
  ],
  [
    'refuses a comparison without a limit',
    judgedBy('{ rate: { of: fairlead_requests_total }, maxOverStable: {} }'),
    [
      '13: analyses.errors.metrics.e.maxOverStable: no limit is given; write ratio, difference or both',
    ],
  ],
  [
    'refuses an analysis without metrics',
    shopWith(13, '  errors: { source: scrape, metrics: {} }'),
    ['13: analyses.errors.metrics: an analysis without a metric judges nothing; add at least one'],
  ],
  [
    'refuses a metric that measures two things',
    judgedBy(
      '{ rate: { of: fairlead_requests_total }, quantile: { q: 0.9, of: fairlead_request_duration_seconds }, max: 1 }',
    ),
    [
      '13: analyses.errors.metrics.e: rate and quantile are both there; a metric has exactly one of ratio, rate, quantile',
    ],
  ],
  [
    'refuses a metric that measures nothing',
    judgedBy('{ max: 1 }'),
    [
      '13: analyses.errors.metrics.e: nothing is measured; a metric has exactly one of ratio, rate, quantile',
    ],
  ],
  [
    'refuses a min above max',
    judgedBy('{ rate: { of: fairlead_requests_total }, min: 2, max: 1 }'),
    [
      '13: analyses.errors.metrics.e.min: 2 is above max (1): nothing could pass; write a smaller min',
    ],
  ],
  [
    'refuses a selector that cannot be read',
    judgedBy("{ rate: { of: 'a{b=c}' }, max: 1 }"),
    [
      '13: analyses.errors.metrics.e.rate.of: reading the selector "a{b=c}": "b=c" is not label="value". Write name, or name{label="value",other!="value",third=~"regex",fourth!~"regex"}.',
    ],
  ],
  [
    'refuses two services on one port',
    shopWith(
      12,
      `  web: { platform: local, command: [x], port: 8000, rollout: { canary: { steps: [{ weight: 5 }] } } }\nanalyses:`,
    ),
    ['12: services.web.port: the port 8000 is that of the service api; give each service its own'],
  ],
  [
    'refuses command and image together',
    shopWith(6, '    port: 8000\n    image: x:{version}'),
    ['7: services.api.image: both command and image are there; keep one of them'],
  ],
  [
    'refuses an image on the platform local',
    shopWith(5, '    image: x'),
    [
      '5: services.api.image: the platform local runs a command, not an image; write command: [program, argument, ...]',
    ],
  ],
  [
    'refuses a service without a command',
    shopWith(5, '    replicas: 1'),
    [
      '3: services.api.command: is missing; the platform local needs command: [program, argument, ...]',
    ],
  ],
  [
    'refuses an analysis that is not declared',
    shopWith(10, '          - { weight: 5, bake: 3s, analysis: erors }'),
    [
      '10: services.api.rollout.canary.steps.0.analysis: no analysis "erors" is declared (did you mean errors?); declared: errors',
    ],
  ],
  [
    'refuses an approval that is not declared',
    shopWith(10, '          - { weight: 5, approval: nobody }'),
    [
      '10: services.api.rollout.canary.steps.0.approval: no approval "nobody" is declared; declared: promote',
    ],
  ],
  [
    'refuses a quorum larger than from',
    shopWith(15, '  promote: { quorum: 3, from: [ana, ben] }'),
    [
      '15: approvals.promote.quorum: 3 people must approve, but from names 2; write a smaller quorum or name more people',
    ],
  ],
  [
    'refuses signed answers of people without a key',
    shopWith(15, '  promote: { trust: signed, quorum: 2, from: [ana, ben] }'),
    [
      '15: approvals.promote.trust: answers have to be signed, and the section keys names no key of ana, ben; each makes one with `fairlead key new`',
      '15: approvals.promote.trust: 2 people must sign, and the section keys names 0',
    ],
  ],
  [
    'refuses a person named twice',
    shopWith(15, '  promote: { from: [ana, ana] }'),
    ['15: approvals.promote.from: a person is named twice; name each once'],
  ],
  [
    'refuses a person named twice in two spellings, in every list',
    shopWith(
      15,
      '  promote: { quorum: 2, from: [Ana, ben, ana], breakGlass: [eva, EVA], escalation: { after: 1h, to: [x, X] } }',
    ),
    [
      '15: approvals.promote.from: a person is named twice (Ana and ana are one); name each once',
      '15: approvals.promote.breakGlass: a person is named twice (eva and EVA are one); name each once',
      '15: approvals.promote.escalation.to: a person is named twice (x and X are one); name each once',
    ],
  ],
  [
    'counts a person for the quorum once, however often the name is spelled',
    shopWith(15, '  promote: { quorum: 2, from: [Ana, ANA] }'),
    [
      '15: approvals.promote.from: a person is named twice (Ana and ANA are one); name each once',
      '15: approvals.promote.quorum: 2 people must approve, but from names 1; write a smaller quorum or name more people',
    ],
  ],
  [
    'refuses a reminder after the deadline',
    shopWith(15, '  promote: { deadline: 1h, reminder: 2h }'),
    [
      '15: approvals.promote.reminder: the reminder (2h) comes after the deadline (1h); write a shorter one',
    ],
  ],
  ['lets a short deadline go without a reminder', shopWith(15, '  promote: { deadline: 1h }'), []],
  [
    'refuses an escalation after the deadline',
    shopWith(15, '  promote: { deadline: 90m, escalation: { after: 2h, to: [x] } }'),
    [
      '15: approvals.promote.escalation.after: the escalation (2h) comes after the deadline (90m); write a shorter one',
    ],
  ],
  [
    'refuses the strategy canary without its steps',
    SHOP.split('\n').toSpliced(6, 5, '    rollout: { strategy: canary }').join('\n'),
    [
      '7: services.api.rollout.canary: is missing; the strategy canary needs canary: {steps: [{weight: 5, bake: 5m}, ...]}',
    ],
  ],
  [
    'refuses a directory outside the system',
    shopWith(6, '    port: 8000\n    directory: ../other'),
    [
      '7: services.api.directory: "../other" leaves the system\'s folder; write a relative path inside it',
    ],
  ],
  [
    'refuses files outside the system',
    shopWith(6, '    port: 8000\n    files: [a, /etc/passwd, a/../../b]'),
    [
      '7: services.api.files.1: "/etc/passwd" leaves the system\'s folder; write a relative path inside it',
      '7: services.api.files.2: "a/../../b" leaves the system\'s folder; write a relative path inside it',
    ],
  ],
  [
    'refuses a name that differs from the folder',
    shopWith(1, 'system: store'),
    ['1: system: "store" differs from the name of the folder; write shop, or rename the folder'],
  ],
  [
    'refuses placeholders that nothing replaces',
    shopWith(5, "    command: [node, '{verison}.mjs', '{port}']"),
    [
      '5: services.api.command.1: unknown placeholder {verison}; replaced here: {version}',
      '5: services.api.command.2: unknown placeholder {port}; replaced here: {version}',
    ],
  ],
  [
    'refuses the placeholders of checks in files',
    shopWith(6, "    port: 8000\n    files: ['{address}.csv']"),
    ['7: services.api.files.0: unknown placeholder {address}; replaced here: {version}'],
  ],
  [
    'refuses a bake too short for its analysis',
    shopWith(10, '          - { weight: 5, bake: 100ms, analysis: errors }'),
    [
      "10: services.api.rollout.canary.steps.0.bake: a bake of 100ms is shorter than the interval of the step's analysis (1s), which could measure nothing; write a longer bake",
    ],
  ],
  [
    'wants http or command of a check, and its own name',
    shopWith(
      6,
      '    port: 8000\n    checks: { smoke: [{ name: a }, { name: a, http: /x, command: [x] }] }',
    ),
    [
      '7: services.api.checks.smoke.0: neither http nor command is there; a check has exactly one of them',
      '7: services.api.checks.smoke.1: both http and command are there; a check has exactly one of them',
      '7: services.api.checks.smoke.1.name: "a" names two checks of smoke; give each its own name',
    ],
  ],
  [
    'knows the placeholders of checks',
    shopWith(6, "    port: 8000\n    checks: { smoke: [{ name: a, command: [x, '{adress}'] }] }"),
    [
      '7: services.api.checks.smoke.0.command.1: unknown placeholder {adress}; replaced here: {address}, {url}, {version}',
    ],
  ],
  [
    'refuses a base that is not there',
    shopWith(1, 'system: shop\nbase: shpo'),
    ['2: base: there is no system "shpo"; there are: none'],
  ],
  [
    'refuses a system that is its own base',
    shopWith(1, 'system: shop\nbase: shop'),
    ['2: base: the bases go round in a circle (shop -> shop); remove one base'],
  ],
  [
    'refuses a base that is no name',
    shopWith(1, 'system: shop\nbase: [a]'),
    [
      '2: base: a list is not allowed; write a name of 1 to 63 lower-case letters, digits and hyphens, a letter first, not constructor',
    ],
  ],
  [
    'names mistakes of shape and of sense together',
    shopWith(6, '    prt: 8000').replace('quorum: 1', 'quorum: 9'),
    [
      '3: services.api.port: is missing; write a whole number from 1 to 65535',
      '6: services.api.prt: unknown key (did you mean port?); known here: platform, description, command, image, directory, user, host, trustedProxies, kubernetes, port, replicas, configuration, datastores, files, health, drain, rollout, promote, checks',
      '15: approvals.promote.quorum: 9 people must approve, but from names 2; write a smaller quorum or name more people',
    ],
  ],
]);
