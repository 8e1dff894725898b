// What `list`, `history` and `status SYSTEM` say of operations, from rows of Temporal's visibility.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago } from '../../src/cli/output/ages.ts';
import { touches, type Row } from '../../src/cli/operation/rows.ts';
import { storyLines, storyOf } from '../../src/cli/operation/service-story.ts';
import { requesterIn } from '../../src/runbooks/runbook.ts';
import { diffLines } from '../../src/cli/verbs/service.ts';
import { tables } from '../../src/cli/verbs/list.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const at = (minutesAgo: number): string => new Date(NOW - minutesAgo * 60_000).toISOString();

const row = (more: Partial<Row>): Row => ({
  ...{ operation: 'deploy/shop/api/v2', runId: 'r2', workflowId: 'deploy/shop/api/v2' },
  ...{ kind: 'canaryDeploy', system: 'shop', target: 'shop/api', state: 'closed' as const },
  ...{ outcome: 'succeeded', startedAt: at(65), endedAt: at(60), requestedBy: 'ci' },
  ...{ version: 'v2', dryRun: false, keptUntil: null, waitsFor: null, summary: null },
  ...more,
});
const rolledBack = row({
  ...{ operation: 'deploy/shop/api/v3', runId: 'r3', outcome: 'rolledBack', requestedBy: 'ana' },
  ...{ startedAt: at(10), endedAt: at(8), version: 'v3' },
});
const kept = row({
  ...{ operation: 'retire/shop/api/v1', kind: 'retireRevision', state: 'running', version: 'v1' },
  ...{ outcome: null, endedAt: null, keptUntil: at(-40), requestedBy: 'deploy/shop/api/v2' },
});
const calledOff = row({
  ...{ operation: 'retire/shop/api/v0', kind: 'retireRevision', outcome: 'preempted' },
});
const planned = row({ operation: 'plan/deploy/shop/api/v4', outcome: 'planned', dryRun: true });

test('ages are said as people say them', () => {
  assert.deepEqual(
    [at(0.5), at(3.4), at(125), at(60 * 50), at(-40)].map((one) => ago(one, NOW)),
    ['30 s ago', '3 m ago', '2 h 05 m ago', '2 d 2 h ago', 'in 40 m'],
  );
});

test('a service says since when, by what and whom, what was last, and what is kept until when', () => {
  const rows = [planned, rolledBack, kept, row({})];
  const story = storyOf({ system: 'shop', service: 'api', since: at(61) }, rows);
  assert.deepEqual(storyLines(story, NOW), [
    '    since 1 h 01 m ago, by deploy/shop/api/v2 (asked for by ci)',
    '    last: deploy/shop/api/v3 (asked for by ana): rolledBack 8 m ago',
    '    v1 is kept as insurance until 2026-11-22 12:40 UTC (in 40 m)',
  ]);
});

test('a service of which Temporal remembers nothing says only what the platform knows', () => {
  const other = row({ target: 'shop/web' });
  const story = storyOf({ system: 'shop', service: 'api', since: at(61) }, [other]);
  assert.deepEqual(storyLines(story, NOW), ['    since 1 h 01 m ago']);
  const split = storyOf({ system: 'shop', service: 'api', since: null }, []);
  assert.deepEqual(storyLines(split, NOW), []);
});

test('a stop of the whole system is what was last of each of its services', () => {
  const stop = row({ operation: 'stop/shop', kind: 'stopTraffic', target: 'shop', runId: 's' });
  const { last } = storyOf({ system: 'shop', service: 'api', since: null }, [stop, row({})]);
  assert.equal(last?.operation, 'stop/shop');
});

test('a recovery in the place of what is live is what was last of a service, one beside it is not', () => {
  const about = { kind: 'disasterRecovery', target: 'shop' };
  const recovery = row({ ...about, operation: 'recover/shop', runId: 'l' });
  const look = row({ ...about, operation: 'recover/shop/orders', runId: 'b' });
  const lastOf = (...rows: Row[]) =>
    storyOf({ system: 'shop', service: 'api', since: null }, rows).last?.operation;
  assert.equal(lastOf(recovery, row({})), 'recover/shop');
  assert.equal(lastOf(look, row({})), 'deploy/shop/api/v2');
  const own = row({});
  const orders = row({ kind: 'verifyBackup', target: 'shop/orders', operation: 'verify/shop' });
  assert.ok(touches(recovery, 'shop/api', [recovery, own]));
  assert.ok(touches(recovery, 'shop/orders', [recovery, orders]));
});

