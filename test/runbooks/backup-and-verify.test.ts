// Plans of backups and of their proofs, and what queries of a copy come to, as tables.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { judgeInvariants, type Asked } from '../../src/domain/backup/judge-invariants.ts';
import { backup, planBackup } from '../../src/runbooks/backup.ts';
import { leasedBy } from '../../src/runbooks/runbook.ts';
import { planVerify, planVerifyFile } from '../../src/runbooks/verify-backup.ts';
import type { SystemFile } from '../../src/config/system.ts';
import { completeBackup } from '../support/datastores/catalogue-entries.ts';
import { sampleSystem } from '../support/samples.ts';

type Stores = NonNullable<SystemFile['datastores']>;

const NOW = Date.parse('2026-11-22T08:51:26.123Z');
const orders = { kind: 'postgres', database: 'orders', user: 'app' } as const;
const three: Stores = {
  users: { ...orders, database: 'users' },
  orders: { ...orders, backup: { retention: { days: 30, count: 3 } } },
  cache: { kind: 'redis', role: 'derived' },
};
const systemOf = (datastores: Stores) => sampleSystem({}, { datastores });
const refused = (kind: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return true;
};

describe('the plan of a backup', () => {
  const plan = (datastores: Stores, datastore?: string) =>
    planBackup({
      operation: 'backup/shop',
      loaded: systemOf(datastores),
      request: { system: 'shop', ...(datastore !== undefined && { datastore }) },
      now: NOW,
    });

  test('takes every primary datastore first, under names of one moment, and then removes', () => {
    const { steps, before } = plan(three);
    assert.deepEqual(
      steps.map(({ id }) => id),
      ['backup-orders', 'backup-users', 'retention-orders', 'retention-users'],
    );
    assert.deepEqual(steps[0]?.action, {
      kind: 'backup',
      datastore: 'orders',
      backup: 'shop/orders/20261122T085126.123Z',
    });
    assert.match(steps[2]?.title ?? '', /older than 30 days, but never the newest 3/);
    assert.deepEqual(before, {});
  });

  test('takes a derived datastore only when it is named', () => {
    assert.deepEqual(
      plan(three, 'cache').steps.map(({ id }) => id),
      ['backup-cache', 'retention-cache'],
    );
    assert.deepEqual(leasedBy(backup, { system: 'shop' }, systemOf(three).system), [
      'orders',
      'users',
    ]);
  });

  test('of all datastores says which it leaves out, and why', () => {
    const titles = (text?: string) => plan(three, text).steps.map(({ title }) => title);
    assert.match(
      titles()[0] ?? '',
      /left out: cache \(a derived datastore is made anew, and never restored beside newer data\)$/,
    );
    assert.doesNotMatch(titles().slice(1).join(), /left out/);
    assert.doesNotMatch(titles('orders').join(), /left out/);
    assert.doesNotMatch(
      plan({ orders })
        .steps.map(({ title }) => title)
        .join(),
      /left out/,
    );
  });

  test('says which datastores there are, and where none are declared', () => {
    assert.throws(
      () => plan(three, 'order'),
      refused(
        'NotFound',
        /no datastore order \(did you mean orders\?\); it has users, orders, cache/,
      ),
    );
    const message = /no datastores to back up; declare them in the section "datastores"/;
    assert.throws(() => plan({}), refused('NotFound', message));
    assert.throws(() => plan({}, 'orders'), refused('NotFound', message));
  });
});

describe('the plan of a verification', () => {
  const entry = completeBackup({ daysOld: 1 });
  const plan = (
    verify: Stores[string]['verify'],
    of: Parameters<typeof planVerify>[0]['entry'] = entry,
  ) =>
    planVerify({
      operation: `verify/${entry.id}`,
      loaded: systemOf({ orders: { ...orders, ...(verify !== undefined && { verify }) } }),
      request: { system: 'shop', backup: entry.id },
      entry: of,
      copy: 'copy',
    });
  const invariants = [{ name: 'paid', query: 'select 1', equals: '1' }];

  const table: [string, Stores[string]['verify'], string[]][] = [
    [
      'climbs what is required by default',
      {},
      ['artefact', 'loads', 'complete', 'correct', 'conclude', 'discard'],
    ],
    ['makes no copy for what needs none', { required: ['artefact'] }, ['artefact', 'conclude']],
    [
      'makes a copy for what stands on one',
      { required: ['pointInTime', 'correct'] },
      ['loads', 'correct', 'point-in-time', 'conclude', 'discard'],
    ],
    [
      'asks invariants that somebody wrote down, required or not',
      { required: ['artefact'], invariants },
      ['artefact', 'loads', 'invariants', 'conclude', 'discard'],
    ],
  ];
  for (const [name, verify, steps] of table) {
    test(name, () => {
      assert.deepEqual(
        plan(verify).steps.map(({ id }) => id),
        steps,
      );
    });
  }

  test('carries what the backup says of itself, and neither manifest nor contents', () => {
    const { backup, steps } = plan({});
    assert.equal(backup?.rows, 1000);
    assert.ok(JSON.stringify(steps).length < 4000);
    assert.doesNotMatch(JSON.stringify(backup), /sha256|"hash"/);
  });

  test('refuses what cannot be restored at all', () => {
    const { id } = entry;
    const cut = { id, state: 'incomplete', objects: 2, bytes: 10, since: 0 } as const;
    assert.throws(() => plan({}, cut), refused('CheckFailed', /no manifest \(2 objects\)/));
    const odd = { id, state: 'unreadable', problem: 'its manifest is no JSON' } as const;
    assert.throws(() => plan({}, odd), refused('CheckFailed', /its manifest is no JSON/));
  });
});

