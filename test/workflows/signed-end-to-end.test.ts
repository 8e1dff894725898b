// Signed answers on a real server as people give them: by the command line, and by the JSON that it prints for the Web UI, sent
// as a signal. And whoever reaches Temporal and has no key blocks nobody by a flood of wrong ones.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { makePersonalKey, type PersonalKey } from '../../src/integrations/signing.ts';
import { endOf } from '../support/operations.ts';
import { runCli } from '../support/run-cli.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

const WRONG = 2_100;
/** The server takes so many updates of one workflow at once. */
const AT_ONCE = 8;

let shop: Shop;
let folder = '';
let ana: PersonalKey;
let ben: PersonalKey;
before(async () => {
  shop = await openShop();
  folder = await mkdtemp(join(tmpdir(), 'fairlead-signed-'));
  ana = await makePersonalKey(join(folder, 'ana'));
  ben = await makePersonalKey(join(folder, 'ben'));
});
after(async () => {
  await shop.worker.stop();
  await rm(folder, { recursive: true, force: true });
});

const gate = () =>
  ({
    keys: { ana: ana.publicKey, ben: ben.publicKey },
    approval: { trust: 'signed', quorum: 2 },
  }) as const;

async function cli(who: string, ...args: string[]): Promise<string> {
  const { address } = await testServer();
  const env = {
    TEMPORAL_ADDRESS: address,
    FAIRLEAD_TASK_QUEUE: shop.worker.taskQueue,
    FAIRLEAD_KEY: join(folder, who),
  };
  const { code, stdout, stderr } = await runCli([...args, '--as', who], env);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

async function answeredBy(handle: WorkflowHandle): Promise<void> {
  const operation = handle.workflowId;
  await cli('ana', 'approve', operation);
  const printed = await cli('ben', 'approve', operation, '--print');
  const json: unknown = JSON.parse(/\{[^]*\}/.exec(printed)?.[0] ?? '');
  await handle.signal('approve', json);
  const end = await endOf(handle);
  assert.equal(end.outcome, 'succeeded', end.message);
}

describe('a gate with trust: signed', () => {
  test('is passed by the command line of one and the pasted JSON of another person', async () => {
    const { system, handle } = await shop.waiting(gate());
    await answeredBy(handle);
    assert.equal(shop.weightsOf(system), 'v2 100 %');
  });

  test('is passed after more wrong answers than the server keeps updates', async () => {
    const { system, handle } = await shop.waiting(gate());
    const wrong = { actor: 'ana', gate: 'weight-5', digest: 'f'.repeat(64), signature: 'AAAA' };
    let sent = 0;
    const flood = async (): Promise<void> => {
      while (sent < WRONG) {
        sent += 1;
        await assert.rejects(
          handle.executeUpdate('approve', { args: [wrong] }),
          WorkflowUpdateFailedError,
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, flood));
    const { gates } = await handle.query<OperationStatus>('status');
    assert.equal(gates[0]?.have, 0);
    await answeredBy(handle);
    assert.equal(shop.weightsOf(system), 'v2 100 %');
  });
});
