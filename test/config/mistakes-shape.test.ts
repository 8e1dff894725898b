// Keys and values that the schema refuses: what stands there, and what is allowed.
import { SHOP, shopWith, testMistakes } from '../support/system-files.ts';

const judgedBy = (metric: string): string =>
  shopWith(13, `  errors: { source: scrape, metrics: { e: ${metric} } }`);

testMistakes([
  [
    'wants a map, not a text',
    'hello\n',
    [
      '1: "hello" is not allowed; write a map with system, description, base, services, datastores, drill, recovery, analyses, approvals, keys, notify, changes, maintenance, people, alerts, schedules',
    ],
  ],
  [
    'wants a map, not a list',
    '- a\n',
    [
      '1: a list is not allowed; write a map with system, description, base, services, datastores, drill, recovery, analyses, approvals, keys, notify, changes, maintenance, people, alerts, schedules',
    ],
  ],
  [
    'says what a misspelt key of a service was meant to be',
    shopWith(6, '    port: 8000\n    replcas: 2'),
    [
      '7: services.api.replcas: unknown key (did you mean replicas?); known here: platform, description, command, image, directory, user, host, trustedProxies, kubernetes, port, replicas, configuration, datastores, files, health, drain, rollout, promote, checks',
    ],
  ],
  [
    'says what a misspelt key at the top was meant to be',
    `${SHOP}aproval: {}\n`,
    [
      '16: aproval: unknown key (did you mean approvals?); known here: system, description, base, services, datastores, drill, recovery, analyses, approvals, keys, notify, changes, maintenance, people, alerts, schedules',
    ],
  ],
  [
    'does not guess what a strange key was meant to be',
    `${SHOP}zzz: {}\n`,
    [
      '16: zzz: unknown key; known here: system, description, base, services, datastores, drill, recovery, analyses, approvals, keys, notify, changes, maintenance, people, alerts, schedules',
    ],
  ],
  [
    'refuses a weight that passes 100',
    shopWith(11, '          - { weight: 120 }'),
    [
      '11: services.api.rollout.canary.steps.1.weight: 120 is not allowed; write a percentage above 0 and up to 100',
    ],
  ],
  [
    'refuses a weight of 0',
    shopWith(10, '          - { weight: 0 }'),
    [
      '10: services.api.rollout.canary.steps.0.weight: 0 is not allowed; write a percentage above 0 and up to 100',
    ],
  ],
  [
    'refuses a quantile in percent',
    judgedBy('{ quantile: { q: 95, of: fairlead_request_duration_seconds }, max: 1 }'),
    [
      '13: analyses.errors.metrics.e.quantile.q: 95 is not allowed; write a number above 0 and below 1',
    ],
  ],
  [
    'says which sources there are',
    shopWith(
      13,
      '  errors: { source: scrap, metrics: { e: { rate: { of: fairlead_requests_total }, max: 1 } } }',
    ),
    [
      '13: analyses.errors.source: "scrap" is not allowed (did you mean scrape?); write scrape or prometheus',
    ],
  ],
  [
    'names a missing port',
    shopWith(6, '    replicas: 1'),
    ['3: services.api.port: is missing; write a whole number from 1 to 65535'],
  ],
  [
    'names a port without a value',
    shopWith(6, '    port:'),
    ['6: services.api.port: has no value; write a whole number from 1 to 65535'],
  ],
  [
    'refuses a port that is no number',
    shopWith(6, '    port: http'),
    ['6: services.api.port: "http" is not allowed; write a whole number from 1 to 65535'],
  ],
  [
    'refuses a port out of range',
    shopWith(6, '    port: 70000'),
    ['6: services.api.port: 70000 is not allowed; write a whole number from 1 to 65535'],
  ],
  [
    'says which platforms there are',
    shopWith(4, '    platform: nomad'),
    ['4: services.api.platform: "nomad" is not allowed; write local or kubernetes'],
  ],
  [
    'refuses an empty list of steps',
    SHOP.split('\n').toSpliced(8, 3, '        steps: []').join('\n'),
    [
      '9: services.api.rollout.canary.steps: an empty list is not allowed; write a list of at least one {weight, bake, ...}',
    ],
  ],
  [
    'names a missing system field',
    shopWith(1, ''),
    [
      '2: system: is missing; write a name of 1 to 63 lower-case letters, digits and hyphens, a letter first, not constructor',
    ],
  ],
  [
    'refuses a name in upper case once',
    shopWith(1, 'system: Shop'),
    [
      '1: system: "Shop" is not allowed; write a name of 1 to 63 lower-case letters, digits and hyphens, a letter first, not constructor',
    ],
  ],
  [
    'refuses a duration without a unit',
    shopWith(11, '          - { weight: 25, bake: 3 }'),
    [
      '11: services.api.rollout.canary.steps.1.bake: 3 is not allowed; write a duration with a unit, such as 250ms, 3s, 15m, 24h or 90d (at most 366d)',
    ],
  ],
  [
    'refuses a duration with a foreign unit',
    shopWith(11, '          - { weight: 25, bake: 3 sec }'),
    [
      '11: services.api.rollout.canary.steps.1.bake: "3 sec" is not allowed; write a duration with a unit, such as 250ms, 3s, 15m, 24h or 90d (at most 366d)',
    ],
  ],
  [
    'refuses a duration of more than a year',
    shopWith(11, '          - { weight: 25, bake: 999999999d }'),
    [
      '11: services.api.rollout.canary.steps.1.bake: "999999999d" is not allowed; write a duration with a unit, such as 250ms, 3s, 15m, 24h or 90d (at most 366d)',
    ],
  ],
  [
    'refuses an interval of 0',
    shopWith(6, '    port: 8000\n    health: { interval: 0s }'),
    [
      '7: services.api.health.interval: "0s" is not allowed; write a duration with a unit, such as 250ms, 3s, 15m, 24h or 90d (at most 366d), longer than 0',
    ],
  ],
  [
    'refuses configuration that is no value and no secret',
    shopWith(6, '    port: 8000\n    configuration: { 1X: a, B: { evn: X }, C: [1] }'),
    [
      '7: services.api.configuration.1X: the key "1X" is not allowed; write the name of an environment variable: letters, digits and underscores, no digit first',
      '7: services.api.configuration.B: a map is not allowed; write a text, a number, true or false, or a secret as {env: NAME} or {file: PATH}',
      '7: services.api.configuration.C: a list is not allowed; write a text, a number, true or false, or a secret as {env: NAME} or {file: PATH}',
    ],
  ],
  [
    'wants a service',
    'system: shop\nservices: {}\n',
    ['2: services: declare at least one service: `name: {platform, command, port, ...}`'],
  ],
  [
    'refuses a service name in upper case',
    shopWith(3, '  API:'),
    [
      '3: services.API: the key "API" is not allowed; write a name of 1 to 63 lower-case letters, digits and hyphens, a letter first, not constructor',
    ],
  ],
]);
