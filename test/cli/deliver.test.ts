// One message arrives once, also when the worker that would have answered it has just gone away.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { deliver, type Outgoing } from '../../src/cli/operation/deliver.ts';
import type { Temporal } from '../../src/cli/temporal/connect.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { endOf, startTestWorker, untilStatus } from '../support/operations.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

async function gated() {
  const { handle } = await shop.waiting({ approval: { quorum: 2 } });
  const { runId } = await handle.describe();
  const run = { operation: handle.workflowId, workflowId: handle.workflowId, runId };
  const { client, taskQueue } = shop.worker;
  const temporal: Temporal = { client, taskQueue, namespace: 'default', address: '' };
  return { handle, run, temporal };
}

const approve = (as: Outgoing['as'], actor: string): Outgoing => ({
  name: 'approve',
  argument: { actor },
  as,
});

test('an update is answered, or refused with a sentence', async () => {
  const { handle, run, temporal } = await gated();
  assert.match(await deliver(temporal, run, approve('update', 'ana')), /ana approved/);
  const again = deliver(temporal, run, approve('update', 'ana'));
  await assert.rejects(again, { code: 6, message: /ana approved .* before/ });
  assert.match(await deliver(temporal, run, approve('signal', 'ben')), /left as a signal/);
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
  const late = deliver(temporal, run, approve('update', 'cem'));
  await assert.rejects(late, { code: 6, message: /came too late/ });
});

test('an update that nobody answers is not sent again as a signal, and nobody is told that it failed', async () => {
  const { address } = await testServer();
  const taskQueue = `deliver-${randomUUID()}`;
  const first = await startTestWorker(address, shop.ports, { taskQueue });
  const handle = await first.start('canaryDeploy', {
    system: shop.live({ approval: { quorum: 2 } }),
    service: 'api',
    version: 'v2',
    requestedBy: 'ci',
  });
  await untilStatus(handle, (status) => status.state === 'waiting');
  await first.stop();
  const { runId } = await shop.worker.client.workflow.getHandle(handle.workflowId).describe();
  const run = { operation: handle.workflowId, workflowId: handle.workflowId, runId };
  const { client } = shop.worker;
  const temporal: Temporal = { client, taskQueue, namespace: 'default', address: '' };
  await assert.rejects(deliver(temporal, run, approve('update', 'ana'), 300), {
    code: 5,
    message: /may still arrive, and count; see with "fairlead status/,
  });
  const second = await startTestWorker(address, shop.ports, { taskQueue });
  const there = client.workflow.getHandle(handle.workflowId);
  await deliver(temporal, run, approve('update', 'ben'));
  const { messages } = await there.query<Report>('report');
  assert.ok(messages.filter((one) => one.actor === 'ana').length <= 1, JSON.stringify(messages));
  await deliver(temporal, run, { name: 'abort', argument: {}, as: 'update' }).catch(
    () => undefined,
  );
  await endOf(there);
  await second.stop();
});
