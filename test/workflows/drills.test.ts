// Drills as whole operations, with datastores and isolated targets in memory: each step failing in turn, and interrupts
// in the middle. Whatever happens, no copy and no target is left, and nothing live was touched.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import type { Report } from '../../src/domain/report.ts';
import type { MemoryTargets } from '../support/memory-targets.ts';
import { storedBackup, TABLE, type MemoryVault } from '../support/memory-backups.ts';
import { endOf, type Ended } from '../support/operations.ts';
import { openShop, send, withDrill, type Shop, type ShopFile } from '../support/shop.ts';

let shop: Shop;
let vault: MemoryVault;
let targets: MemoryTargets;
before(async () => {
  shop = await openShop();
  ({ vault, targets } = shop.ports);
  vault.answers.set('select debts', '0');
});
after(() => shop.worker.stop());

const reportOf = (handle: WorkflowHandle) => handle.query<Report>('report');
const nothingLeft = (system: string) => {
  const left = [...vault.copies.keys(), ...targets.open.keys()];
  assert.deepEqual(
    left.filter((name) => name.includes(system)),
    [],
  );
};

/** A system with v1 live and a backup of each primary datastore that was just taken. */
async function ready(file: ShopFile = withDrill): Promise<string> {
  const system = shop.live(file);
  const { outcome } = await endOf(await shop.start('backup', { system }));
  assert.equal(outcome, 'succeeded');
  return system;
}

async function drilled(
  system: string,
): Promise<{ handle: WorkflowHandle; end: Ended; report: Report }> {
  const handle = await shop.start('disasterRecovery', { system, requestedBy: 'ana' });
  const end = await endOf(handle);
  return { handle, end, report: await reportOf(handle) };
}

