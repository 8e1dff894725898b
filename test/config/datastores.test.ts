import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSystem, loadSystem } from '../../src/config/load.ts';
import { secretSource } from '../../src/domain/loaded-system.ts';
import { createRedactor } from '../../src/integrations/secrets.ts';
import { SHOP, shopWith, systemsWith, testMistakes } from '../support/system-files.ts';

const KEY = 'age1zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz';
const stores = (text: string): string => `${SHOP}datastores:\n  main: ${text}\n`;

testMistakes([
  [
    'a kind of datastore needs its own fields',
    stores('{ kind: postgres, user: shop }'),
    ['17: datastores.main.database: is missing; a datastore of kind postgres needs database, user'],
  ],
  [
    'a kind of datastore takes no others',
    stores('{ kind: files, directory: data, port: 5 }'),
    [
      '17: datastores.main.port: means nothing for a datastore of kind files, which takes directory; remove it',
    ],
  ],
  [
    'what a service is told of where a datastore is names one that is there, and a field of its place',
    shopWith(
      6,
      `    port: 8000
    configuration:
      URL: 'postgres://{{binding.main.host}}:{{binding.main.prot}}/{{ binding.main.database }}'
      OTHER: '{{binding.man.host}} {{revision}} {{copy.main.user}}'`,
    ) + 'datastores: { main: { kind: postgres, database: m, user: u } }\n',
    [
      '8: services.api.configuration.URL: unknown placeholder {{binding.main.prot}} (did you mean binding.main.port?); filled in here: {{binding.main.host}}, {{binding.main.port}}, {{binding.main.database}}',
      '9: services.api.configuration.OTHER: unknown placeholder {{binding.man.host}} (did you mean binding.main.host?); filled in here: {{binding.main.host}}, {{binding.main.port}}, {{binding.main.database}}',
    ],
  ],
  [
    'where no datastore is declared, nothing is told of one',
    shopWith(6, "    port: 8000\n    configuration: { URL: '{{binding.main.host}}' }"),
    [
      '7: services.api.configuration.URL: unknown placeholder {{binding.main.host}}; no datastore is declared',
    ],
  ],
  [
    "a folder of data stays in the system's folder",
    stores('{ kind: files, directory: ../../etc }'),
    [
      '17: datastores.main.directory: "../../etc" leaves the system\'s folder; write a relative path inside it',
    ],
  ],
  [
    'an rpo alone contradicts how often backups are made by default, and is told so',
    stores('{ kind: files, directory: data, backup: { rpo: 24h } }'),
    [
      '17: datastores.main.backup.rpo: 24h between backups (interval, by default) and 10m for one (duration, by default) are 24h 10m, and at most 24h may be lost (rpo); back up more often, or say that more may be lost',
    ],
  ],
  [
    'backups as rare as what may be lost are too rare',
    stores('{ kind: files, directory: data, backup: { interval: 12h, rpo: 12h } }'),
    [
      '17: datastores.main.backup.rpo: 12h between backups (interval) and 10m for one (duration, by default) are 12h 10m, and at most 12h may be lost (rpo); back up more often, or say that more may be lost',
    ],
  ],
  [
    'one recipient twice is one',
    stores(
      `{ kind: files, directory: data, backup: { encryption: { recipients: [${KEY}, ${KEY}] } } }`,
    ),
    [
      '17: datastores.main.backup.encryption.recipients.1: is there twice; a second recipient is for the day on which the first is lost',
    ],
  ],
  [
    'a Redis takes no canary records and answers no watermark',
    stores('{ kind: redis, recoveryPoint: { canary: {}, watermark: { query: GET newest } } }'),
    [
      '17: datastores.main.recoveryPoint.canary: a datastore of kind redis takes no canary records; remove it',
      '17: datastores.main.recoveryPoint.watermark.query: a datastore of kind redis answers no queries yet; remove it',
    ],
  ],
  [
    'canary records more often than a schedule can write them',
    stores('{ kind: files, directory: data, recoveryPoint: { canary: { interval: 1ms } } }'),
    [
      '17: datastores.main.recoveryPoint.canary.interval: 1ms is not allowed; write a second or more: a schedule writes the records',
    ],
  ],
  [
    'canary records as rare as what may be lost make every copy look too old',
    stores('{ kind: files, directory: data, recoveryPoint: { canary: { interval: 36h } } }'),
    [
      '17: datastores.main.recoveryPoint.canary.interval: is not shorter than rpo: every copy would look older than what may be lost; write records more often',
    ],
  ],
  [
    'a datastore and a service have different names',
    `${SHOP}datastores:\n  api: { kind: redis }\n`,
    [
      '17: datastores.api: "api" is the name of a service too, and one of them would hold the other\'s lease; give the datastore another',
    ],
  ],
  [
    'a service names a datastore that is declared, where any is',
    `${shopWith(6, '    port: 8000\n    datastores: [maine]')}datastores:\n  main: { kind: redis }\n`,
    [
      '7: services.api.datastores.0: there is no datastore "maine" (did you mean main?); declared in datastores: main',
    ],
  ],
]);

