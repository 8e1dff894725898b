// What every kind of datastore promises whose live one can be exchanged: the write fence, the proof of it, the exchange by
// whoever holds the newest epoch, what is lost, and flushing. Run on real stores over an object store in memory.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { BackupsPort, CopyRef, DatastoreRef } from '../../../src/ports/backups.ts';
import type { ExchangesPort } from '../../../src/ports/exchanges.ts';
import { backupId } from '../../../src/domain/backup/backup-id.ts';
import { judgeQuiet, lasting } from '../../../src/domain/recovery/exchange.ts';
import type { EpochToken } from '../../../src/domain/rollout/model.ts';
import { fails } from '../fails.ts';
import { waiting } from '../local-daemon.ts';

export interface ExchangeWorld {
  store: DatastoreRef;
  backups: BackupsPort;
  exchanges: ExchangesPort;
  /** The store as an application finds it: what it holds under `key`; undefined when nothing is found. */
  read: (key: string) => Promise<string | undefined>;
  /** As an application writes; rejects when it finds no store. */
  write: (key: string, text: string) => Promise<void>;
  /** A person points the live one somewhere else. */
  meddle: () => Promise<void>;
  /** A worker was killed in the middle of an exchange: nothing is live that was not, and something is left of it. */
  halfAnExchange: (token: EpochToken) => Promise<void>;
  /** Nothing keeps writers out of the live one, and no derived one is emptied. */
  isOpen?: true;
}

/** When a binding was made, in its record. */
export const SINCE = '2026-01-01T00:00:00.000Z';

export const token = (epoch: number, sequence = 1): EpochToken => ({
  operation: `recover/shop/${epoch}`,
  step: 'exchange',
  epoch,
  sequence,
});

