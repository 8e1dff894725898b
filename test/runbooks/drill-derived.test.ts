// What a drill plans for derived datastores, and what their warming came to, as tables.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SystemFile } from '../../src/config/system.ts';
import { summaryOf, type Contents, type Part } from '../../src/domain/backup/backup.ts';
import { heldWords, judgeWarm } from '../../src/domain/recovery/derived.ts';
import { shapeOf } from '../../src/domain/recovery/drill-record.ts';
import type { GoldenAnswer } from '../../src/domain/recovery/golden.ts';
import { derivedIn } from '../../src/domain/recovery/derived-steps.ts';
import { namesMade } from '../../src/domain/recovery/recovered.ts';
import { planDrill, type DrillInput } from '../../src/runbooks/drill.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { undoOf } from '../../src/domain/operation/undo.ts';
import { completeBackup } from '../support/datastores/catalogue-entries.ts';
import { sampleSystem } from '../support/samples.ts';

const drill: NonNullable<SystemFile['drill']> = {
  rto: '10s',
  golden: [{ service: 'api', name: 'total', http: '/total' }],
};
const place = { datastore: 'orders', kind: 'folder', path: '/systems/shop/data' } as const;
const backup = summaryOf(completeBackup({ daysOld: 1 }));
const runId = '01234567-89ab-cdef';

describe('the plan of a drill with derived datastores', () => {
  const derived = sampleSystem(
    { datastores: ['orders', 'page-cache'] },
    {
      drill,
      datastores: {
        orders: { kind: 'files', directory: 'data' },
        'page-cache': {
          ...{ kind: 'redis', role: 'derived' },
          warm: [{ service: 'api', http: '/products', timeout: '1m' }],
        },
        index: { kind: 'files', directory: 'index', role: 'derived' },
      },
    },
  );
  const at = { datastore: 'page-cache', kind: 'address', host: '127.0.0.1', port: 6379 } as const;
  const input: DrillInput = {
    ...{ operation: 'drill/shop', loaded: derived, runId },
    restored: [{ datastore: 'orders', backup, place }],
    flushed: [{ datastore: 'page-cache', place: at }],
    live: [place, at],
    services: [revisionSpec(derived, 'api', 'v1')],
  };
  const plan = planDrill(input);
  const stepOf = (id: string) => plan.steps.find((step) => step.id === id) ?? assert.fail(id);

  test('is refused for two datastores at one address, before anything is restored', () => {
    const same = { datastore: 'orders', kind: 'address', host: 'localhost', port: 6379 } as const;
    const restored = [{ datastore: 'orders', backup, place: same }];
    assert.throws(
      () => planDrill({ ...input, restored }),
      /orders and page-cache are both at 127\.0\.0\.1:6379/,
    );
  });

  test('starts those empty that a started service uses, and no others', () => {
    assert.deepEqual(derivedIn(derived, ['api']), ['page-cache']);
    assert.deepEqual(derivedIn(derived, []), []);
    const { action, title, undo, differs } = stepOf('empty-page-cache');
    const copy = 'drill-shop-456789abcdef-page-cache-empty';
    assert.deepEqual(action, { kind: 'empty', datastore: 'page-cache', copy });
    assert.match(title, /flushed: an empty server of kind redis/);
    assert.equal(differs, 'a recovery flushes the live page-cache');
    assert.equal(undo, `discard the copy ${copy}`);
    assert.equal(undoOf(stepOf('empty-page-cache'))?.verb, 'discardCopy');
    assert.ok(namesMade(plan).includes(copy));
  });

  test('warms them once the services run, before anybody asks', () => {
    const ids = plan.steps.map(({ id }) => id);
    assert.deepEqual(ids.slice(ids.indexOf('bind') - 1, ids.indexOf('production')), [
      ...['empty-page-cache', 'bind', 'start-api', 'warm-page-cache', 'usable'],
    ]);
    const { action } = stepOf('warm-page-cache');
    assert.ok(action.kind === 'warm');
    assert.deepEqual(action.requests, [
      { service: 'api', port: 8000, path: '/products', timeoutMs: 60_000 },
    ]);
  });

  test('is another recovery when what is flushed, or how it is warmed, changes', () => {
    const shape = shapeOf(derived.system);
    assert.deepEqual(Object.keys(shape).sort(), [
      ...['datastores.orders', 'datastores.page-cache', 'drill', 'services.api'],
    ]);
  });
});

describe('what warming comes to', () => {
  const request = { service: 'api', port: 8000, path: '/products', timeoutMs: 1000 };
  const held = { before: '0 keys', after: '3 keys' };
  const judged = (...answers: (GoldenAnswer | undefined)[]) =>
    judgeWarm(
      'cache',
      answers.map((answer) => ({ request, answer })),
      held,
    );
  const good = { status: 204, body: '', ms: 1 };

  test('is a pass when every answer is 2xx, and a fail with one that is not', () => {
    const { verdict, reason } = judged(good, good);
    assert.deepEqual(
      [verdict, reason],
      ['pass', '2 of 2 answered with 2xx; 0 keys before, 3 keys after'],
    );
    for (const status of [199, 302, 404, 500]) {
      assert.equal(judged(good, { ...good, status }).verdict, 'fail', String(status));
    }
    const silent = judged({ problem: 'ECONNREFUSED' }, undefined);
    assert.equal(silent.verdict, 'fail');
    assert.match(silent.reason, /\/products of api was not answered: ECONNREFUSED; .* not asked/);
    assert.equal(judged(good, undefined).verdict, 'inconclusive');
  });

  test('tells what is in it in the words of its kind', () => {
    const part = (name: string, rows: number | null): Part => ({
      ...{ name, rows, bytes: null, hash: 'none' },
    });
    const contents = (...parts: Part[]): Contents => ({
      ...{ parts, definitions: [], sequences: [] },
    });
    const postgres = contents(part('public.pages', 2), part('large objects', 5));
    assert.equal(heldWords('rows', postgres), '2 rows in 1 table');
    assert.equal(heldWords('keys', contents(part('dataset', null), part('db0', 1))), '1 key');
    assert.equal(heldWords('files', contents()), '0 files');
  });
});
