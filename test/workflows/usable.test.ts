// Verifications that start the service on the copy, with datastores and isolated targets in memory: each of their own
// steps failing, and interrupts in the middle. Whatever happens, no copy and no target is left.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { openDrillShop, type DamagedCase, type DrillShop } from '../support/drills.ts';
import { storedBackup } from '../support/memory/memory-backups.ts';
import { endOf, reportOf, type Ended } from '../support/operations.ts';
import { withUsable } from '../support/data-shop.ts';
import { send, type ShopFile } from '../support/shop.ts';

let it: DrillShop;
before(async () => {
  it = await openDrillShop();
});
after(() => it.shop.worker.stop());

const start = (system: string) => it.shop.start('verifyBackup', { system, datastore: 'orders' });

async function proved(system: string): Promise<{ end: Ended; report: Report }> {
  const handle = await start(system);
  const end = await endOf(handle);
  return { end, report: await reportOf(handle) };
}

const isMarked = (system: string): boolean =>
  [...it.vault.entries.values()].some(
    (one) => one.id.startsWith(`${system}/`) && one.state === 'complete' && one.marks.length > 0,
  );

describe('a verification with the rung usable', { concurrency: 4 }, () => {
  test('starts the service on the copy, asks it, marks the backup, and leaves nothing', async () => {
    const system = await it.ready(withUsable);
    const changes = it.shop.ports.world.changes.length;
    const { end, report } = await proved(system);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.match(end.message, /^5 of 5 rungs that ran passed$/);
    assert.deepEqual(
      report.steps.map(({ id, status }) => `${id} ${status}`),
      'artefact loads complete correct isolate fence bind start-api usable close conclude discard'
        .split(' ')
        .map((id) => `${id} done`),
    );
    const found = (name: string) => report.verdicts.find((one) => one.name === name);
    assert.equal(found('golden portfolio')?.expected, '200 containing "ok"');
    assert.match(found('usable')?.reason ?? '', /1 of 1 services started.* 1 of 1 golden/);
    const given = it.targets.started.find(({ target }) => target.includes(system))?.environment;
    assert.ok(given);
    assert.deepEqual([given['MAIL_ENABLED'], given['FAIRLEAD_DRILL']], ['false', 'true']);
    assert.ok(!('TOKEN' in given));
    assert.equal(it.shop.ports.world.changes.length, changes);
    assert.ok(isMarked(system));
    it.nothingLeft(system);
  });

  const reached = { inside: 'reached', outside: 'reached' } as const;
  const silent = { inside: 'silent', outside: 'reached' } as const;
  const cases: DamagedCase[] = [
    [
      'a target that cannot be opened',
      'inconclusive',
      'isolate',
      /^usable: isolate: unshare said no; 4 of 5 rungs that ran passed$/,
      (system) => {
        it.targets.failNext('open', new Failure('Unsupported', 'unshare said no'), system);
      },
    ],
    [
      'a leaking fence',
      'failed',
      'fence',
      /^usable: fence: orders .* was reached from inside the target: the fence leaks.*; 4 of 5/,
      (system) => it.targets.fence.set(system, reached),
    ],
    [
      'a fence that is silent',
      'inconclusive',
      'fence',
      /^usable: fence: .*proves nothing: outside reached, inside silent.*; 4 of 5/,
      (system) => it.targets.fence.set(system, silent),
    ],
    [
      'a copy that nothing binds',
      'inconclusive',
      'bind',
      /^usable: bind: mount said no; 4 of 5/,
      (system) => {
        it.targets.failNext('mount', new Failure('Broken', 'mount said no'), system);
      },
    ],
    [
      'a service that does not start on the copy',
      'failed',
      'start-api',
      /^usable: start-api: no answer in 1 s; .*0 of 1 services started .*; 4 of 5/,
      (system) => {
        it.targets.failNext('start', new Failure('CheckFailed', 'no answer in 1 s'), system);
      },
    ],
    [
      'a golden query with another answer',
      'failed',
      'usable',
      /^usable: \/portfolio of api: expected 200 containing "ok", got 500.*; 4 of 5/,
      (system) => it.targets.answers.set(`${system}/portfolio`, { status: 500, body: 'ok' }),
    ],
    [
      'golden queries that could not be asked',
      'inconclusive',
      'usable',
      /^usable: the target is gone; 4 of 5/,
      (system) => {
        it.targets.failNext('ask', new Failure('NotReady', 'the target is gone'), system);
      },
    ],
  ];
  for (const [name, outcome, step, said, damage] of cases) {
    test(`ends ${outcome} at ${step} of ${name}, and leaves nothing`, async () => {
      const system = await it.ready(withUsable);
      damage(system);
      const { end, report } = await proved(system);
      assert.equal(end.outcome, outcome, end.message);
      assert.match(end.message, said);
      assert.equal(report.verdict, outcome === 'failed' ? 'fail' : 'inconclusive');
      assert.ok(report.steps.some(({ id, status }) => id === step && status === 'failed'));
      assert.deepEqual(end.summary?.leftovers, []);
      assert.ok(!isMarked(system));
      it.nothingLeft(system);
    });
  }

  const cannot: [name: string, file: ShopFile, said: RegExp][] = [
    [
      'whose service needs another datastore too',
      { ...withUsable, datastores: { ...withUsable.datastores, users: { kind: 'redis' } } },
      /rungs that ran passed; not run: usable \(nothing shows usable: api names no datastore, and may need users; a drill/,
    ],
    [
      'of a system without a drill',
      { datastores: withUsable.datastores },
      /not run: usable \(nothing shows usable: no section "drill" says which service is started/,
    ],
    [
      'of which nothing is live',
      withUsable,
      /not run: usable \(nothing shows usable: nothing of .*\/api is live, and drill.version names no version/,
    ],
  ];
  for (const [name, file, said] of cannot) {
    test(`${name} is inconclusive, and its plan says so`, async () => {
      const system = it.shop.empty(file);
      storedBackup(it.vault, system, 1);
      const { end, report } = await proved(system);
      assert.equal(end.outcome, 'inconclusive');
      assert.match(end.message, said);
      const conclude = report.plan?.steps.find(({ id }) => id === 'conclude');
      assert.match(conclude?.title ?? '', /usable is not run: \w+/);
      assert.ok(!it.targets.asked.some((one) => one.includes(system)));
      it.nothingLeft(system);
    });
  }
});

test('a machine that cannot isolate is inconclusive, and no target is opened', async (t) => {
  t.after(() => {
    it.targets.unable = undefined;
  });
  const system = await it.ready(withUsable);
  it.targets.unable = 'user namespaces are off here';
  const { end } = await proved(system);
  assert.equal(end.outcome, 'inconclusive');
  assert.match(
    end.message,
    /^4 of 4 .*; not run: usable \(nothing shows usable: user namespaces are off here\)$/,
  );
  assert.ok(!it.targets.asked.some((one) => one.includes(system)));
  it.nothingLeft(system);
});

describe('a verification that is disturbed while the service starts', () => {
  /** The service is being started, on a copy that is bound. */
  async function starting(): Promise<{ system: string; handle: WorkflowHandle }> {
    const system = await it.ready(withUsable);
    const reached = it.targets.hangStart(system);
    const handle = await start(system);
    await reached;
    return { system, handle };
  }
  const undone = async (handle: WorkflowHandle) => {
    const { outcome, undo } = await reportOf(handle);
    return [outcome, ...undo.map(({ verb }) => verb)];
  };

  test('by an abort closes its target and discards its copy', async () => {
    const { system, handle } = await starting();
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.deepEqual(await undone(handle), ['aborted', 'closeTarget', 'discardCopy']);
    it.nothingLeft(system);
  });

  test('by a cancel leaves nothing', async () => {
    const { system, handle } = await starting();
    await handle.cancel();
    await assert.rejects(handle.result(), WorkflowFailedError);
    assert.deepEqual(await undone(handle), ['aborted', 'closeTarget', 'discardCopy']);
    it.nothingLeft(system);
  });

  test('by somebody who has to go first leaves nothing', async () => {
    const { system, handle } = await starting();
    await handle.signal('preempt', { actor: 'recover/shop' });
    assert.deepEqual((await endOf(handle)).outcome, 'preempted');
    it.nothingLeft(system);
  });

  test('by a Terminate leaves what the janitor finds', async () => {
    const { system, handle } = await starting();
    await handle.terminate('by hand');
    const sweeping = await it.shop.start('janitor', {});
    const { removed } = (await sweeping.result()) as { removed: { name: string }[] };
    const own = removed.filter(({ name }) => name.includes(system)).map(({ name }) => name);
    assert.equal(own.length, 2, own.join());
    it.nothingLeft(system);
  });
});
