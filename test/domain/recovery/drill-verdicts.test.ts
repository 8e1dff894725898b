// The verdicts of a drill's single steps: the fence, the look both ways, golden queries, production and clean-up.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { summaryOf } from '../../../src/domain/backup/backup.ts';
import {
  judgeIsolation,
  type LivePlace,
  type Reach,
} from '../../../src/domain/recovery/isolation.ts';
import { judgeGolden, unasked } from '../../../src/domain/recovery/golden.ts';
import {
  judgeCleanUp,
  judgeProduction,
  type Inventory,
} from '../../../src/domain/recovery/inventory.ts';
import {
  endsPreflight,
  judgeAbility,
  judgeRoom,
  judgeRpo,
} from '../../../src/domain/recovery/preflight.ts';
import { completeBackup, DAY, NOW } from '../../support/datastores/catalogue-entries.ts';

describe('a fence', () => {
  const folder: LivePlace = { datastore: 'orders', kind: 'folder', path: '/live/orders' };
  const address: LivePlace = { datastore: 'api', kind: 'address', host: '127.0.0.1', port: 80 };
  const table: [outside: Reach, inside: Reach, verdict: string][] = [
    ['reached', 'refused', 'pass'],
    ['reached', 'reached', 'fail'],
    ['refused', 'reached', 'fail'],
    ['silent', 'reached', 'fail'],
    ['reached', 'silent', 'inconclusive'],
    ['refused', 'refused', 'inconclusive'],
    ['silent', 'refused', 'inconclusive'],
    ['silent', 'silent', 'inconclusive'],
    ['refused', 'silent', 'inconclusive'],
  ];
  for (const [outside, inside, expected] of table) {
    test(`that is ${outside} outside and ${inside} inside is ${expected}`, () => {
      const { verdict, findings } = judgeIsolation(
        [{ place: folder, outside, inside, detail: 'd' }],
        [folder],
      );
      assert.equal(verdict, expected);
      assert.equal(findings[0]?.got, `outside ${outside}, inside ${inside}`);
    });
  }

  test('is as good as its worst place, and proves nothing of what was not probed', () => {
    const good = { outside: 'reached', inside: 'refused', detail: '' } as const;
    const both = [
      { place: folder, ...good },
      { place: address, ...good },
    ];
    assert.equal(judgeIsolation(both, [folder, address]).verdict, 'pass');
    assert.equal(judgeIsolation(both.slice(0, 1), [folder, address]).verdict, 'inconclusive');
    const leaking = [...both.slice(0, 1), { place: address, ...good, inside: 'reached' } as const];
    const { verdict, reason } = judgeIsolation(leaking, [folder, address]);
    assert.equal(verdict, 'fail');
    assert.match(reason, /api at 127.0.0.1:80 was reached from inside .*nothing was put behind it/);
  });

  test('without any live place is inconclusive', () => {
    assert.equal(judgeIsolation([], []).verdict, 'inconclusive');
  });
});

describe('a look both ways', () => {
  const backup = summaryOf(completeBackup({ daysOld: 1, bytes: 1000 }));

  test('measures what would be lost now against the RPO', () => {
    const judge = (rpoMs: number) => judgeRpo('orders', backup, { at: NOW, rpoMs });
    assert.deepEqual([judge(DAY).verdict, judge(DAY).got], ['pass', '24 h']);
    assert.equal(judge(DAY - 1).verdict, 'fail');
    assert.ok(endsPreflight(judge(DAY - 1)));
  });

  test('goes on over a clock that is off, which spoils one verdict and no other', () => {
    const recoveryPoint = { ...backup.recoveryPoint, skewMs: 5000 };
    const found = judgeRpo('orders', { ...backup, recoveryPoint }, { at: NOW, rpoMs: DAY });
    assert.equal(found.verdict, 'inconclusive');
    assert.ok(!endsPreflight(found));
  });

  test('wants room for 2.2 times the data, and a machine that can isolate', () => {
    assert.equal(judgeRoom([backup, backup], 4400).verdict, 'pass');
    const small = judgeRoom([backup, backup], 4399);
    assert.equal(small.verdict, 'inconclusive');
    assert.ok(endsPreflight(small));
    // Of a database, by what it took on its server's disk: a dump is compressed.
    const database = { ...backup, bytes: 1000, liveBytes: 10 * 1024 ** 3 };
    assert.equal(judgeRoom([database], 14 * 1024 ** 3).verdict, 'inconclusive');
    assert.equal(judgeRoom([database], 15 * 1024 ** 3).verdict, 'pass');
    assert.equal(judgeAbility(undefined).verdict, 'pass');
    assert.ok(endsPreflight(judgeAbility('no namespaces; do this')));
  });
});

