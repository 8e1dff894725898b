// Plans of recoveries in the place of the live data: their steps, which backup is taken, what is stopped, what is refused.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemFile } from '../../src/config/system.ts';
import type { CatalogueEntry } from '../../src/domain/backup/backup.ts';
import { Failure } from '../../src/domain/failure.ts';
import { undoOf } from '../../src/domain/operation/undo.ts';
import { parseRequest, type OperationRequest } from '../../src/domain/operation/request.ts';
import type { ServiceWorld, TrafficState } from '../../src/domain/rollout/model.ts';
import { recoverLive } from '../../src/runbooks/recover-live.ts';
import { leasedBy } from '../../src/runbooks/runbook.ts';
import { completeBackup, iso, DAY, NOW } from '../support/datastores/catalogue-entries.ts';
import {
  sampleRevision,
  SAMPLE_PLATFORM,
  sampleSystem,
  sampleTraffic,
} from '../support/samples.ts';

const OLD = completeBackup({ daysOld: 3, marks: ['verified'] });
const NEWER = completeBackup({ daysOld: 1, marks: ['verified'] });
const ALL = [OLD, NEWER];
const FILES = { kind: 'files', directory: 'data' } as const;
const SHOP = {
  datastores: { orders: FILES, cache: { kind: 'redis', role: 'derived' } },
} satisfies Partial<SystemFile>;

function inputOf(request: Partial<OperationRequest>, file: Partial<SystemFile> = {}) {
  return {
    operation: 'recover/shop',
    loaded: sampleSystem({ datastores: ['orders', 'cache'] }, { ...SHOP, ...file }),
    request: parseRequest(recoverLive, { system: 'shop', mode: 'recover', ...request }),
    runId: '01a20147-4f62-7229-a461-c4ad2e63645d',
    now: NOW,
  };
}

interface Found {
  entries?: readonly CatalogueEntry[];
  traffic?: Partial<TrafficState>;
  unable?: Record<string, string>;
  converts?: Record<string, string>;
}

function planOf(request: Partial<OperationRequest> = {}, found: Found = {}, file = {}) {
  const { entries = ALL, traffic = {}, unable = {}, converts = {} } = found;
  const v1 = sampleRevision(inputOf({}, file).loaded, 'v1');
  const weights = [{ revision: v1.spec.id, version: 'v1', percent: 100 }];
  const api: ServiceWorld = {
    platform: SAMPLE_PLATFORM,
    traffic: sampleTraffic(weights, traffic),
    revisions: [v1],
    history: [],
  };
  return recoverLive.plan(inputOf(request, file), {
    services: { api },
    backups: { orders: [...entries] },
    live: { why: 'nobody asked' },
    operations: [],
    exchange: unable,
    converts,
  });
}

const refused = (kind: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return true;
};

const titleOf = (plan: ReturnType<typeof planOf>, step: string): string =>
  plan.steps.find(({ id }) => id === step)?.title ?? assert.fail(`no ${step}`);

