// Drills that find something wrong: each step failing in turn. Whatever it is, no copy and no target is left, no backup
// is marked as verified, and nothing is restored before the fence is proved.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { openDrillShop, type DamagedCase, type DrillShop } from '../support/drills.ts';
import { storedBackup, TABLE } from '../support/memory/memory-backups.ts';
import { endOf } from '../support/operations.ts';
import { withDrill } from '../support/data-shop.ts';

let it: DrillShop;
before(async () => {
  it = await openDrillShop();
});
after(() => it.shop.worker.stop());

describe('a drill that finds something wrong', { concurrency: 4 }, () => {
  const cases: DamagedCase[] = [
    [
      'a leaking fence',
      'failed',
      'fence',
      /fence: orders .* was reached from inside the target: the fence leaks.*nothing was put behind it/,
      (system) => it.targets.fence.set(system, { inside: 'reached', outside: 'reached' }),
    ],
    [
      'a probe that is silent inside',
      'inconclusive',
      'fence',
      /proves nothing: outside reached, inside silent/,
      (system) => it.targets.fence.set(system, { inside: 'silent', outside: 'reached' }),
    ],
    [
      'a positive control that does not answer',
      'inconclusive',
      'fence',
      /proves nothing: outside refused, inside refused/,
      (system) => it.targets.fence.set(system, { inside: 'refused', outside: 'refused' }),
    ],
    [
      'a target that cannot be opened',
      'inconclusive',
      'isolate',
      /isolate: unshare said no/,
      (system) => {
        it.targets.failNext('open', new Failure('Broken', 'unshare said no'), system);
      },
    ],
    [
      'a probe that cannot be made',
      'inconclusive',
      'fence',
      /fence: no probe/,
      (system) => {
        it.targets.failNext('probe', new Failure('NotReady', 'no probe'), system);
      },
    ],
    [
      'a wrong key',
      'inconclusive',
      'artefact-orders',
      /orders: artefact: it could not be climbed: no identity matched.*not run: loads/,
      (system) => {
        it.vault.failNext('examine', new Failure('Refused', 'no identity matched'), system);
      },
    ],
    [
      'a row that does not load',
      'failed',
      'restore-users',
      /users: loads: a row does not load/,
      (system) => {
        it.vault.failNext(
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
        it.targets.failNext('mount', new Failure('Broken', 'mount said no'), system);
      },
    ],
    [
      'a service that does not start on the copy',
      'failed',
      'start-api',
      /start-api: no answer in 1 s/,
      (system) => {
        it.targets.failNext('start', new Failure('CheckFailed', 'no answer in 1 s'), system);
      },
    ],
    [
      'a golden query with another answer',
      'failed',
      'usable',
      /golden portfolio at usable: .*expected 200 containing "ok", got 200 without it: nothing owed/,
      (system) =>
        it.targets.answers.set(`${system}/portfolio`, { status: 200, body: 'nothing owed' }),
    ],
    [
      'a golden query with another status',
      'failed',
      'usable',
      /expected 200 containing "ok", got 500/,
      (system) => it.targets.answers.set(`${system}/portfolio`, { status: 500, body: 'ok' }),
    ],
    [
      'a service that ends right after its last golden answer',
      'failed',
      'usable',
      /api ended right after the last golden query: it exited with 1/,
      (system) => it.targets.ends.set(system, 'it exited with 1'),
    ],
    [
      'a mark that cannot be put',
      'failed',
      'conclude',
      /mark said no/,
      (system) => {
        it.vault.failNext('mark', new Failure('Refused', 'mark said no'), system);
      },
    ],
  ];
  for (const [name, outcome, step, said, damage] of cases) {
    test(`ends ${outcome} at ${step} of ${name}, and leaves nothing`, async () => {
      const system = await it.ready();
      damage(system);
      const { end, report } = await it.drilled(system);
      assert.equal(end.outcome, outcome, end.message);
      assert.match(end.message, said);
      assert.ok(report.steps.some(({ id, status }) => id === step && status === 'failed'));
      assert.deepEqual(end.summary?.leftovers, []);
      if (step === 'isolate' || step === 'fence') {
        assert.ok(!it.vault.made.some((copy) => copy.includes(system)), 'nothing was restored');
      }
      const marked = [...it.vault.entries.values()].filter(
        (one) =>
          one.id.startsWith(`${system}/`) &&
          one.state === 'complete' &&
          one.marks.some(({ kind }) => kind === 'verified'),
      );
      assert.deepEqual(marked, []);
      it.nothingLeft(system);
    });
  }
});

describe('a drill', () => {
  test('whose backup is too old fails before anything is opened, and says how old', async () => {
    const system = it.shop.live({
      ...withDrill,
      datastores: { orders: withDrill.datastores.orders },
    });
    storedBackup(it.vault, system, 3);
    const { end, report } = await it.drilled(system);
    assert.equal(end.outcome, 'failed');
    assert.match(
      end.message,
      /rpo orders: .*72 h before, more than the RPO of 36 h; nothing was restored/,
    );
    assert.equal(report.steps.at(-1)?.id, 'preflight');
    assert.ok(!it.targets.asked.some((one) => one.includes(system)));
  });

  test('has no room, or no way to isolate: inconclusive before anything is opened', async (t) => {
    t.after(() => {
      it.vault.free = 1_000_000_000;
      it.targets.unable = undefined;
    });
    const system = await it.ready();
    it.vault.free = 100;
    const small = await it.drilled(system);
    assert.equal(small.end.outcome, 'inconclusive');
    assert.match(small.end.message, /100 B are free where copies go, and 4.4 kB are needed/);
    it.vault.free = 1_000_000_000;
    it.targets.unable = 'there are no namespaces here; run the worker on Linux';
    const unable = await it.drilled(system);
    assert.equal(unable.end.outcome, 'inconclusive');
    assert.match(unable.end.message, /isolation: there are no namespaces here/);
    assert.ok(!it.targets.asked.some((one) => one.includes(system)));
  });

  test('cannot clean up: what is left is said, and needs a person', async () => {
    const system = await it.ready();
    it.targets.failNext('close', new Failure('Broken', 'it does not end'), system);
    it.targets.failNext('close', new Failure('Broken', 'it does not end'), system);
    const { end } = await it.drilled(system);
    assert.equal(end.outcome, 'failed');
    assert.match(
      end.summary?.leftovers.join() ?? '',
      /close the isolated target .*it does not end/,
    );
    for (const name of it.targets.open.keys())
      if (name.includes(system)) it.targets.open.delete(name);
  });

  test('leaves a copy under a name of its own: the inventory says so', async () => {
    const system = await it.ready();
    const discarding = it.vault.hangNext('discard');
    const handle = await it.shop.start('disasterRecovery', { system });
    await discarding.reached;
    const made = [...it.vault.copies].find(([name]) => name.includes(system));
    assert.ok(made !== undefined);
    it.vault.copies.set(`scratch-${system}`, made[1]);
    discarding.release();
    const { outcome, summary } = await endOf(handle);
    assert.equal(outcome, 'failed');
    assert.deepEqual(summary?.leftovers, [
      `the copy scratch-${system} was to be removed, and is still there`,
    ]);
    it.vault.copies.delete(`scratch-${system}`);
  });

  test('notes that users write meanwhile, and fails when production is not well any more', async (t) => {
    const system = await it.ready();
    const { checks } = it.shop.ports;
    const known = { ...checks };
    t.after(() => Object.assign(checks, known));
    it.vault.onRestore = () => {
      it.vault.write(`${system}/orders`, [{ ...TABLE, hash: 'rowsum:9' }]);
    };
    const written = await it.drilled(system);
    it.vault.onRestore = () => undefined;
    assert.equal(written.end.outcome, 'succeeded', written.end.message);
    assert.match(written.report.findings.join(), /users wrote to orders/);
    it.vault.onRestore = () => {
      checks.run = () => Promise.reject(new Failure('CheckFailed', '503'));
    };
    const unwell = await it.drilled(system);
    it.vault.onRestore = () => undefined;
    assert.equal(unwell.end.outcome, 'failed');
    assert.match(
      unwell.end.message,
      /api was healthy before the drill and is unhealthy during it: 503/,
    );
    it.nothingLeft(system);
  });
});