test('a recovery of one datastore is in the history of each service, and of no other datastore', () => {
  const about = { kind: 'disasterRecovery', target: 'shop/orders' };
  const recovery = row({ ...about, operation: 'recover/shop' });
  const look = row({ ...about, operation: 'recover/shop/orders' });
  const users = row({ kind: 'verifyBackup', target: 'shop/users', operation: 'verify/shop/users' });
  const of = (one: Row, target: string, own: Row) => touches(one, target, [one, own]);
  assert.ok(of(recovery, 'shop/api', row({})));
  assert.ok(of(recovery, 'shop/orders', row({})));
  assert.ok(!of(recovery, 'shop/users', users));
  assert.ok(!of(look, 'shop/api', row({})));
  const { last } = storyOf({ system: 'shop', service: 'api', since: null }, [recovery, row({})]);
  assert.equal(last?.operation, 'recover/shop');
});

test('what was last is what ended last, and not what was refused', () => {
  const long = row({
    operation: 'recover/shop',
    kind: 'disasterRecovery',
    target: 'shop',
    startedAt: at(50),
    endedAt: at(5),
    runId: 'l',
  });
  const short = row({
    operation: 'admit/shop/api',
    kind: 'admitTraffic',
    startedAt: at(20),
    endedAt: at(19),
    runId: 's',
  });
  const refused = row({
    operation: 'stop/shop',
    kind: 'stopTraffic',
    outcome: 'refused',
    startedAt: at(3),
    endedAt: at(3),
    runId: 'r',
  });
  const { last } = storyOf({ system: 'shop', service: 'api', since: null }, [refused, short, long]);
  assert.equal(last?.operation, 'recover/shop');
});

test('who asked is read from the summary where no memo says it', () => {
  assert.equal(requesterIn('shop/api v2 by canary, asked by ana@web'), 'ana@web');
  for (const nobody of [null, 'shop/api v2 by canary', 'shop/api v2, asked by someb…']) {
    assert.equal(requesterIn(nobody), null);
  }
});

test('the history of a part has what was done to the whole system and touched it', () => {
  const orders = row({ kind: 'verifyBackup', target: 'shop/orders' });
  const backup = row({ kind: 'backup', target: 'shop' });
  const drill = row({ kind: 'disasterRecovery', target: 'shop' });
  const stop = row({ kind: 'stopTraffic', target: 'shop' });
  const whole = [backup, drill, stop];
  const historyOf = (target: string, ...own: Row[]) =>
    [...own, ...whole].filter((one, _, all) => touches(one, target, all)).map(({ kind }) => kind);
  assert.deepEqual(historyOf('shop/orders', orders), [
    'verifyBackup',
    'backup',
    'disasterRecovery',
  ]);
  assert.deepEqual(historyOf('shop/api', row({})), ['canaryDeploy', 'stopTraffic']);
  assert.equal(historyOf('shop/new').length, 3);
});

test('dry runs and retirements that were called off stand apart', () => {
  const lines = tables([planned, rolledBack, calledOff, kept], NOW);
  assert.match(lines[0] ?? '', /^OPERATION +STATE +BY +STARTED +TOOK$/);
  assert.match(lines[1] ?? '', /^deploy\/shop\/api\/v3 +rolledBack +ana +10 m ago +2 m 00 s$/);
  assert.match(lines[2] ?? '', /^retire\/shop\/api\/v1 +running/);
  assert.deepEqual(
    lines.filter((line) => line.endsWith(':')),
    ['dry runs:', 'retirements that a later change called off:'],
  );
});

test('ids of runs are shown when they are asked for', () => {
  assert.doesNotMatch(tables([row({})], NOW).join('\n'), /r2/);
  assert.match(
    tables([row({})], NOW, { runs: true }).join('\n'),
    /RUN +WORKFLOW\n.* r2 +deploy\/shop\/api\/v2$/,
  );
});

test('a difference between what runs and the file is a line of a table', async () => {
  const about = { system: 'shop', service: 'api', version: 'v2', revision: 'v2-0123456789' };
  const differences = [{ path: 'configuration.LIMIT', deployed: 10, file: null }];
  assert.deepEqual(await diffLines('shop/api', { ...about, differences }), [
    'shop/api v2 (v2-0123456789) differs from the system file:',
    '  WHAT                 DEPLOYED  FILE',
    '  configuration.LIMIT  10        (nothing)',
    'the next deploy brings it; this version again: fairlead deploy shop/api v2',
  ]);
  assert.match((await diffLines('shop/api', { ...about, differences: [] })).join(), /runs as the/);
  assert.deepEqual(await diffLines('shop/api', { version: null }), [
    'nothing of shop/api is deployed',
  ]);
});
