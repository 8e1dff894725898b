// Every workflow type and every message with nonsense, as raw payloads on a real server: each is answered with a
// sentence, and no workflow task ever fails.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { MESSAGES, PREEMPT, QUERIES, WORKFLOW_TYPES } from '../../src/workflows/messages.ts';
import { OPERATION_TYPES } from '../../src/runbooks/index.ts';
import { endOf } from '../support/operations.ts';
import {
  failedTasks,
  NONSENSE,
  queryRaw,
  signalRaw,
  startRaw,
  updateRaw,
} from '../support/raw-payloads.ts';
import { openShop, refusal, send, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

function readable(text: string, what: string): void {
  assert.doesNotMatch(text, /undefined|\[object|NaN|node_modules|\n\s+at /, what);
  assert.match(text, /\w+ \w+ \w+/, `${what}: no sentence: ${text}`);
  assert.ok(text.length < 1000, `${what}: ${text.length} characters`);
}

const operations: ReadonlySet<string> = new Set(OPERATION_TYPES);

/** As lists show it. */
async function shownOutcome(handle: WorkflowHandle): Promise<unknown> {
  const attributes = (await handle.describe()).typedSearchAttributes.getAll();
  return attributes.find(({ key }) => key.name === 'FairleadOutcome')?.value;
}

/** Nothing and an empty object are well formed for these, and do what they say. */
const takesNothing = new Set(['janitor']);
const empty = new Set(['nothing', 'null', 'an empty object']);

const NO_SUCH_TYPE =
  /^"canaryDeplyo" is no workflow type of Fairlead, and nothing was done \(did you mean canaryDeploy\?\); there are canaryDeploy, /;

for (const type of [...WORKFLOW_TYPES, 'canaryDeplyo']) {
  test(`${type} with nonsense ends with a sentence`, async () => {
    const all = Object.entries(NONSENSE).map(async ([what, payload]) => {
      if (takesNothing.has(type) && empty.has(what)) return;
      const { client, taskQueue } = shop.worker;
      const handle = await startRaw(client, taskQueue, type, payload);
      const end = await endOf(handle);
      readable(end.message, `${type} with ${what}`);
      assert.notEqual(end.outcome, 'succeeded');
      if (type === 'canaryDeplyo') assert.match(end.message, NO_SUCH_TYPE);
      assert.deepEqual(await failedTasks(handle), [], `${type} with ${what}`);
      if (!operations.has(type)) return;
      assert.deepEqual([end.outcome, await shownOutcome(handle)], ['refused', 'refused']);
    });
    await Promise.all(all);
  });
}

describe('a running operation', () => {
  async function stillWell(handle: WorkflowHandle): Promise<void> {
    const status = await handle.query<OperationStatus>('status');
    assert.equal(status.state, 'waiting');
    assert.equal(status.gates[0]?.have, 0);
    await send(handle, 'approve', { actor: 'ana' });
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.deepEqual(await failedTasks(handle), []);
    const { messages } = await handle.query<Report>('report');
    for (const one of messages) readable(one.note, `${one.name}: ${one.note}`);
  }
  /** Nothing and an empty object are well formed for these, and do what they say. */
  const obeyed = new Set(['pause', 'abort']);

  test('answers nonsense in updates with sentences, and goes on', async () => {
    const { handle } = await shop.waiting();
    const { client } = shop.worker;
    for (const name of [...MESSAGES, 'aprove']) {
      for (const [what, payload] of Object.entries(NONSENSE)) {
        if (obeyed.has(name) && empty.has(what)) continue;
        const said = await updateRaw(client, handle, name, payload);
        assert.ok(said !== undefined, `${name} with ${what} was accepted`);
        readable(said, `${name} with ${what}`);
      }
    }
    await stillWell(handle);
  });

  test('records nonsense in signals, and goes on', async () => {
    const { client } = shop.worker;
    const names = [...MESSAGES, PREEMPT, 'aprove'];
    const half = Math.ceil(names.length / 2);
    // Of two operations: a client takes no history of more than 4 MB.
    for (const some of [names.slice(0, half), names.slice(half)]) {
      const { handle } = await shop.waiting();
      for (const name of some) {
        const all = Object.entries(NONSENSE).map(async ([what, payload]) => {
          if (obeyed.has(name) && empty.has(what)) return;
          await signalRaw(client, handle, name, payload);
        });
        await Promise.all(all);
        // The server ends a workflow task by force when over a hundred signals wait behind it.
        await handle.query('status');
      }
      await stillWell(handle);
    }
  });

  test("answers names with the SDK's own prefix like any other unknown one", async () => {
    const { system, handle } = await shop.waiting();
    for (const name of ['__temporal_x', '__temporal_']) {
      await handle.signal(name, { actor: 'ana' });
      assert.match(await refusal(handle, name, {}), /there is no message "__temporal_x?"/);
    }
    const lease = shop.worker.client.workflow.getHandle(`lease/${system}/api`);
    await lease.signal('__temporal_x');
    await stillWell(handle);
    await lease.result();
    assert.deepEqual(await failedTasks(lease), []);
  });

  test('answers queries whatever comes with them', async () => {
    const { handle } = await shop.waiting();
    const { client } = shop.worker;
    for (const name of [...QUERIES, 'staus']) {
      for (const payload of Object.values(NONSENSE)) await queryRaw(client, handle, name, payload);
    }
    await stillWell(handle);
  });
});
