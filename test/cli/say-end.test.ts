// How an operation is said to have ended, and what is said to whoever is left with it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endLines } from '../../src/cli/operation/say-end.ts';
import { serviceNow } from '../../src/cli/operation/users-now.ts';
import { statusLines } from '../../src/cli/operation/view.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';

const STATUS: OperationStatus = {
  ...{ schema: 'fairlead/status/v1', operation: 'drill/shop', runId: 'r' },
  ...{ kind: 'disasterRecovery', system: 'shop', state: 'closed' },
  ...{ gates: [], weights: [], undo: [], steps: [], verdicts: [] },
};
const BACKUP = {
  id: 'shop/orders/20261122T085126.123Z',
  ...{ kind: 'files', source: 'data', endedAt: 'then', encrypted: false, verifiedAt: null },
  recoveryPoint: { notBefore: 'then', notAfter: 'then', clock: 'worker' as const, skewMs: 0 },
  ...{ bytes: 60_844, parts: 3, rows: 1381 },
};
const ENDING = {
  ...{ outcome: 'succeeded', message: 'done as planned', code: 0, json: {} },
  ...{ leftovers: [], findings: [] },
};

test('a backup ends with what was taken and where the report is', () => {
  const run = { operation: 'backup/shop', workflowId: 'w', runId: 'r' };
  assert.deepEqual(endLines(run, { ...ENDING, backups: [BACKUP] }), [
    'backup/shop: succeeded: done as planned',
    `  ${BACKUP.id}  60.8 kB, 3 parts, 1,381 rows`,
    '  report  fairlead report backup/shop',
  ]);
});

test('a drill ends with its verdict, from which backup, RPO and RTO', () => {
  const run = { operation: 'drill/shop', workflowId: 'w', runId: 'r' };
  const of = (step: string, name: string, got: string, expected: string) => {
    return { step, name, verdict: 'pass' as const, reason: 'long', got, expected };
  };
  const verdicts = [
    of('preflight', 'rpo orders', '7 s', 'at most 36 h'),
    of('conclude', 'rto', '1.8 s', 'at most 5 min'),
    of('conclude', 'drill', '', ''),
  ];
  const last = { ...STATUS, verdicts };
  const ending = { ...ENDING, message: 'long', verdict: 'pass', backups: [BACKUP] };
  assert.deepEqual(endLines(run, ending, last), [
    'drill/shop: succeeded: pass, 2 checks',
    `  from    ${BACKUP.id}  60.8 kB, 3 parts, 1,381 rows`,
    '  RPO     7 s, at most 36 h',
    '  RTO     1.8 s, at most 5 min',
    '  report  fairlead report drill/shop',
  ]);
  assert.doesNotMatch(statusLines(last).join('\n'), /drill at conclude/);
});

test('a recovery beside the live data ends with the place, until when, what differs and what to type', () => {
  const run = { operation: 'recover/shop/orders', workflowId: 'w', runId: 'r' };
  const place = `${BACKUP.id} is in /var/a b/gen-2, read-only, until 2026-11-23T08:51:26.123Z`;
  const differs = '2 only in what is live: new, newer; 1 in both, with other content: orders';
  const message = `${place}; ${differs}. Look into it: ls '/var/a b/gen-2' · diff -r live copy`;
  const ending = { ...ENDING, message, verdict: 'pass', backups: [BACKUP] };
  const lines = [
    'recover/shop/orders: succeeded: pass',
    `  from    ${BACKUP.id}  60.8 kB, 3 parts, 1,381 rows`,
    '  place   /var/a b/gen-2, read-only',
    '  until   2026-11-23T08:51:26.123Z',
    '  differs 2 only in what is live: new, newer',
    '          1 in both, with other content: orders',
    "  look    ls '/var/a b/gen-2'",
    '          diff -r live copy',
    '  report  fairlead report recover/shop/orders',
  ];
  assert.deepEqual(endLines(run, ending, STATUS), lines);
  assert.deepEqual(endLines(run, ending), lines);
});

test('whoever is left with an operation hears what answers users, and the commands that help', () => {
  const of = (version: string, weight: number, ready: number) => ({
    ...{ version, weight, ready, desired: 2 },
    ...{ revision: `${version}-0`, condition: 'ready' as const },
  });
  const service = (...revisions: ReturnType<typeof of>[]) => ({
    ...{ url: '', weights: [], revisions, stopped: false, admitPercent: 100, strategy: 'canary' },
  });
  const now = (one: ReturnType<typeof service>) => serviceNow('shop/api', one);
  assert.deepEqual(now(service(of('v1', 50, 0), of('v2', 50, 2))), [
    '  not all that has users of shop/api is ready: v1 50 % (0 of 2 ready); v2 50 % (2 of 2 ready)',
    '  the way out:',
    '    fairlead deploy shop/api v2 --initial-weight 100  (v2 has ready replicas)',
    '    fairlead rollback shop/api --to v1  (once v1 can run again)',
  ]);
  const half = service(of('v1', 50, 0), of('v2', 50, 2));
  const [others] = serviceNow('shop/api', { ...half, unready: 'others' });
  const all =
    '  all users of shop/api are answered by v2: v1 50 % (0 of 2 ready); v2 50 % (2 of 2 ready)';
  assert.equal(others, all);
  const [lost] = serviceNow('shop/api', { ...half, unready: 'lost' });
  const some =
    '  only some users of shop/api are answered: v1 50 % (0 of 2 ready); v2 50 % (2 of 2 ready)';
  assert.equal(lost, some);
  assert.deepEqual(now(service(of('v1', 100, 0))), [
    '  nobody answers users of shop/api: v1 100 % (0 of 2 ready)',
    '  the way out:',
    '    fairlead restart shop/api  (once v1 can run again)',
  ]);
  assert.deepEqual(now(service(of('v1', 100, 1))), [
    '  users of shop/api are answered by v1 100 % (1 of 2 ready)',
  ]);
  assert.deepEqual(now({ ...service(of('v1', 0, 1)), stopped: true }), [
    '  users of shop/api get 503: it is stopped',
    '  the way out:',
    '    fairlead admit shop/api  (lets users in again)',
  ]);
  assert.deepEqual(
    serviceNow('shop/api', { ...service(of('v1', 0, 1)), stopped: true }, 'recover/shop'),
    ['  users of shop/api get 503 until recover/shop lets them in'],
  );
});