describe('the plan of a proof', () => {
  const entry = completeBackup({ daysOld: 1 });
  const input = (store: Stores[string]) => ({
    ...{ operation: 'verify', copy: 'copy' },
    loaded: systemOf({ orders: store }),
    request: { system: 'shop', datastore: 'orders' },
  });
  const idsOf = ({ steps }: { steps: { id: string }[] }) => steps.map(({ id }) => id).join(' ');
  const recoveryPoint = { watermark: { query: 'select 1' } };

  test('measures the recovery point where the system file says how, required or not', () => {
    const store = { ...orders, recoveryPoint, verify: { required: ['artefact' as const] } };
    const plan = planVerify({ ...input(store), entry });
    assert.equal(idsOf(plan), 'artefact loads point-in-time conclude discard');
    assert.match(plan.steps[2]?.title ?? '', /by its own canary records or watermark/);
  });

  test('makes no copy for a recovery point of which nothing says how to measure it', () => {
    const required = ['pointInTime' as const];
    const store = { ...orders, recoveryPoint: {}, verify: { required } };
    const plan = planVerify({ ...input(store), entry });
    assert.equal(idsOf(plan), 'point-in-time conclude');
    assert.match(
      plan.steps[0]?.title ?? '',
      /how far the recovery point lies before the end of the backup$/,
    );
  });

  test('says of a derived datastore that it is a proof and no rehearsal', () => {
    const plan = planVerify({ ...input({ kind: 'redis', role: 'derived' }), entry });
    assert.match(plan.steps[1]?.title ?? '', /as a proof only: a derived datastore is made anew/);
  });

  test('of a file reads and loads it, asks what can be asked, and says what it leaves out', () => {
    const file = '/dumps/orders.dump';
    const of = (store: Stores[string]) => planVerifyFile({ ...input(store), file });
    const bare = of({ ...orders, verify: { required: ['pointInTime', 'usable'] } });
    assert.equal(idsOf(bare), 'artefact loads conclude discard');
    assert.equal(bare.backup, undefined);
    const invariants = [{ name: 'paid', query: 'select 1', equals: '1' }];
    const all = of({ ...orders, recoveryPoint, verify: { invariants } });
    assert.equal(idsOf(all), 'artefact loads point-in-time invariants conclude discard');
    assert.ok(all.steps[0]?.title.includes(file));
    assert.match(
      JSON.stringify(all.steps),
      /complete and correct take a manifest, .*; to judge files alone, write verify\.required: \[artefact, loads/,
    );
  });
});

describe('invariants', () => {
  const named = (more: object) => ({ name: 'debts', query: 'select', ...more });
  const table: [limits: object, asked: Asked, verdict: string, said: RegExp][] = [
    [{ equals: '0' }, { value: '0' }, 'pass', /debts is 0, and has to be 0/],
    [{ equals: '0' }, { value: '0.0' }, 'fail', /debts is 0.0/],
    [{ equals: '' }, { value: '' }, 'pass', /debts is , and/],
    [{ min: 1 }, { value: '1' }, 'pass', /has to be 1 or more/],
    [{ min: 1 }, { value: '0.99' }, 'fail', /debts is 0.99, and has to be 1 or more/],
    [{ min: 1, max: 3 }, { value: '4' }, 'fail', /1 or more and 3 or less/],
    [{ max: 3 }, { value: '-7' }, 'pass', /3 or less/],
    [{ max: 3 }, { value: 'many' }, 'fail', /debts is many/],
    [{ min: 0 }, { value: '' }, 'fail', /debts is , /],
    [{ min: 0 }, { value: null }, 'fail', /debts is no value/],
    [{ equals: '0' }, { problem: 'no such table' }, 'fail', /debts: no such table/],
  ];
  for (const [limits, asked, verdict, said] of table) {
    test(`${JSON.stringify(limits)} of ${JSON.stringify(asked)} is ${verdict}`, () => {
      const result = judgeInvariants([named(limits)], [asked]);
      assert.equal(result.verdict, verdict);
      assert.match(result.reason, said);
    });
  }

  test('that nobody wrote down, or that were not all asked, are no pass', () => {
    assert.equal(judgeInvariants([], []).verdict, 'inconclusive');
    assert.equal(judgeInvariants([named({ min: 0 })], []).verdict, 'fail');
  });

  test('name every one that does not hold', () => {
    const all = [named({ min: 9 }), named({ min: 0 }), named({ max: 0 })];
    const result = judgeInvariants(all, [{ value: '1' }, { value: '1' }, { value: '1' }]);
    assert.equal(result.differences?.length, 2);
    assert.match(result.reason, /; 1 more does not hold$/);
  });
});
