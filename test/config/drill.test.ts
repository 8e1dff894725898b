// The section `drill:` of a system file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSystem } from '../../src/config/load.ts';
import { SHOP, shopWith, systemsWith, testMistakes } from '../support/system-files.ts';

const DATA = 'datastores:\n  main: { kind: files, directory: data }\n';
const USING = `${shopWith(6, '    port: 8000\n    datastores: [main]')}${DATA}`;
const asked = '[{ service: api, name: a, http: /a }]';
const drill = (text: string): string => `${SHOP}${DATA}drill: ${text}\n`;

const proved = (more: string): string =>
  `${USING}  more: { kind: files, directory: more, verify: { required: [artefact, usable] } }\n${more}`;

testMistakes([
  [
    'a service is started on a copy only where the file says which, and what it is asked',
    proved(''),
    [
      '19: datastores.more.verify.required.1: "usable" cannot be shown of more: no section "drill" says which service is started, and what it is asked; declare it, or write artefact, loads, complete, correct, pointInTime, invariants',
    ],
  ],
  [
    'a service is started on the copy of one datastore only where it needs no other',
    proved(`drill: { rto: 1m, golden: ${asked} }\n`),
    [
      '19: datastores.more.verify.required.1: "usable" cannot be shown of more: api is on main; a drill restores all of them together; write artefact, loads, complete, correct, pointInTime, invariants here; a drill asks the golden queries all the same',
    ],
  ],
  [
    'what is wrong in the section is said first',
    proved(`drill: { golden: ${asked} }\n`),
    [
      '20: drill.rto: is missing; write a duration with a unit, such as 250ms, 3s, 15m, 24h or 90d (at most 366d), longer than 0',
    ],
  ],
  [
    'a drill says how long a recovery may take, and asks something',
    drill('{ services: [api], golden: [] }'),
    [
      '18: drill.rto: is missing; write a duration with a unit, such as 250ms, 3s, 15m, 24h or 90d (at most 366d), longer than 0',
      '18: drill.golden: an empty list is not allowed; write a list of at least one {service, name, http, ...}',
    ],
  ],
  [
    'names services that are there',
    drill(
      `{ rto: 1m, services: [apii], configuration: { web: { A: b } }, golden: [{ service: ap, name: a, http: /a }] }`,
    ),
    [
      '18: drill.services.0: there is no service "apii" (did you mean api?); declared in services: api',
      '18: drill.configuration.web: there is no service "web"; declared in services: api',
      '18: drill.golden.0.service: there is no service "ap" (did you mean api?); declared in services: api',
    ],
  ],
  [
    'starts something: a service that uses a datastore, or one that is named',
    drill(`{ rto: 1m, golden: ${asked} }`),
    [
      '18: drill.golden: no service names a datastore that is restored, so a drill would start none; name those that are to be started in drill.services',
    ],
  ],
  [
    'has one golden query of a name',
    drill(
      '{ rto: 1m, services: [api], golden: [{ service: api, name: a, http: /a }, { service: api, name: a, http: /b }] }',
    ),
    ['18: drill.golden.1.name: "a" names two golden queries; give each its own name'],
  ],
  [
    'gives no secret to a service in a drill',
    drill(
      `{ rto: 1m, services: [api], configuration: { api: { TOKEN: { env: T } } }, golden: ${asked} }`,
    ),
    [
      '18: drill.configuration.api.TOKEN: a map is not allowed; write a text, a number, true or false; no secret, which a drill is not given',
    ],
  ],
]);

const STORES = `datastores:
  new-orders: { kind: postgres, database: shop, user: app }
  cache: { kind: redis, role: derived }
  index: { kind: redis, role: derived }
  pictures: { kind: files, directory: data }
`;
const given = (value: string): string =>
  `${shopWith(6, '    port: 8000\n    datastores: [new-orders, cache]')}${STORES}drill: { rto: 1m, golden: ${asked}, configuration: { api: { URL: '${value}' } } }\n`;
const FILLED =
  '{{copy.new-orders.user}}, {{copy.new-orders.password}}, {{copy.new-orders.database}}, {{copy.cache.user}}, {{copy.cache.password}}';

