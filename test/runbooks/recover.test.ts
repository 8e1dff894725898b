// Plans of recoveries beside the live data: which backup is taken, where the copy goes, what is refused.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemFile } from '../../src/config/system.ts';
import { passedOverIn } from '../../src/domain/backup/anomaly.ts';
import type { CatalogueEntry } from '../../src/domain/backup/backup.ts';
import { Failure } from '../../src/domain/failure.ts';
import { undoOf } from '../../src/domain/operation/undo.ts';
import { parseRequest, type OperationRequest } from '../../src/domain/operation/request.ts';
import type { CopyPlace } from '../../src/domain/recovery/exchange.ts';
import { recover } from '../../src/runbooks/recover.ts';
import { completeBackup, iso, DAY, NOW } from '../support/datastores/catalogue-entries.ts';
import { sampleSystem } from '../support/samples.ts';

type Store = NonNullable<SystemFile['datastores']>[string];
const ASKED = { system: 'shop', mode: 'recover', datastore: 'orders', beside: true };
const OLD = completeBackup({ daysOld: 3 });
const VERIFIED = completeBackup({ daysOld: 2, marks: ['verified'] });
const NEWEST = completeBackup({ daysOld: 1 });
const ALL = [OLD, VERIFIED, NEWEST];

function inputOf(request: Partial<OperationRequest>, orders: Partial<Store> = {}) {
  const store: Store = { kind: 'files', directory: 'data', ...orders };
  return {
    operation: 'recover/shop/orders',
    loaded: sampleSystem({}, { datastores: { orders: store } }),
    request: { ...ASKED, ...request },
    runId: '01a20147-4f62-7229-a461-c4ad2e63645d',
    now: NOW,
  };
}

function planOf(
  entries: readonly CatalogueEntry[],
  request: Partial<OperationRequest> = {},
  { orders = {}, place = { into: 'beside' } }: { orders?: Partial<Store>; place?: CopyPlace } = {},
) {
  const nothing = { services: {}, live: { why: 'nobody asked' }, operations: [] };
  const world = { ...nothing, backups: { orders: [...entries] }, beside: place };
  return recover.plan(inputOf(request, orders), world);
}

const restoring = (plan: ReturnType<typeof planOf>) => {
  const step = plan.steps.find(({ id }) => id === 'loads') ?? assert.fail('nothing is restored');
  assert.ok(step.action.kind === 'rung');
  return { title: step.title, ...step.action, undo: undoOf(step) };
};

const refused = (kind: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return true;
};

describe('a recovery beside the live data', () => {
  test('restores beside, climbs the ladder, compares, and keeps the copy', () => {
    const plan = planOf(ALL, { keep: 7_200_000 });
    assert.deepEqual(
      plan.steps.map(({ id }) => id),
      'artefact loads complete correct conclude compare-live keep'.split(' '),
    );
    const { copy, into, undo } = restoring(plan);
    assert.equal(into, 'beside');
    assert.deepEqual(undo, { step: 'loads', verb: 'discardCopy', datastore: 'orders', copy });
    const keep = plan.steps.at(-1)?.action;
    const about = { datastore: 'orders', backup: VERIFIED.id, copy, ms: 7_200_000 };
    assert.deepEqual(keep, { kind: 'keepCopy', ...about });
  });

  test('takes the newest verified backup, and says which newer one it did not take', () => {
    const { backup, title } = restoring(planOf(ALL));
    assert.equal(backup, VERIFIED.id);
    assert.match(title, /, verified 2\S+\) beside the live orders; nobody is stopped; /);
    assert.equal(
      passedOverIn(title),
      `newer, and not taken: ${NEWEST.id} (never verified; --backup takes it all the same)`,
    );
  });

  test('takes the newest good one where none was ever verified, and says that too', () => {
    const failed = completeBackup({ daysOld: 0.5, marks: ['failed'] });
    const { backup, title } = restoring(planOf([OLD, NEWEST, failed]));
    assert.equal(backup, NEWEST.id);
    assert.match(title, /, never verified\) .*; newer, and not taken: .* found it bad/);
  });

  test('takes the backup that is named, also one that is odd', () => {
    const { backup } = restoring(planOf([NEWEST], { backup: NEWEST.id }));
    assert.equal(backup, NEWEST.id);
  });

  test('takes the newest recovery point that is not after the time that is asked for', () => {
    const at = iso(NOW - 1.5 * DAY);
    const { backup, title } = restoring(planOf(ALL, { at }));
    assert.equal(backup, VERIFIED.id);
    assert.ok(title.endsWith(`whose recovery point is not after ${at}: 12 h before it`), title);
    assert.equal(restoring(planOf(ALL, { at: iso(NOW - DAY) })).backup, NEWEST.id);
    const before = { at: iso(NOW - 9 * DAY) };
    assert.throws(() => planOf(ALL, before), refused('NotFound', /the first good one is \S+, /));
    assert.throws(() => planOf([], before), refused('NotFound', /there is no good backup at all/));
  });

  test('of a datastore without a good backup is refused', () => {
    const failed = completeBackup({ daysOld: 1, marks: ['failed'] });
    assert.throws(() => planOf([failed]), refused('NotFound', /no good backup .* found it bad/));
  });

  test('goes apart from everything live where nothing can lie beside it, and says why', () => {
    const { title, ...action } = restoring(
      planOf(ALL, {}, { place: { into: 'scratch', why: 'it has no generations' } }),
    );
    assert.ok(!('into' in action));
    assert.match(title, /apart from everything live \(it has no generations\)/);
  });

  test('leaves out the rung that starts the service, and marks nothing then', () => {
    const required = ['artefact', 'loads', 'usable'] as const;
    const plan = planOf(ALL, {}, { orders: { verify: { required: [...required] } } });
    const conclude = plan.steps.find(({ id }) => id === 'conclude')?.action;
    assert.ok(conclude?.kind === 'conclude');
    assert.deepEqual(conclude.required, ['artefact', 'loads']);
    assert.match(conclude.noMark ?? '', /usable is not climbed/);
  });

  test('is asked with one backup or one time, of that datastore', () => {
    const both = inputOf({ at: iso(NOW), backup: NEWEST.id });
    assert.throws(() => recover.reads(both), refused('BadInput', /both say which; name one/));
    const other = { ...ASKED, datastore: 'users', backup: NEWEST.id };
    assert.throws(
      () => parseRequest(recover, other),
      refused('BadInput', /and datastore is users/),
    );
    for (const at of ['yesterday', '2026-11-22 08:00', '2026-13-22T08:00:00Z']) {
      assert.throws(() => parseRequest(recover, { ...ASKED, at }), refused('BadInput', /its zone/));
    }
  });
});