test('names of datastores stay labels in a file that declares none', async (t) => {
  const yaml = shopWith(6, '    port: 8000\n    datastores: [anything]');
  const dir = await systemsWith(t, { 'shop/system.yaml': yaml });
  const { system } = await loadSystem(dir, 'shop');
  assert.deepEqual(system.services['api']?.datastores, ['anything']);
  assert.equal('datastores' in system, false);
});

test('a datastore has a sensible plan for its backups without a word', async (t) => {
  const yaml = stores('{ kind: redis }');
  const dir = await systemsWith(t, { 'shop/system.yaml': yaml });
  const { system } = await loadSystem(dir, 'shop');
  assert.deepEqual(system.datastores?.['main'], {
    kind: 'redis',
    role: 'primary',
    backup: {
      interval: 86_400_000,
      duration: 600_000,
      rpo: 129_600_000,
      retention: { days: 90, count: 7 },
      compression: 'none',
    },
    verify: { required: ['artefact', 'loads', 'complete', 'correct'], invariants: [] },
  });
});

test('backups too rare for what may be lost stop nobody', async (t) => {
  const yaml = stores('{ kind: files, directory: data, backup: { rpo: 1h } }');
  const dir = await systemsWith(t, { 'shop/system.yaml': yaml });
  assert.equal((await loadSystem(dir, 'shop')).system.datastores?.['main']?.backup.rpo, 3_600_000);
  assert.match((await checkSystem(dir, 'shop'))[0]?.message ?? '', /back up more often/);
});

test('canary records have a sensible ring without a word, and are asked for', async (t) => {
  const yaml = stores('{ kind: files, directory: data, recoveryPoint: { canary: {} } }');
  const dir = await systemsWith(t, { 'shop/system.yaml': yaml });
  const { system } = await loadSystem(dir, 'shop');
  assert.deepEqual(system.datastores?.['main']?.recoveryPoint, {
    canary: { interval: 60_000, keep: 1000 },
  });
});

test('a secret of a datastore is taken out of texts, and one that is missing stops no deploy', async (t) => {
  const yaml = stores('{ kind: postgres, database: shop, user: shop, password: { env: PGPASS } }');
  const dir = await systemsWith(t, { 'shop/system.yaml': yaml });
  const source = secretSource(await loadSystem(dir, 'shop'));
  const sources = { readFile: () => Promise.reject(new Error('none')), reader: 'the worker' };
  const redactor = createRedactor({ ...sources, env: { PGPASS: 'pass-of-pg' } });
  await redactor.learn(source);
  assert.equal(redactor.redact('with pass-of-pg'), 'with [redacted]');
  await createRedactor({ ...sources, env: {} }).learn(source);
});
