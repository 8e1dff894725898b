// The plan of a verification that starts the service on the copy, and which services can show that one is usable.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemFile } from '../../src/config/system.ts';
import { planVerify, type UsableInput } from '../../src/runbooks/verify-backup.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { servicesOf } from '../../src/domain/recovery/started-services.ts';
import { completeBackup } from '../support/datastores/catalogue-entries.ts';
import { sampleSystem } from '../support/samples.ts';

type Drill = NonNullable<SystemFile['drill']>;
type Stores = NonNullable<SystemFile['datastores']>;

const total = { service: 'api', name: 'total', http: '/total' };
const drill: Drill = { rto: '10s', services: ['api'], golden: [total] };
const files = { kind: 'files', directory: 'data' } as const;
const entry = completeBackup({ daysOld: 1 });
const place = { datastore: 'orders', kind: 'folder', path: '/systems/shop/data' } as const;

describe('the plan of a verification that starts the service', () => {
  const loaded = sampleSystem(
    { configuration: { TOKEN: { env: 'TOKEN' } } },
    {
      drill: { ...drill, golden: [total, { service: 'web', name: 'page', http: '/' }] },
      datastores: { orders: { ...files, verify: { required: ['artefact', 'usable'] } } },
    },
  );
  const services = [revisionSpec(loaded, 'api', 'v1')];
  const plan = (usable: UsableInput) =>
    planVerify({
      ...{ operation: `verify/${entry.id}`, loaded, entry, copy: 'copy', usable },
      request: { system: 'shop', backup: entry.id },
    });
  const started = { target: 'verify-shop-1', place, live: [place], services };
  const whole = plan({ ...started, flushed: [] });
  const stepOf = (id: string) => whole.steps.find((step) => step.id === id);

  test('loads a copy for it, starts it once all else is judged, and closes before it concludes', () => {
    assert.deepEqual(
      whole.steps.map(({ id }) => id),
      'artefact loads isolate fence bind start-api usable close conclude discard'.split(' '),
    );
    assert.equal(stepOf('conclude')?.title, 'Conclude; verified only if artefact, usable passed');
  });

  test('binds that copy alone, asks only what is started, and differs from no recovery', () => {
    const bind = stepOf('bind')?.action;
    assert.deepEqual(bind?.kind === 'bind' && bind.bindings, [
      { datastore: 'orders', backup: entry.id, copy: 'copy', place },
    ]);
    const usable = stepOf('usable')?.action;
    assert.deepEqual(usable?.kind === 'usable' && usable.golden.map(({ name }) => name), ['total']);
    assert.match(
      stepOf('start-api')?.title ?? '',
      /on the copy without its secrets TOKEN, and wait/,
    );
    assert.ok(whole.steps.every(({ differs }) => differs === undefined));
  });

  test('flushes and warms what is derived, and discards that too', () => {
    const cached = sampleSystem(
      { datastores: ['cache', 'orders'] },
      {
        drill,
        datastores: {
          orders: { ...files, verify: { required: ['artefact', 'usable'] } },
          cache: { kind: 'redis', role: 'derived', warm: [{ service: 'api', http: '/all' }] },
        },
      },
    );
    const at = { datastore: 'cache', kind: 'address', host: '127.0.0.1', port: 6379 } as const;
    const usable = { ...started, flushed: [{ datastore: 'cache', place: at }] };
    const request = { system: 'shop', backup: entry.id };
    const about = { operation: `verify/${entry.id}`, loaded: cached, entry, copy: 'copy' };
    const { steps } = planVerify({ ...about, request, usable });
    assert.deepEqual(
      steps.map(({ id }) => id).slice(2),
      'isolate fence empty-cache bind start-api warm-cache usable close discard-cache conclude discard'.split(
        ' ',
      ),
    );
    const bind = steps.find(({ id }) => id === 'bind')?.action;
    assert.deepEqual(bind?.kind === 'bind' && bind.bindings.map(({ copy }) => copy), [
      'copy',
      'verify-shop-1-cache-empty',
    ]);
  });

  test('says why it starts none, and takes no copy for that', () => {
    const { steps } = plan({ why: 'api also needs users' });
    assert.deepEqual(
      steps.map(({ id }) => id),
      ['artefact', 'conclude'],
    );
    const [, conclude] = steps;
    assert.match(conclude?.title ?? '', /; usable is not run: api also needs users$/);
    const { action } = conclude ?? assert.fail();
    assert.equal(
      action.kind === 'conclude' && action.whyNotRun,
      ' (nothing shows usable: api also needs users)',
    );
  });
});

describe('the copy of one datastore', () => {
  const { api } = sampleSystem().system.services;
  assert.ok(api);
  const web = { ...api, port: 8001 };
  const both: Stores = { orders: files, users: files };
  const cached: Stores = { orders: files, cache: { kind: 'redis', role: 'derived' } };
  const table: [
    name: string,
    bound: { api: string[]; web?: string[] },
    datastores: Stores,
    drill: Partial<Drill> | undefined,
    expected: string[] | RegExp,
  ][] = [
    ['is shown by a service that needs it alone', { api: ['orders'] }, both, {}, ['api']],
    ['is shown beside a derived one', { api: ['orders', 'cache'] }, cached, {}, ['api']],
    ['is shown by one that names none, where there is no other', { api: [] }, cached, {}, ['api']],
    [
      'is shown by those that need it alone',
      { api: ['orders'], web: ['orders', 'users'] },
      both,
      { services: ['api', 'web'] },
      ['api'],
    ],
    [
      'is not shown by one that needs another too',
      { api: ['orders', 'users'] },
      both,
      {},
      /^api also needs users; a drill restores all of them together$/,
    ],
    [
      'is not shown by one that names none, where there are others',
      { api: [] },
      both,
      {},
      /^api names no datastore, and may need users; a drill/,
    ],
    ['is not shown by another one', { api: ['users'] }, both, {}, /^api is on users; a drill/],
    [
      'is not shown by one that is asked nothing',
      { api: ['users'], web: ['orders'] },
      both,
      { services: ['api', 'web'] },
      /^no golden query asks web; name one in drill.golden$/,
    ],
    [
      'is not shown without a section drill',
      { api: ['orders'] },
      both,
      undefined,
      /^no section "drill" says which service is started/,
    ],
  ];
  for (const [name, bound, datastores, changes, expected] of table) {
    test(name, () => {
      const { system } = sampleSystem(
        {},
        { datastores, ...(changes !== undefined && { drill: { ...drill, ...changes } }) },
      );
      const services = {
        api: { ...api, datastores: bound.api },
        ...(bound.web !== undefined && { web: { ...web, datastores: bound.web } }),
      };
      const showing = servicesOf('orders', { ...system, services });
      if (expected instanceof RegExp) assert.match('why' in showing ? showing.why : '', expected);
      else assert.deepEqual(showing, { services: expected });
    });
  }
});