describe('a drill', () => {
  test('that finds everything as it should be passes, and leaves nothing', async () => {
    const system = await ready();
    const changes = shop.ports.world.changes.length;
    const { end, report } = await drilled(system);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.deepEqual(
      report.steps.map(({ id }) => id),
      [
        ...['preflight', 'inventory', 'isolate', 'fence'],
        ...['artefact-orders', 'restore-orders', 'artefact-users', 'restore-users'],
        ...['complete-orders', 'correct-orders', 'point-in-time-orders', 'invariants-orders'],
        ...['complete-users', 'correct-users', 'bind', 'start-api', 'usable', 'production'],
        ...['close', 'discard-orders', 'discard-users', 'inventory-after', 'conclude'],
      ],
    );
    assert.ok(report.steps.every(({ status }) => status === 'done'));
    assert.equal(report.verdict, 'pass');
    assert.deepEqual(report.undo, []);
    assert.equal(shop.ports.world.changes.length, changes);
    nothingLeft(system);
  });
  test('gives the service its settings as the drill changes them, and no secret', async () => {
    const system = await ready();
    const { report } = await drilled(system);
    const given = targets.started.find(({ target }) => target.includes(system))?.environment;
    assert.equal(given?.['MAIL_ENABLED'], 'false');
    assert.equal(given['FAIRLEAD_DRILL'], 'true');
    assert.ok(!('TOKEN' in given));
    const start = report.plan?.steps.find(({ id }) => id === 'start-api');
    assert.match(start?.differs ?? '', /without its secrets TOKEN/);
    assert.deepEqual(
      report.plan?.steps.filter(({ id, differs }) => id === 'usable' && differs),
      [],
    );
  });

  test('proves the backups that it restored, and measures RPO and RTO', async () => {
    const system = await ready();
    const { report } = await drilled(system);
    const found = (name: string) => report.verdicts.find((one) => one.name === name);
    assert.match(found('rpo orders')?.got ?? '', /(m?s|min)$/);
    assert.equal(found('rto')?.expected, 'at most 30 min');
    assert.match(found('rto')?.reason ?? '', /isolation .*restore .*verification .*service /);
    assert.ok(report.timings.some(({ phase }) => phase === 'restore'));
    for (const { id } of report.backups ?? []) {
      const entry = vault.entries.get(id);
      assert.ok(entry?.state === 'complete');
      assert.equal(entry.marks[0]?.by, `drill/${system}`);
    }
  });

  test('is kept on record beside the backups, with what it came to', async () => {
    const system = await ready();
    const recordOf = () => shop.ports.drills.records.findLast((one) => one.system === system);
    await drilled(system);
    const passed = recordOf();
    assert.deepEqual([passed?.verdict, passed?.backups.length], ['pass', 2]);
    assert.ok((passed?.rtoMs ?? 0) > 0 && (passed?.rpoMs ?? 0) > 0);
    targets.fence.set(system, { inside: 'reached', outside: 'reached' });
    await drilled(system);
    assert.deepEqual([recordOf()?.outcome, recordOf()?.rtoMs], ['failed', null]);
  });

  test('that took longer than the RTO fails with the numbers', async () => {
    const system = await ready({ ...withDrill, drill: { ...withDrill.drill, rto: '1ms' } });
    const { end, report } = await drilled(system);
    assert.deepEqual([end.outcome, report.verdict], ['failed', 'fail']);
    assert.match(end.message, /rto at conclude: usable again after .*more than the RTO of 1 ms/);
    nothingLeft(system);
  });

  test('into the live system is refused with what there is instead', async () => {
    const system = shop.live(withDrill);
    const { message, kind } = await endOf(
      await shop.start('disasterRecovery', { system, mode: 'recover' }),
    );
    assert.equal(kind, 'BadInput');
    assert.match(message, /mode is "recover", allowed: drill; a recovery .* is not there yet/);
  });

  test('that only plans opens nothing, and says where a recovery differs', async () => {
    const system = await ready();
    const handle = await shop.start('disasterRecovery', { system, dryRun: true });
    assert.equal((await endOf(handle)).outcome, 'planned');
    const { plan } = await reportOf(handle);
    assert.match(plan?.steps.find(({ id }) => id === 'bind')?.differs ?? '', /for everybody/);
    assert.ok(!targets.asked.some((one) => one.includes(system)));
  });

  test('of a system whose file has no drill, or that has no backup, says what to do', async () => {
    const { datastores } = withDrill;
    const without = await drilled(shop.live({ datastores }));
    assert.match(without.end.message, /has no section "drill"/);
    const bare = await drilled(shop.live(withDrill));
    assert.match(bare.end.message, /there is no backup of .*\/orders to recover from/);
    assert.deepEqual([bare.end.outcome, bare.end.kind], ['failed', 'CheckFailed']);
  });

  test('beside a deploy that is under way is refused, politely', async () => {
    const { system, handle } = await shop.waiting(withDrill);
    const drill = await shop.start('disasterRecovery', { system });
    const { outcome, message } = await endOf(drill);
    assert.equal(outcome, 'refused');
    assert.match(message, /\(canaryDeploy\) runs since .* a drill measures a system at rest/);
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
  });
});