describe('a recovery in the place of the live data', () => {
  test('keeps out, restores beside, asks, exchanges, flushes, restarts, admits', () => {
    const plan = planOf({ severity: 'P1' }, { entries: [NEWER] });
    assert.deepEqual(
      plan.steps.map(({ id }) => id),
      [
        ...['preflight', 'stop-api', 'fence-orders', 'quiet-orders', 'artefact-orders'],
        ...['loads-orders', 'complete-orders', 'correct-orders', 'loss-orders', 'exchange'],
        ...[
          'quiet-again-orders',
          'exchange-orders',
          'live-orders',
          'open-orders',
          'release-orders',
        ],
        ...[
          'flush-cache',
          'restart-api',
          'admit-5-api',
          'admit-25-api',
          'admit-100-api',
          'conclude',
        ],
      ],
    );
    assert.deepEqual(
      plan.steps.flatMap((step) => undoOf(step)?.verb ?? []),
      ['admit', 'liftFence', 'discardCopy'],
    );
    assert.equal(plan.steps.find(({ id }) => id === 'exchange')?.gate, 'recovery');
    const { loaded, request } = inputOf({});
    assert.deepEqual(leasedBy(recoverLive, request, loaded.system), ['api', 'orders', 'cache']);
  });

  test('has the runbooks of the system file work on each copy, and counts again what is lost', () => {
    const recovery = { admit: [100], reconcile: 'carry', migrate: { runbook: 'up' } };
    const ids = planOf({}, { entries: [NEWER] }, { recovery }).steps.map(({ id }) => id);
    assert.deepEqual(ids.slice(ids.indexOf('loss-orders'), ids.indexOf('quiet-again-orders')), [
      ...['loss-orders', 'reconcile-orders', 'migrate-orders', 'untouched-orders'],
      ...['loss-again-orders', 'exchange'],
    ]);
    assert.ok(!ids.includes('migrate'));
  });

  test('says what the first exchange changes for good, where it is approved and nowhere else', () => {
    const plan = planOf({}, { converts: { orders: 'data gets generations by that, for good' } });
    assert.match(titleOf(plan, 'fence-orders'), /under its name; data gets generations by that/);
    assert.doesNotMatch(titleOf(planOf(), 'fence-orders'), /generations/);
  });

  test('has the next newest sane ones follow, in steps that are carried out where the one before is bad', () => {
    const oldest = completeBackup({ daysOld: 9, marks: ['verified'] });
    const verified = completeBackup({ daysOld: 2, marks: ['verified'] });
    const plan = planOf({}, { entries: [oldest, OLD, verified, completeBackup({ daysOld: 1 })] });
    assert.deepEqual(
      [plan.backups, plan.candidates].map((some) => some?.map(({ id }) => id)),
      [[verified.id], [completeBackup({ daysOld: 1 }).id, OLD.id]],
    );
    const ladder = plan.steps.filter(({ candidate }) => candidate !== undefined);
    assert.deepEqual(
      ladder.map(({ id }) => id),
      [
        ...['artefact-orders', 'loads-orders', 'complete-orders', 'correct-orders'],
        ...['instead-orders.2', 'artefact-orders.2', 'loads-orders.2', 'complete-orders.2'],
        ...['correct-orders.2', 'instead-orders.3', 'artefact-orders.3', 'loads-orders.3'],
        ...['complete-orders.3', 'correct-orders.3'],
      ],
    );
    assert.match(
      titleOf(plan, 'instead-orders.2'),
      new RegExp(`Only where ${verified.id} is found bad`),
    );
    assert.equal(planOf({ backup: OLD.id }, { entries: [OLD] }).candidates, undefined);
  });

  test('stops nobody whom a person has stopped already, and lets all of them in at its end', () => {
    const [weight = assert.fail()] = planOf().before['api']?.weights ?? [];
    const traffic = { stopped: true, weights: [], beforeStop: [weight] };
    const ids = planOf({}, { traffic }).steps.map(({ id }) => id);
    assert.ok(!ids.includes('stop-api'));
    assert.ok(ids.includes('restart-api') && ids.includes('admit-100-api'));
  });

  test('restarts two revisions of one version each in a step of its own', () => {
    const [weight = assert.fail()] = planOf().before['api']?.weights ?? [];
    const other = { ...weight, revision: 'v1-0123456789', percent: 10 };
    const weights = [{ ...weight, percent: 90 }, other];
    const ids = planOf({}, { traffic: { weights } }).steps.map(({ id }) => id);
    assert.deepEqual([...new Set(ids)], ids);
    assert.ok(ids.includes('restart-api-v1-0123456789'), ids.join());
  });

  test('is refused without a backup, of before the first one, and with one of another system', () => {
    const none = refused('NotFound', /shop\/orders has no good backup to recover from/);
    assert.throws(() => planOf({}, { entries: [] }), none);
    const first = new RegExp(`no good backup of .* or before: the first good one is ${OLD.id}`);
    assert.throws(() => planOf({ at: iso(NOW - 9 * DAY) }), refused('NotFound', first));
    const backup = OLD.id.replace(/^shop\//, 'other/');
    const other = /backup is one of other, and system is shop; name one of them/;
    assert.throws(() => planOf({ backup }), refused('BadInput', other));
    for (const field of ['at', 'corruptedSince']) {
      const future = new RegExp(`^${field} is .*, which is still to come`);
      assert.throws(() => planOf({ [field]: iso(NOW + DAY) }), refused('BadInput', future));
    }
  });

  test('takes no backup of after the damage, and says which it passed over', () => {
    const since = iso(NOW - 2 * DAY);
    const plan = planOf({ corruptedSince: since });
    const title = titleOf(plan, 'loads-orders');
    assert.match(title, new RegExp(`Restore ${OLD.id} .*; newer, and not taken: ${NEWER.id}`));
    assert.match(title, /suspect: the data are said to be damaged since/);
    const early = { corruptedSince: iso(NOW - 9 * DAY) };
    const asked = planOf(early).steps.find(({ id }) => id === 'suspects-orders');
    assert.deepEqual(asked?.action.kind === 'choose' && Object.values(asked.action.options), [
      ['artefact-orders', 'loads-orders', 'complete-orders', 'correct-orders'],
      ['artefact-orders.2', 'loads-orders.2', 'complete-orders.2', 'correct-orders.2'],
    ]);
    assert.throws(() => planOf(early, { entries: [] }), refused('NotFound', /no good backup/));
    assert.match(titleOf(planOf({ at: iso(NOW - 2 * DAY) }), 'loads-orders'), new RegExp(OLD.id));
  });

  test('asks about no suspect of after the time that was named, and says how many are not offered', () => {
    const days = [8, 7, 6, 5, 3, 1].map((daysOld) => completeBackup({ daysOld }));
    const asked = (at?: string, entries = days) => {
      const request = { corruptedSince: iso(NOW - 9 * DAY), ...(at !== undefined && { at }) };
      const step = planOf(request, { entries }).steps.find(({ id }) => id === 'suspects-orders');
      return step?.action.kind === 'choose' ? step.action.question : assert.fail('it asks nobody');
    };
    const idsIn = (question: string) =>
      days.flatMap(({ id }) => (question.includes(id) ? [id] : []));
    const at = asked(iso(NOW - 4 * DAY));
    assert.deepEqual(
      idsIn(at),
      days.slice(1, 4).map(({ id }) => id),
    );
    assert.match(at, /; not offered: 2 newer and 1 older\. The oldest/);
    assert.match(asked(), /; not offered: 3 newer\. The oldest/);
    assert.doesNotMatch(asked(undefined, ALL), /not offered/);
    const early = refused('NotFound', /no good backup of .* or before: the first good one is/);
    assert.throws(() => asked(iso(NOW - 8.5 * DAY)), early);
  });

  test('warms what it empties, on the services that are asked for that, before users come', () => {
    const warm = [
      { service: 'api', http: '/products' },
      { service: 'api', http: '/prices' },
    ];
    const cache = { kind: 'redis', role: 'derived', warm } as const;
    const plan = planOf({}, {}, { datastores: { ...SHOP.datastores, cache } });
    const ids = plan.steps.map(({ id }) => id);
    assert.match(titleOf(plan, 'warm-cache-api'), /ask v1 of api for \/products, \/prices/);
    assert.ok(ids.indexOf('flush-cache') < ids.indexOf('warm-cache-api'));
    assert.ok(ids.indexOf('warm-cache-api') < ids.indexOf('admit-5-api'));
  });

  test('stops writers after users, in the order of the file, and starts them in the reverse order once users are back', () => {
    const command = { stop: ['a', 'stop'], start: ['a', 'start'], check: ['a', 'off'] };
    const writers = [
      { name: 'imports', command },
      { outside: 'billing', stop: 'manual' as const },
    ];
    const outside = [{ name: 'mails', look: 'Ask the mail server.' }];
    const plan = planOf({}, {}, { recovery: { admit: [100], writers, outside } });
    const ids = plan.steps.map(({ id }) => id);
    assert.deepEqual(ids.slice(0, 5), [
      ...['preflight', 'stop-api', 'halt-imports', 'halt-billing', 'fence-orders'],
    ]);
    assert.deepEqual(ids.slice(-5), [
      ...['admit-100-api', 'resume-billing', 'resume-imports', 'outside-mails', 'conclude'],
    ]);
    assert.deepEqual(
      plan.steps.flatMap((step) => undoOf(step) ?? []).filter(({ verb }) => verb === 'startWriter'),
      [
        { step: 'halt-imports', verb: 'startWriter', writer: 'imports' },
        { step: 'halt-billing', verb: 'startWriter', writer: 'billing', byHand: true },
      ],
    );
  });

  test('adopts a place instead of a backup: no artefact, no manifest; a path is read as a file first', () => {
    const place = planOf({ adopt: 'gen-7' });
    const ids = place.steps.map(({ id }) => id);
    assert.deepEqual(ids.slice(4, 7), ['loads-orders', 'loss-orders', 'exchange']);
    assert.match(titleOf(place, 'loads-orders'), /Adopt gen-7, .* as it is, beside/);
    assert.equal(place.backups, undefined);
    assert.ok(planOf({ adopt: '/mnt/data' }).steps.some(({ id }) => id === 'artefact-orders'));
    const both = inputOf({ adopt: 'gen-7', corruptedSince: iso(0) });
    assert.throws(() => recoverLive.reads(both), refused('BadInput', /adopted alone/));
    const two = inputOf({ adopt: 'gen-7' }, { datastores: { orders: FILES, users: FILES } });
    assert.throws(
      () => recoverLive.reads(two),
      refused('BadInput', /adopted for with --datastore/),
    );
    const lost = { lost: true, into: '/srv/orders' };
    const gone = inputOf(lost, { datastores: { orders: FILES, users: FILES } });
    assert.throws(
      () => recoverLive.reads(gone),
      refused('BadInput', /name the one that is lost with --datastore$/),
    );
  });

  test('is refused where something cannot be exchanged; a derived one stays as it is then', () => {
    const replica = { unable: { orders: 'orders is a replica' } };
    assert.throws(() => planOf({}, replica), refused('Refused', /orders is a replica/));
    const ids = planOf({}, { unable: { cache: 'not as yet' } }).steps.map(({ id }) => id);
    assert.ok(!ids.includes('flush-cache'));
    const derived = inputOf({ datastore: 'cache' });
    assert.throws(() => recoverLive.reads(derived), refused('Refused', /is derived/));
  });

  test('asks whom the system file names, and is refused where nobody could ever approve', () => {
    const exchange = { from: ['ci'] };
    const file = { approvals: { exchange }, recovery: { approval: 'exchange', admit: [100] } };
    const plan = planOf({ requestedBy: 'ana' }, {}, file);
    assert.equal(plan.steps.find(({ id }) => id === 'exchange')?.gate, 'exchange');
    assert.ok(!plan.steps.some(({ id }) => id === 'admit-25-api'));
    assert.throws(
      () => planOf({ requestedBy: 'ci' }, {}, file),
      refused('Refused', /never be had/),
    );
  });
});
