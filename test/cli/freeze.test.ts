// `fairlead freeze` and `thaw` as processes of their own, beside a worker on a real server: what they print and exit with.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FreezeState } from '../../src/domain/time/freeze.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { endOf, untilStatus } from '../support/operations.ts';
import { runCli, type CliResult } from '../support/run-cli.ts';
import { openShop, send, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

const UNTIL = '2099-01-04T09:00:00+01:00';
const AT = '2099-01-04T08:00:00.000Z';

let shop: Shop;
let run: (line: string, ...more: string[]) => Promise<CliResult>;
before(async () => {
  const { address } = await testServer();
  shop = await openShop();
  const env = { TEMPORAL_ADDRESS: address, FAIRLEAD_TASK_QUEUE: shop.worker.taskQueue };
  run = (line, ...more) => runCli([...line.split(' '), ...more], env);
});
after(() => shop.worker.stop());

async function freeze(system: string, as = 'ana'): Promise<CliResult> {
  return run(`freeze ${system} --until ${UNTIL} --as ${as}`, '--reason', 'the holidays');
}

describe('a system', () => {
  test('is frozen, shown in status and list with whom it holds, and thawed', async () => {
    const { system, handle } = await shop.waiting();
    const frozen = await freeze(system);
    assert.deepEqual([frozen.code, frozen.stderr], [0, '']);
    assert.equal(
      frozen.stdout,
      `${system} is frozen by ana until ${AT}: the holidays\n  nothing is being changed; held: ${handle.workflowId}\n`,
    );
    await send(handle, 'approve', { actor: 'ana' });
    await untilStatus(handle, ({ held }: OperationStatus) => held !== undefined);
    const words = `${system} is frozen by ana until ${AT}: the holidays`;
    const status = await run(`status ${system}`);
    assert.ok(status.stdout.split('\n').includes(`  ${words}`), status.stdout);
    const operation = await run(`status deploy/${system}/api/v2`);
    assert.ok(operation.stdout.includes(`  held: ${words}`), operation.stdout);
    const list = await run(`list --open --system ${system}`);
    assert.ok(list.stdout.startsWith(`${words}\n`), list.stdout);
    assert.ok(list.stdout.includes('held: '), list.stdout);
    const json = JSON.parse((await run(`list --open --system ${system} --json`)).stdout) as {
      operations: { waitsFor: { command: string; who: string[] } | null }[];
      freezes: FreezeState[];
    };
    assert.deepEqual(
      json.freezes.map(({ scope, takenBy, owner, until }) => [scope, takenBy, owner, until]),
      [[system, 'people', 'ana', AT]],
    );
    assert.equal(json.operations[0]?.waitsFor?.command, `fairlead thaw ${system}`);
    const thawed = await run(`thaw ${system} --as ben`);
    assert.deepEqual(thawed, {
      ...{ code: 0, stderr: '' },
      stdout: `${system} is thawed; ana had frozen it\n`,
    });
    assert.equal((await endOf(handle)).outcome, 'succeeded');
  });

  test('that is frozen stays so for a second person, who is told what to do: exit 6', async () => {
    const system = shop.live();
    assert.equal((await freeze(system)).code, 0);
    const second = await freeze(system, 'ben');
    assert.equal(second.code, 6);
    assert.match(second.stderr, /is frozen by ana until .*: the holidays\. It stays as it is; end/);
    assert.ok(second.stderr.includes(`fairlead thaw ${system}`), second.stderr);
    assert.equal((await run(`thaw ${system} --json`)).code, 0);
    const nowhere = await run('thaw no-such-system');
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /no-such-system/);
    const again = await run(`thaw ${system}`);
    assert.deepEqual([again.code, again.stdout], [0, `${system} is not frozen\n`]);
  });

  test('that no worker knows is not frozen: exit 2', async () => {
    const { code, stderr } = await freeze('nothing-here');
    assert.deepEqual([code, stderr], [2, 'there is no system nothing-here\n']);
  });

  test('is answered with one JSON object', async () => {
    const system = shop.live();
    const frozen = await run(`freeze ${system} --until ${UNTIL} --as ana --json --reason holidays`);
    const state = JSON.parse(frozen.stdout) as FreezeState;
    assert.deepEqual(
      [state.scope, state.owner, state.until, state.frozen, state.held],
      [system, 'ana', AT, true, []],
    );
    const thawed = JSON.parse((await run(`thaw ${system} --json --as ben`)).stdout) as {
      thawed: { ended: string; by: string };
    };
    assert.deepEqual([thawed.thawed.ended, thawed.thawed.by], ['thawed', 'ben']);
  });
});

test('every system is frozen at once; the thaw of one of them says that it stays', async () => {
  const system = shop.live();
  const all = await run(`freeze --all --until ${UNTIL} --as ana --reason moving`);
  assert.match(all.stdout, /^every system is frozen by ana until .*: moving\n/);
  const handle = await shop.start('restartService', { system, service: 'api' });
  const { note } = await untilStatus(handle, ({ held }: OperationStatus) => held !== undefined);
  assert.match(note ?? '', /^held: every system is frozen by ana/);
  const one = await run(`thaw ${system}`);
  assert.equal(one.code, 6);
  assert.match(one.stderr, /every system is frozen by ana .*; end it with "fairlead thaw --all"/);
  const thawed = await run('thaw --all');
  assert.deepEqual(
    [thawed.code, thawed.stdout],
    [0, 'every system is thawed; ana had frozen it\n'],
  );
  assert.equal((await endOf(handle)).outcome, 'succeeded');
});