describe('a drill that finds something wrong', { concurrency: 4 }, () => {
  const cases: [
    name: string,
    outcome: 'failed' | 'inconclusive',
    step: string,
    said: RegExp,
    damage: (system: string) => void,
  ][] = [
    [
      'a leaking fence',
      'failed',
      'fence',
      /fence: orders .* was reached from inside the target: the fence leaks.*nothing was restored/,
      (system) => targets.fence.set(system, { inside: 'reached', outside: 'reached' }),
    ],
    [
      'a probe that is silent inside',
      'inconclusive',
      'fence',
      /proves nothing: outside reached, inside silent/,
      (system) => targets.fence.set(system, { inside: 'silent', outside: 'reached' }),
    ],
    [
      'a positive control that does not answer',
      'inconclusive',
      'fence',
      /proves nothing: outside refused, inside refused/,
      (system) => targets.fence.set(system, { inside: 'refused', outside: 'refused' }),
    ],
    [
      'a target that cannot be opened',
      'inconclusive',
      'isolate',
      /isolate: unshare said no/,
      (system) => {
        targets.failNext('open', new Failure('Broken', 'unshare said no'), system);
      },
    ],
    [
      'a probe that cannot be made',
      'inconclusive',
      'fence',
      /fence: no probe/,
      (system) => {
        targets.failNext('probe', new Failure('NotReady', 'no probe'), system);
      },
    ],
    [
      'a wrong key',
      'inconclusive',
      'artefact-orders',
      /orders: artefact: it could not be climbed: no identity matched.*not run: loads/,
      (system) => {
        vault.failNext('examine', new Failure('Refused', 'no identity matched'), system);
      },
    ],
    [
      'a row that does not load',
      'failed',
      'restore-users',
      /users: loads: a row does not load/,
      (system) => {
        vault.failNext(
          'restore',
          new Failure('CheckFailed', 'a row does not load'),
          `${system}/users`,
        );
      },
    ],
    [
      'a copy that nothing binds',
      'inconclusive',
      'bind',
      /bind: mount said no/,
      (system) => {
        targets.failNext('bind', new Failure('Broken', 'mount said no'), system);
      },
    ],
    [
      'a service that does not start on the copy',
      'failed',
      'start-api',
      /start-api: no answer in 1 s/,
      (system) => {
        targets.failNext('start', new Failure('CheckFailed', 'no answer in 1 s'), system);
      },
    ],
    [
      'a golden query with another answer',
      'failed',
      'usable',
      /golden portfolio at usable: .*expected 200 containing "ok", got 200 without it: nothing owed/,
      (system) => targets.answers.set(`${system}/portfolio`, { status: 200, body: 'nothing owed' }),
    ],
    [
      'a golden query with another status',
      'failed',
      'usable',
      /expected 200 containing "ok", got 500/,
      (system) => targets.answers.set(`${system}/portfolio`, { status: 500, body: 'ok' }),
    ],
    [
      'a mark that cannot be put',
      'failed',
      'conclude',
      /mark said no/,
      (system) => {
        vault.failNext('mark', new Failure('Refused', 'mark said no'), system);
      },
    ],
  ];
  for (const [name, outcome, step, said, damage] of cases) {
    test(`ends ${outcome} at ${step} of ${name}, and leaves nothing`, async () => {
      const system = await ready();
      damage(system);
      const { end, report } = await drilled(system);
      assert.equal(end.outcome, outcome, end.message);
      assert.match(end.message, said);
      assert.ok(report.steps.some(({ id, status }) => id === step && status === 'failed'));
      assert.deepEqual(end.summary?.leftovers, []);
      if (step === 'isolate' || step === 'fence') {
        assert.ok(!vault.made.some((copy) => copy.includes(system)), 'nothing was restored');
      }
      const marked = [...vault.entries.values()].filter(
        (one) =>
          one.id.startsWith(`${system}/`) && one.state === 'complete' && one.marks.length > 0,
      );
      assert.deepEqual(marked, []);
      nothingLeft(system);
    });
  }
});

describe('a drill', () => {
  test('whose backup is too old fails before anything is opened, and says how old', async () => {
    const system = shop.live({
      ...withDrill,
      datastores: { orders: withDrill.datastores.orders },
    });
    storedBackup(vault, system, 3);
    const { end, report } = await drilled(system);
    assert.equal(end.outcome, 'failed');
    assert.match(
      end.message,
      /rpo orders: .*72 h before, more than the RPO of 36 h; nothing was restored/,
    );
    assert.equal(report.steps.at(-1)?.id, 'preflight');
    assert.ok(!targets.asked.some((one) => one.includes(system)));
  });

  test('has no room, or no way to isolate: inconclusive before anything is opened', async (t) => {
    t.after(() => {
      vault.free = 1_000_000_000;
      targets.unable = undefined;
    });
    const system = await ready();
    vault.free = 100;
    const small = await drilled(system);
    assert.equal(small.end.outcome, 'inconclusive');
    assert.match(small.end.message, /100 bytes are free where copies go, and 4400 are needed/);
    vault.free = 1_000_000_000;
    targets.unable = 'there are no namespaces here; run the worker on Linux';
    const unable = await drilled(system);
    assert.equal(unable.end.outcome, 'inconclusive');
    assert.match(unable.end.message, /isolation: there are no namespaces here/);
    assert.ok(!targets.asked.some((one) => one.includes(system)));
  });

  test('cannot clean up: what is left is said, and needs a person', async () => {
    const system = await ready();
    targets.failNext('close', new Failure('Broken', 'it does not end'), system);
    targets.failNext('close', new Failure('Broken', 'it does not end'), system);
    const { end } = await drilled(system);
    assert.equal(end.outcome, 'failed');
    assert.match(
      end.summary?.leftovers.join() ?? '',
      /close the isolated target .*it does not end/,
    );
    for (const name of targets.open.keys()) if (name.includes(system)) targets.open.delete(name);
  });

  test('leaves a copy under a name of its own: the inventory says so', async () => {
    const system = await ready();
    const discarding = vault.hangNext('discard');
    const handle = await shop.start('disasterRecovery', { system });
    await discarding.reached;
    const made = [...vault.copies].find(([name]) => name.includes(system));
    assert.ok(made !== undefined);
    vault.copies.set(`scratch-${system}`, made[1]);
    discarding.release();
    const { outcome, summary } = await endOf(handle);
    assert.equal(outcome, 'failed');
    assert.deepEqual(summary?.leftovers, [
      `the copy scratch-${system} was to be removed, and is still there`,
    ]);
    vault.copies.delete(`scratch-${system}`);
  });

  test('notes that users write meanwhile, and fails when production is not well any more', async (t) => {
    const system = await ready();
    const { checks } = shop.ports;
    const run = checks.run;
    t.after(() => {
      checks.run = run;
    });
    vault.onRestore = () => {
      vault.write(`${system}/orders`, [{ ...TABLE, hash: 'md5sum:9' }]);
    };
    const written = await drilled(system);
    vault.onRestore = () => undefined;
    assert.equal(written.end.outcome, 'succeeded', written.end.message);
    assert.match(written.report.findings.join(), /users wrote to orders/);
    vault.onRestore = () => {
      checks.run = () => Promise.reject(new Failure('CheckFailed', '503'));
    };
    const unwell = await drilled(system);
    vault.onRestore = () => undefined;
    assert.equal(unwell.end.outcome, 'failed');
    assert.match(
      unwell.end.message,
      /api was healthy before the drill and is unhealthy during it: 503/,
    );
    nothingLeft(system);
  });
});

