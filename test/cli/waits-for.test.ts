// What `fairlead list` says of operations that wait: from a status, and asked of a worker that is there or not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { tables, waitsCell } from '../../src/cli/verbs/list.ts';
import type { Row } from '../../src/cli/operation/rows.ts';
import { waitsForOf } from '../../src/cli/operation/waits-for.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { runCli } from '../support/run-cli.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { eventually } from '../support/local-daemon.ts';
import { testServer } from '../support/temporal-server.ts';
import { field } from '../support/up/whole-up.ts';

const OPERATION = 'deploy/shop/api/v2';
const SINCE = '2026-01-01T00:00:00.000Z';

function statusWith(more: Partial<OperationStatus>): OperationStatus {
  return {
    schema: 'fairlead/status/v1',
    operation: OPERATION,
    runId: 'r',
    kind: 'canaryDeploy',
    system: 'shop',
    state: 'running',
    gates: [],
    weights: [],
    undo: [],
    steps: [],
    verdicts: [],
    ...more,
  };
}

const GATE = {
  id: 'weight-25',
  policy: 'promote',
  digest: 'd',
  need: 2,
  have: 1,
  who: ['ana', 'bob'],
  openedAt: SINCE,
  expiresAt: '2026-01-02T00:00:00.000Z',
};

test('what waits at a gate says which, how many are there, who may, and the command', () => {
  const waits = waitsForOf(statusWith({ state: 'waiting', gates: [GATE] }));
  assert.deepEqual(waits, {
    gate: 'weight-25',
    what: 'approval promote 1/2',
    who: ['ana', 'bob'],
    since: SINCE,
    command: `fairlead approve ${OPERATION} --gate weight-25`,
    commands: [
      `fairlead approve ${OPERATION} --gate weight-25`,
      `fairlead reject ${OPERATION} --gate weight-25`,
    ],
  });
  const cell = waitsCell(waits, '2026-01-01T00:03:20.000Z');
  assert.equal(cell, 'approval promote 1/2 at weight-25 from ana, bob for 3 m 20 s');
});

test('what is parked names the problem and every answer that would be taken', () => {
  const waits = waitsForOf(
    statusWith({
      state: 'parked',
      step: 'weight-5',
      note: 'no data',
      answers: ['retryStep', 'skipStep', 'abort'],
      waitingSince: SINCE,
    }),
  );
  assert.deepEqual(waits, {
    step: 'weight-5',
    what: 'parked: no data',
    who: ['anyone'],
    since: SINCE,
    command: `fairlead retry ${OPERATION}`,
    commands: ['retry', 'skip', 'abort'].map((verb) => `fairlead ${verb} ${OPERATION}`),
  });
});

test('what is paused is resumed; what runs waits for nobody', () => {
  const paused = waitsForOf(statusWith({ state: 'paused', note: 'paused by ana' }));
  assert.equal(paused?.command, `fairlead resume ${OPERATION}`);
  assert.equal(paused.since, null, 'a worker of before does not say since when');
  assert.equal(waitsCell(paused, SINCE), 'paused by ana');
  assert.equal(waitsForOf(statusWith({})), undefined);
  assert.equal(waitsCell(null, SINCE), '');
});

test('a long problem is cut, and stays on its line', () => {
  const waits = waitsForOf(statusWith({ state: 'parked', note: `a\n${'b'.repeat(500)}` }));
  const cell = waitsCell(waits ?? null, SINCE);
  assert.match(cell, /^parked: a b+…$/);
  assert.ok(cell.length < 110);
});

let shop: Shop | undefined;
before(async () => {
  shop = await openShop();
});
after(async () => {
  await shop?.worker.stop().catch(() => undefined);
});

test('with a worker the field is there; without one it is null, and that is said once', async () => {
  assert.ok(shop);
  const { address } = await testServer();
  const { handle } = await shop.waiting();
  const { runId } = await handle.describe();
  const list = async (flags: string[]) => {
    const result = await runCli(['list', '--open', ...flags], { TEMPORAL_ADDRESS: address });
    assert.equal(result.code, 0, result.stderr);
    return result;
  };
  const waitsIn = (stdout: string): unknown => {
    const rows = field(stdout, 'operations');
    assert.ok(Array.isArray(rows));
    const mine = rows.map((row) => JSON.stringify(row)).find((row) => row.includes(runId));
    return field(mine ?? '{}', 'waitsFor');
  };
  try {
    let there = '{}';
    // A worker that is busy may be too late for a list.
    await eventually('the worker to say what it waits for', async () => {
      there = JSON.stringify(waitsIn((await list(['--json'])).stdout) ?? {});
      return field(there, 'what') !== undefined;
    });
    assert.equal(field(there, 'what'), 'approval promote 0/1');
    assert.deepEqual(field(there, 'who'), ['anyone but ci']);
    await shop.worker.stop();
    const { stdout, stderr } = await list(['--json']);
    assert.equal(waitsIn(stdout), null);
    assert.match(stderr, /^no worker answered in time what .* for\n$/);
  } finally {
    // The worker's own connection went with it.
    const connection = await Connection.connect({ address });
    await new Client({ connection }).workflow.getHandle(handle.workflowId).terminate();
    await connection.close();
  }
});

test('what a closed change window holds is listed as held, until when', () => {
  const window = { system: 'shop', next: '2026-01-01T21:00:00.000Z', needMs: 0 };
  const note = 'held: shop may not be changed now: the next one opens at 21:00';
  const waits = waitsForOf(statusWith({ heldByWindow: window, note, waitingSince: SINCE }));
  assert.ok(waits !== undefined);
  assert.deepEqual(waits.commands, [`fairlead abort ${OPERATION}`]);
  const row: Row = {
    ...{ operation: OPERATION, runId: 'r', workflowId: OPERATION, kind: 'canaryDeploy' },
    ...{
      system: 'shop',
      target: 'shop/api',
      state: 'running' as const,
      outcome: null,
      startedAt: SINCE,
    },
    ...{ endedAt: null, requestedBy: 'ana', version: 'v2', summary: null, dryRun: false },
    ...{ keptUntil: null, waitsFor: waits },
  };
  const [, line = ''] = tables([row], Date.parse(SINCE) + 1000);
  assert.match(line, /^deploy\/shop\/api\/v2 +held +ana .*opens at 21:00/);
});