testMistakes([
  [
    'asks a copy for what it has',
    given('postgres://{{copy.new-order.user}}:{{ copy.new-orders.pasword }}@{{copy.cache.host}}'),
    [
      `22: drill.configuration.api.URL: unknown placeholder {{copy.new-order.user}} (did you mean copy.new-orders.user?); filled in here: ${FILLED}`,
      `22: drill.configuration.api.URL: unknown placeholder {{copy.new-orders.pasword}} (did you mean copy.new-orders.password?); filled in here: ${FILLED}`,
      `22: drill.configuration.api.URL: unknown placeholder {{copy.cache.host}}; filled in here: ${FILLED}`,
    ],
  ],
  [
    'asks nothing of what it neither restores nor starts, and of what nobody logs in to',
    given('{{copy.index.password}} {{copy.pictures.password}} {{'),
    [
      `22: drill.configuration.api.URL: {{copy.index.password}}: the derived datastore index is not started in a drill, because no service that is started names it in its datastores; filled in here: ${FILLED}`,
      `22: drill.configuration.api.URL: {{copy.pictures.password}}: pictures is of kind files, which nobody logs in to; filled in here: ${FILLED}`,
      `22: drill.configuration.api.URL: "{{" without its partner; filled in here: ${FILLED}`,
    ],
  ],
]);

const warmed = (role: string, warm: string): string =>
  `${shopWith(6, `    port: 8000\n    datastores: [main, cache]`)}${DATA}  cache: { kind: redis, role: ${role}, warm: ${warm} }\ndrill: { rto: 1m, services: [api], golden: ${asked} }\n`;

testMistakes([
  [
    'warms what is flushed, and nothing that is restored',
    warmed('primary', '[{ service: api, http: /products }]'),
    [
      '19: datastores.cache.warm: means nothing for a primary datastore, which is restored and never flushed; remove it, or write role: derived',
    ],
  ],
  [
    'warms by services that are there, and by one request at least',
    warmed('derived', '[{ service: ap, http: /products }]'),
    [
      '19: datastores.cache.warm.0.service: there is no service "ap" (did you mean api?); declared in services: api',
    ],
  ],
  [
    'warms what a service names',
    warmed('derived', '[{ service: api, http: /products }]').replace('[main, cache]', '[main]'),
    [
      '19: datastores.cache.warm: no service names cache in its datastores, so that a drill neither flushes nor warms it; name it there, or remove this',
    ],
  ],
  [
    'warms by requests',
    warmed('derived', '[{ service: api, http: products }]'),
    [
      '19: datastores.cache.warm.0.http: "products" is not allowed; write a path such as /api/products',
    ],
  ],
  [
    'warms by services that a drill starts',
    warmed('derived', '[{ service: web, http: /products }]').replace(
      'services:\n',
      `services:
  web:
    platform: local
    command: [node, web.mjs]
    port: 8001
    rollout: { canary: { steps: [{ weight: 50, bake: 1m }] } }
`,
    ),
    [
      '24: datastores.cache.warm.0.service: the service "web" is not started in a drill, which starts api, so that cache would stay cold there; name it in drill.services',
    ],
  ],
]);

test('what a copy has is filled in, whatever hyphens its name has', async (t) => {
  const value = 'postgres://{{copy.new-orders.user}}:{{ copy.new-orders.password }}@db/shop';
  const dir = await systemsWith(t, { 'shop/system.yaml': given(value) });
  const { system } = await loadSystem(dir, 'shop');
  assert.equal(system.drill?.configuration['api']?.['URL'], value);
});

test('a service that uses a datastore needs no name, and every drill has an age', async (t) => {
  const text = `${USING}drill: { rto: 90s, golden: ${asked} }\n`;
  const dir = await systemsWith(t, { 'shop/system.yaml': text });
  const { system } = await loadSystem(dir, 'shop');
  assert.equal(system.drill?.rto, 90_000);
  assert.equal(system.drill.every, 30 * 86_400_000);
  assert.equal(system.drill.golden[0]?.status, 200);
});

test('a verification may start a service that needs the one datastore alone', async (t) => {
  const text = `${USING.replace('directory: data', 'directory: data, verify: { required: [usable] }')}drill: { rto: 90s, golden: ${asked} }\n`;
  const dir = await systemsWith(t, { 'shop/system.yaml': text });
  const { system } = await loadSystem(dir, 'shop');
  assert.deepEqual(system.datastores?.['main']?.verify.required, ['usable']);
});

test('commercial-view has a drill that its file explains', async () => {
  const { system } = await loadSystem('systems', 'commercial-view');
  assert.deepEqual(system.drill?.services, ['api']);
});