export function exchangeContracts(
  name: string,
  start: (t: TestContext) => Promise<ExchangeWorld | undefined>,
): void {
  describe(`${name} keeps the contract of exchanges`, () => {
    const check = (title: string, work: (world: ExchangeWorld) => Promise<void>): void => {
      test(title, async (t) => {
        const world = await start(t);
        if (world !== undefined) await work(world);
      });
    };

    /** `a` is as it was backed up, `b` was changed since, `c` was added, `d` removed. */
    const restored = async ({ store, backups, write }: ExchangeWorld): Promise<CopyRef> => {
      const id = backupId(store.system, store.datastore, 1_700_000_000_000);
      await write('a', 'old');
      await write('b', 'old');
      await backups.backup({ store, id, systemDigest: 'd'.repeat(64) }, waiting());
      await write('b', 'newer');
      await write('c', 'newer');
      const target = { copy: 'beside', store };
      await backups.restore({ id, target, into: 'beside' }, waiting());
      return target;
    };

    check('a fence keeps writers out until it is lifted, and is raised twice', async (world) => {
      const { store, exchanges, read, write } = world;
      await write('a', 'old');
      const raised = await exchanges.writeFence({ store, token: token(5) }, waiting());
      assert.equal(raised.epoch, 5);
      assert.equal(raised.open !== undefined, world.isOpen === true);
      if (world.isOpen) return;
      assert.equal(await read('a'), undefined);
      await assert.rejects(write('a', 'lost'));
      const again = await exchanges.writeFence({ store, token: token(5, 2) }, waiting());
      assert.deepEqual(again, raised);
      await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
      await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
      assert.equal(await read('a'), 'old');
      await write('a', 'written');
    });

    check('a fence that is quiet is told from one under which somebody writes', async (world) => {
      const { store, exchanges, write } = world;
      await write('a', 'old');
      const before = await exchanges.writePosition(store, waiting());
      const same = await exchanges.writePosition(store, waiting());
      assert.equal(same.position, before.position);
      assert.deepEqual(before.writers, []);
      await write('a', 'newer');
      const after = await exchanges.writePosition(store, waiting());
      assert.notEqual(after.position, before.position);
      assert.equal(judgeQuiet('orders', before, after).verdict, 'fail');
    });

    check('a copy beside is nowhere to be found until it is exchanged, at once', async (world) => {
      const { store, backups, exchanges, read } = world;
      const target = await restored(world);
      assert.equal(await read('b'), 'newer');
      const plan = await exchanges.exchangePlan(target, waiting());
      await exchanges.writeFence({ store, token: token(5) }, waiting());
      const done = await exchanges.exchange(
        { since: SINCE, store, plan, token: token(5, 2) },
        waiting(),
      );
      assert.deepEqual([done.live, done.quarantined], [plan.to, plan.from]);
      const again = await exchanges.exchange(
        { since: SINCE, store, plan, token: token(5, 2) },
        waiting(),
      );
      assert.deepEqual(again, done);
      await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
      assert.deepEqual([await read('b'), await read('c')], ['old', undefined]);
      // It is live now: who discards the copy takes nothing away.
      await backups.discard(target.copy, waiting());
      assert.equal(await read('b'), 'old');
    });

    check('the fence stays after an exchange, for who writes and who raises it', async (world) => {
      const { store, backups, exchanges, read, write } = world;
      const target = await restored(world);
      const plan = await exchanges.exchangePlan(target, waiting());
      const asked = { target, quarantined: plan.from };
      const loss = await exchanges.lossAgainst(asked, waiting());
      await exchanges.writeFence({ store, token: token(5) }, waiting());
      await exchanges.exchange({ since: SINCE, store, plan, token: token(5, 2) }, waiting());
      if (world.isOpen) return;
      assert.equal(await read('b'), undefined);
      await assert.rejects(write('b', 'too early'));
      // Whoever ends the operation here discards its copy, which is live.
      await backups.discard(target.copy, waiting());
      const raised = await exchanges.writeFence({ store, token: token(6) }, waiting());
      assert.equal(lasting(raised.quarantined) === lasting(plan.from), false);
      const there = await exchanges.quarantined(store, waiting());
      assert.ok(there.every(({ name }) => name !== raised.quarantined));
      await exchanges.liftFence({ store, token: token(6, 2) }, waiting());
      assert.deepEqual([await read('b'), await read('c')], ['old', undefined]);
      await write('b', 'in time');
      const since = await exchanges.lossAgainst(asked, waiting()).catch(() => undefined);
      if (since !== undefined) assert.notEqual(since.changed.digest, loss.changed.digest);
    });

    check('what an exchange keeps is told and can be removed, and nothing else', async (world) => {
      const { store, exchanges, read } = world;
      assert.deepEqual(await exchanges.quarantined(store, waiting()), []);
      const target = await restored(world);
      const plan = await exchanges.exchangePlan(target, waiting());
      await exchanges.writeFence({ store, token: token(5) }, waiting());
      assert.deepEqual(await exchanges.quarantined(store, waiting()), []);
      await exchanges.exchange({ since: SINCE, store, plan, token: token(5, 2) }, waiting());
      const [kept, ...others] = await exchanges.quarantined(store, waiting());
      // Where a kind cannot tell, it says nothing and removes nothing.
      if (kept === undefined) return;
      assert.equal(others.length, 0);
      assert.ok((kept.bytes ?? 1) > 0, `${kept.name} has ${kept.bytes ?? 0} bytes`);
      const live = { store, name: plan.to.replace(/ \(oid .*/, '') };
      await fails('Refused', exchanges.removeQuarantined(live, waiting()));
      await exchanges.removeQuarantined({ store, name: kept.name }, waiting());
      assert.deepEqual(await exchanges.quarantined(store, waiting()), []);
      await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
      assert.equal(await read('b'), 'old');
    });

    check('a copy that is not exchanged is discarded whole', async (world) => {
      const { store, backups, exchanges, read } = world;
      const target = await restored(world);
      const plan = await exchanges.exchangePlan(target, waiting());
      await backups.discard(target.copy, waiting());
      const exchange = exchanges.exchange(
        { since: SINCE, store, plan, token: token(5) },
        waiting(),
      );
      await fails('NotFound', exchange);
      assert.equal(await read('b'), 'newer');
    });

    check('what is lost is told, key by key, before the exchange and after it', async (world) => {
      const { store, exchanges } = world;
      const target = await restored(world);
      const plan = await exchanges.exchangePlan(target, waiting());
      const asked = { target, quarantined: plan.from };
      const loss = await exchanges.lossAgainst(asked, waiting());
      const { onlyThere, onlyHere, changed } = loss;
      assert.deepEqual([onlyThere.count, onlyHere.count, changed.count], [1, 0, 1]);
      assert.match(onlyThere.shown.join(), /^c/);
      assert.match(changed.shown.join(), /^b/);
      await exchanges.exchange({ since: SINCE, store, plan, token: token(5) }, waiting());
      assert.deepEqual(await exchanges.lossAgainst(asked, waiting()), loss);
      const { from: live } = await exchanges.exchangePlan(target, waiting());
      assert.equal(lasting(live), lasting(plan.to));
      await exchanges.liftFence({ store, token: token(5, 2) }, waiting());
      await world.write('b', 'behind its back');
      const other = await exchanges.lossAgainst(asked, waiting());
      assert.notEqual(other.changed.digest, changed.digest);
    });

    check('of two exchanges the newer epoch counts, whichever comes first', async (world) => {
      const { store, exchanges, read } = world;
      const target = await restored(world);
      const plan = await exchanges.exchangePlan(target, waiting());
      const back = { ...plan, from: plan.to, to: plan.from };
      await exchanges.exchange({ since: SINCE, store, plan, token: token(5) }, waiting());
      await exchanges.exchange({ since: SINCE, store, plan: back, token: token(6) }, waiting());
      await exchanges.liftFence({ store, token: token(6, 2) }, waiting());
      assert.equal(await read('b'), 'newer');
      // The first one's worker was frozen, and wakes up.
      for (const late of [token(5), token(5, 9)]) {
        await fails(
          'Superseded',
          exchanges.exchange({ since: SINCE, store, plan, token: late }, waiting()),
        );
        await fails('Superseded', exchanges.writeFence({ store, token: late }, waiting()));
        await fails('Superseded', exchanges.liftFence({ store, token: late }, waiting()));
      }
      assert.equal(await read('b'), 'newer');
    });

    check('exchanges at the same moment leave one of the two live, and whole', async (world) => {
      const { store, exchanges, read } = world;
      const target = await restored(world);
      const plan = await exchanges.exchangePlan(target, waiting());
      for (let round = 0; round < 20; round += 1) {
        const [old, new_] = [token(10 + round * 2), token(11 + round * 2)];
        const back = { ...plan, from: plan.to, to: plan.from };
        const all = await Promise.allSettled([
          exchanges.exchange({ since: SINCE, store, plan, token: old }, waiting()),
          exchanges.exchange({ since: SINCE, store, plan: back, token: new_ }, waiting()),
          exchanges.exchange({ since: SINCE, store, plan, token: old }, waiting()),
        ]);
        assert.equal(all[1].status, 'fulfilled');
        await exchanges.liftFence({ store, token: { ...new_, sequence: 2 } }, waiting());
        // The newer one wanted the old data live, and nobody came after it.
        assert.equal(await read('b'), 'newer');
      }
    });

    check('an exchange that was killed half-way is done by asking again', async (world) => {
      const { store, exchanges, read, halfAnExchange } = world;
      const target = await restored(world);
      const plan = await exchanges.exchangePlan(target, waiting());
      await halfAnExchange(token(5));
      assert.equal(await read('b'), 'newer');
      await exchanges.exchange({ since: SINCE, store, plan, token: token(5) }, waiting());
      await exchanges.liftFence({ store, token: token(5, 2) }, waiting());
      assert.equal(await read('b'), 'old');
    });

    check('what somebody else made live meanwhile is not overwritten', async (world) => {
      const { store, exchanges, meddle } = world;
      const target = await restored(world);
      const plan = await exchanges.exchangePlan(target, waiting());
      await meddle();
      const exchange = exchanges.exchange(
        { since: SINCE, store, plan, token: token(5) },
        waiting(),
      );
      const { details } = await fails('WorldChanged', exchange);
      assert.equal((details as { expected: string }).expected, plan.from);
    });

    check('a derived store is flushed once, however often it is asked', async (world) => {
      const { store, exchanges, read, write } = world;
      await write('a', 'cached');
      const primary = { store, token: token(5) };
      await fails('Refused', exchanges.flush(primary, waiting()));
      const derived = { ...store, settings: { ...store.settings, role: 'derived' as const } };
      if (world.isOpen) {
        await fails('Unsupported', exchanges.flush({ store: derived, token: token(5) }, waiting()));
        assert.match((await exchanges.unable(derived)) ?? '', /empty it by hand/);
        return;
      }
      const flushed = await exchanges.flush({ store: derived, token: token(5) }, waiting());
      assert.equal(await read('a'), undefined);
      await write('a', 'warm');
      assert.deepEqual(
        await exchanges.flush({ store: derived, token: token(5) }, waiting()),
        flushed,
      );
      assert.equal(await read('a'), 'warm');
      await exchanges.flush({ store: derived, token: token(5, 2) }, waiting());
      assert.equal(await read('a'), undefined);
    });

    check('a copy apart from everything live cannot be exchanged', async (world) => {
      const { store, backups, exchanges } = world;
      const target = { copy: 'apart', store };
      await backups.empty(target, waiting());
      await fails('BadInput', exchanges.exchangePlan(target, waiting()));
    });
  });
}
