// What `status SYSTEM` and `health` say of operations that are over and left something over, with the way out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endedStatus } from '../../src/cli/operation/ask-status.ts';
import { lastOnes, leftOverLines, readLeftOver } from '../../src/cli/operation/left-over.ts';
import type { Row } from '../../src/cli/operation/rows.ts';
import { statusLines } from '../../src/cli/operation/view.ts';
import type { Temporal } from '../../src/cli/temporal/connect.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const at = (minutesAgo: number): string => new Date(NOW - minutesAgo * 60_000).toISOString();
const row = (operation: string, kind: string, more: Partial<Row>): Row => ({
  ...{ operation, runId: `run of ${operation}`, workflowId: operation, kind, system: 'shop' },
  ...{ target: 'shop/api', state: 'closed' as const, outcome: 'aborted', summary: null },
  ...{ startedAt: at(9), endedAt: at(8), requestedBy: 'ci', version: null, dryRun: false },
  ...{ keptUntil: null, waitsFor: null },
  ...more,
});
const deploy = row('deploy/shop/api/v2', 'canaryDeploy', {});
const drill = row('drill/shop', 'disasterRecovery', { target: 'shop', outcome: 'failed' });
const status = (more: Partial<OperationStatus>): OperationStatus => ({
  ...{ schema: 'fairlead/status/v1', operation: 'deploy/shop/api/v2', runId: 'r' },
  ...{ kind: 'canaryDeploy', system: 'shop', state: 'closed', gates: [], weights: [] },
  ...{ undo: [], steps: [], verdicts: [] },
  ...more,
});

test('what was made good by a later operation on the same is not asked for', () => {
  const later = row('deploy/shop/api/v3', 'canaryDeploy', { outcome: 'succeeded', endedAt: at(1) });
  const refused = row('deploy/shop/api/v4', 'canaryDeploy', { outcome: 'refused', endedAt: at(1) });
  const other = row('deploy/shop/web/v3', 'canaryDeploy', {
    ...{ target: 'shop/web', outcome: 'succeeded', endedAt: at(1) },
  });
  const backup = row('backup/shop', 'backup', { target: 'shop', outcome: 'succeeded' });
  assert.deepEqual(lastOnes([later, deploy]), []);
  assert.deepEqual(lastOnes([refused, other, backup, deploy, drill]), [deploy, drill]);
});

test('what is left over is named with what answers users and where all of it stands', async () => {
  const answers: Record<string, OperationStatus> = {
    [deploy.operation]: status({ leftovers: ['ensure-v2: the door is stuck'] }),
    [drill.operation]: status({ state: 'parked', undo: ['discard the copy of orders'] }),
  };
  const workflow = {
    getHandle: (id: string) => ({ query: () => Promise.resolve(answers[id]) }),
  };
  const client = { workflow, withDeadline: (_: number, ask: () => unknown) => ask() };
  const temporal = { client } as unknown as Temporal;
  const found = await readLeftOver(temporal, [deploy, drill], 'shop');
  const revision = { version: 'v1', revision: 'v1-0', condition: 'ready' as const };
  const api = {
    ...{ url: '', weights: [], stopped: false, admitPercent: 100, strategy: 'canary' },
    revisions: [{ ...revision, weight: 100, ready: 2, desired: 2 }],
  };
  const system = { system: 'shop', services: { api }, operations: [] };
  assert.deepEqual(leftOverLines(found, system, NOW), [
    'left over by operations that are over:',
    '  deploy/shop/api/v2: aborted 8 m ago',
    '    left over: ensure-v2: the door is stuck',
    '    users of shop/api are answered by v1 100 % (2 of 2 ready)',
    "    all of it: fairlead report deploy/shop/api/v2 --run 'run of deploy/shop/api/v2'",
    '  drill/shop: failed 8 m ago',
    '    left over: not undone: discard the copy of orders',
    "    all of it: fairlead report drill/shop --run 'run of drill/shop'",
  ]);
  assert.deepEqual(leftOverLines([], system, NOW), []);
});

test('the status of an operation that is over says what is left over', () => {
  const terminated = status({ state: 'running', undo: ['traffic back to v1'] });
  const lines = statusLines(endedStatus(terminated, 'interrupted'));
  assert.deepEqual(lines, [
    'deploy/shop/api/v2  interrupted',
    '  left over: not undone: traffic back to v1',
  ]);
});

test('a run that is over is asked once by a command that looks again and again, and one that nobody answered for again', async () => {
  let asked = 0;
  const query = () => {
    asked += 1;
    return asked === 1
      ? Promise.reject(new Error('no worker'))
      : Promise.resolve(status({ leftovers: ['ensure-v2: the door is stuck'] }));
  };
  const client = {
    workflow: { getHandle: () => ({ query }) },
    withDeadline: (_: number, ask: () => unknown) => ask(),
  };
  const temporal = { client } as unknown as Temporal;
  assert.deepEqual(await readLeftOver(temporal, [deploy], 'shop'), []);
  const found = await readLeftOver(temporal, [deploy], 'shop');
  assert.deepEqual(await readLeftOver(temporal, [deploy], 'shop'), found);
  assert.equal(found[0]?.leftovers.length, 1);
  assert.equal(asked, 2);
});
