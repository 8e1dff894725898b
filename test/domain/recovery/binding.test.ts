import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DATASTORES } from '../../../src/config/kinds.ts';
import { loadSystem } from '../../../src/config/load.ts';
import {
  boundSettings,
  placeOf,
  type BindingRecord,
  type BoundPlaces,
} from '../../../src/domain/recovery/binding.ts';
import type { PlanStep } from '../../../src/domain/operation/plan.ts';
import type { LoadedSystem } from '../../../src/domain/loaded-system.ts';
import { refuseQuarantined } from '../../../src/domain/rollout/quarantine.ts';
import { revisionSpec } from '../../../src/domain/rollout/revision.ts';
import { datastoreRef } from '../../support/datastores/datastores.ts';
import { shopWith, systemsWith } from '../../support/system-files.ts';

const record = (place: BindingRecord['place']): BindingRecord => ({
  schema: 'fairlead/binding/v1',
  system: 'shop',
  datastore: 'orders',
  place,
  epoch: 7,
  since: '2026-11-22T00:00:00.000Z',
  operation: 'recover/shop/1',
});

const orders = datastoreRef('orders', '/', { kind: 'postgres', database: 'o', user: 'u' }).settings;
const CAN = DATASTORES.postgres.capabilities;

/** The shop with one service that is configured with `url`, and its datastores where they are today. */
async function shop(t: Parameters<typeof systemsWith>[0], url: string, by?: BindingRecord) {
  const yaml = `${shopWith(
    6,
    `    port: 8000
    datastores: [orders, loans]
    configuration: { URL: '${url}', KEY: { env: KEY } }`,
  )}
datastores:
  orders: { kind: postgres, database: o, user: u }
  loans: { kind: files, directory: data/loans }
`;
  const dir = await systemsWith(t, { 'shop/system.yaml': yaml });
  const loaded = await loadSystem(dir, 'shop');
  const places: BoundPlaces = {
    orders: { place: placeOf(orders, CAN, by), by: by ?? null },
    loans: { place: { directory: 'data/loans' }, by: null },
  };
  return { dir, loaded: { ...loaded, places } satisfies LoadedSystem, places };
}

describe('the place of a datastore', () => {
  test('is as the system file says, with what holds where it says nothing', () => {
    assert.deepEqual(placeOf(orders, CAN, undefined), {
      host: '127.0.0.1',
      port: 5432,
      database: 'o',
    });
    assert.equal(boundSettings(orders, undefined), orders);
  });

  test('is what a record says of it, field by field', () => {
    const by = record({ database: 'o_2', port: 5433 });
    assert.deepEqual(placeOf(orders, CAN, by), { host: '127.0.0.1', port: 5433, database: 'o_2' });
    assert.deepEqual(boundSettings(orders, by), { ...orders, port: 5433, database: 'o_2' });
  });
});

describe('a revision of a service that is told where its datastores are', () => {
  const URL =
    'postgres://{{binding.orders.host}}:{{ binding.orders.port }}/{{binding.orders.database}}';

  test('has it in its configuration', async (t) => {
    const { loaded } = await shop(t, URL);
    const { configuration, boundTo } = revisionSpec(loaded, 'api', 'v1');
    assert.equal(configuration['URL'], 'postgres://127.0.0.1:5432/o');
    assert.deepEqual(configuration['KEY'], { env: 'KEY' });
    assert.equal(boundTo, undefined);
  });

  test('finds a folder wherever it runs, and has the same id anywhere', async (t) => {
    const [one, other] = [
      await shop(t, '{{binding.loans.directory}}'),
      await shop(t, '{{binding.loans.directory}}'),
    ];
    const [spec, elsewhere] = [one, other].map(({ loaded }) => revisionSpec(loaded, 'api', 'v1'));
    assert.equal(spec?.configuration['URL'], `${one.dir}/shop/data/loans`);
    assert.equal(spec.id, elsewhere?.id);
  });

  test('is another one when a datastore is bound elsewhere, also without a placeholder', async (t) => {
    const by = record({ database: 'o_2' });
    for (const url of [URL, 'postgres://127.0.0.1/o']) {
      const before = revisionSpec((await shop(t, url)).loaded, 'api', 'v1');
      const { loaded } = await shop(t, url, by);
      const after = revisionSpec(loaded, 'api', 'v1');
      assert.notEqual(before.id, after.id);
      assert.deepEqual(Object.keys(after.boundTo ?? {}), ['orders']);
    }
    const { loaded } = await shop(t, URL, by);
    const { configuration } = revisionSpec(loaded, 'api', 'v1');
    assert.equal(configuration['URL'], 'postgres://127.0.0.1:5432/o_2');
  });

  test('keeps what is no placeholder of a binding as it is written', async (t) => {
    const { loaded } = await shop(t, '{{revision}} {version} {{other.orders.host}}');
    const { configuration } = revisionSpec(loaded, 'api', 'v1');
    assert.equal(configuration['URL'], '{{revision}} {version} {{other.orders.host}}');
  });
});

test('a revision that is bound to what is in quarantine does not come back', async (t) => {
  const by = record({ database: 'o_2' });
  const before = revisionSpec((await shop(t, 'x')).loaded, 'api', 'v1');
  const { loaded, places } = await shop(t, 'x', by);
  const after = revisionSpec(loaded, 'api', 'v1');
  const planOf = (spec: typeof before): { steps: PlanStep[] } => ({
    steps: [
      {
        id: 'ensure',
        title: '',
        undo: '',
        action: { kind: 'ensure', service: 'api', spec, replicas: 1, existed: false },
      },
    ],
  });
  assert.throws(
    () => {
      refuseQuarantined(planOf(before), places);
    },
    {
      kind: 'Refused',
      message:
        'v1 is bound to orders where it was before recover/shop/1 bound it elsewhere at 2026-11-22T00:00:00.000Z (database o_2, host 127.0.0.1, port 5432): what it would write goes into what is in quarantine; deploy v1 anew, so that it is bound to what is live',
    },
  );
  refuseQuarantined(planOf(after), places);
  refuseQuarantined(planOf(before), {});
  refuseQuarantined({ steps: [] }, places);
});