describe('a golden query', () => {
  const request = {
    ...{ name: 'total', service: 'api', port: 80, path: '/t', status: 200, timeoutMs: 1000 },
    contains: 'seven',
  };
  const judge = (status: number, body: string) => judgeGolden(request, { status, body, ms: 4 });

  test('wants the status and the text', () => {
    assert.deepEqual([judge(200, 'is seven').verdict, judge(200, 'six').verdict], ['pass', 'fail']);
    assert.equal(judge(404, 'seven').verdict, 'fail');
    assert.equal(judge(404, 'seven').expected, '200 containing "seven"');
  });

  test('shows an answer that is wrong, cut, and none that is right', () => {
    assert.match(judge(200, `six\n${'x'.repeat(1000)}`).got ?? '', /^200 without it: six x{190,}$/);
    assert.equal(judge(200, 'seven secrets').got, '200 containing it');
  });

  test('that fails names the secrets that its service was started without, and one that passes does not', () => {
    const without = { ...request, without: ['DB_PASSWORD'] };
    const words = /started without its secrets DB_PASSWORD.*drill\.configuration\.api/;
    assert.match(judgeGolden(without, { problem: 'other side closed' }).reason, words);
    assert.match(judgeGolden(without, { status: 500, body: '', ms: 1 }).reason, words);
    const passed = judgeGolden(without, { status: 200, body: 'seven', ms: 1 });
    assert.equal(passed.verdict, 'pass');
    assert.doesNotMatch(passed.reason, /DB_PASSWORD/);
    assert.doesNotMatch(judge(500, '').reason, /secrets/);
  });

  test('that nothing answers fails, and one that nobody asked is inconclusive', () => {
    assert.equal(judgeGolden(request, { problem: 'refused' }).verdict, 'fail');
    assert.deepEqual([unasked(request).verdict, unasked(request).samples], ['inconclusive', 0]);
  });
});

describe('an inventory', () => {
  const before: Inventory = {
    at: '',
    copies: [{ name: 'verify-x', runId: 'other' }],
    targets: [],
    services: { api: { weights: 'v1 100 %', health: 'healthy', said: '' } },
    datastores: { orders: { digest: 'a'.repeat(64), said: '' } },
  };
  const seen = (change: Partial<Inventory>): Inventory => ({ ...before, ...change });
  const health = (state: 'healthy' | 'unhealthy' | 'unknown') =>
    seen({ services: { api: { weights: 'v1 100 %', health: state, said: 'it said' } } });
  const verdictsOf = (now: Inventory) =>
    judgeProduction(before, now, 'during').findings.map(({ verdict }) => verdict);

  test('of production that is as before passes', () => {
    assert.deepEqual(verdictsOf(before), ['pass', 'pass']);
    assert.deepEqual(judgeProduction(before, before, 'after').notes, []);
  });

  test('fails over a service that was well before, and not over one that was not', () => {
    assert.deepEqual(verdictsOf(health('unhealthy')), ['fail', 'pass']);
    assert.deepEqual(verdictsOf(health('unknown')), ['inconclusive', 'pass']);
    const ill = judgeProduction(health('unhealthy'), health('unhealthy'), 'during');
    assert.equal(ill.findings[0]?.verdict, 'pass');
  });

  test('notes that users write and that traffic moved, and fails over neither', () => {
    const now = seen({
      services: { api: { weights: 'v2 100 %', health: 'healthy', said: '' } },
      datastores: { orders: { digest: 'b'.repeat(64), said: '' } },
    });
    const { findings, notes } = judgeProduction(before, now, 'during');
    assert.deepEqual(
      findings.map(({ verdict }) => verdict),
      ['pass', 'pass'],
    );
    assert.equal(notes.length, 2);
    assert.match(notes.join(), /v1 100 % before .* v2 100 % .*users wrote to orders/);
  });

  test('of data that nobody can read is inconclusive', () => {
    const unread = seen({ datastores: { orders: { digest: null, said: 'no answer' } } });
    assert.deepEqual(verdictsOf(unread), ['pass', 'inconclusive']);
  });

  test('finds what is left by its name or by its run, and leaves what others made', () => {
    const judge = (after: Inventory) =>
      judgeCleanUp(before, after, { own: ['drill-x'], runId: 'mine' });
    const others = seen({ copies: [{ name: 'new', runId: 'other' }, { name: 'unowned' }] });
    assert.equal(judge(others).finding.verdict, 'pass');
    assert.match(judge(others).finding.reason, /2 of them made by others/);
    const named = judge(seen({ targets: [{ name: 'drill-x' }] }));
    assert.equal(named.finding.verdict, 'fail');
    assert.deepEqual(named.leftovers, [
      'the isolated target drill-x was to be removed, and is still there',
    ]);
    const owned = judge(seen({ copies: [{ name: 'scratch', runId: 'mine' }] }));
    assert.equal(owned.leftovers.length, 1);
  });
});