describe('a drill that is disturbed', () => {
  /** A drill that hangs in the middle of its restore, with a target open and half a copy there. */
  async function restoring(): Promise<{ system: string; handle: WorkflowHandle }> {
    const system = await ready();
    const { reached } = vault.hangNext('restore');
    const handle = await shop.start('disasterRecovery', { system });
    await reached;
    assert.equal([...vault.copies.keys()].filter((copy) => copy.includes(system)).length, 1);
    assert.equal([...targets.open.keys()].filter((name) => name.includes(system)).length, 1);
    return { system, handle };
  }

  test('by a cancel in the middle of a restore leaves nothing', async () => {
    const { system, handle } = await restoring();
    await handle.cancel();
    await assert.rejects(handle.result(), WorkflowFailedError);
    const report = await reportOf(handle);
    assert.deepEqual(
      [report.outcome, ...report.undo.map(({ verb }) => verb)],
      ['aborted', 'closeTarget', 'discardCopy'],
    );
    nothingLeft(system);
  });

  test('by an abort leaves nothing', async () => {
    const { system, handle } = await restoring();
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    nothingLeft(system);
  });

  test('by a backup makes way, and leaves nothing', async () => {
    const { system, handle } = await restoring();
    const backup = await shop.start('backup', { system });
    assert.equal((await endOf(handle)).outcome, 'preempted');
    nothingLeft(system);
    assert.equal((await endOf(backup)).outcome, 'succeeded');
  });

  test('by a second one goes on, and the second is refused politely', async () => {
    const { system, handle } = await restoring();
    const second = await shop.start('disasterRecovery', { system });
    const { outcome, message } = await endOf(second);
    assert.equal(outcome, 'refused');
    assert.match(message, /orders is being changed: .*\(disasterRecovery\) holds it since/);
    await send(handle, 'abort', { actor: 'ana' });
    await endOf(handle);
    nothingLeft(system);
  });

  test('by a deploy leaves it alone: the deploy goes on, and the drill notes it', async () => {
    const system = await ready();
    const held = vault.hangNext('restore');
    const drill = await shop.start('disasterRecovery', { system });
    await held.reached;
    const deploy = await shop.deploy(system, 'v2', { autoPromote: true });
    assert.equal((await endOf(deploy)).outcome, 'succeeded');
    held.release();
    const { outcome, message, summary } = await endOf(drill);
    assert.equal(outcome, 'succeeded', message);
    assert.match(
      summary?.findings.join() ?? '',
      /the traffic of api was v1 .*another operation did/,
    );
    nothingLeft(system);
  });
});
