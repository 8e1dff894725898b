// A restart: begun once, waited for, and no longer than its deadline. A revision whose service's port somebody holds.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { madeOnceFree, restartRevision, scaleRevision } from '../../src/activities/workload.ts';
import type { RevisionSpec } from '../../src/domain/rollout/model.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import { Failure } from '../../src/domain/failure.ts';
import { fails } from '../support/fails.ts';

const DEADLINE = 60_000;

let it: ReturnType<typeof createActivityWorld>;
let v1: RevisionSpec;

function restart() {
  const input = { place: PLACE, revision: v1.id, deadline: DEADLINE };
  return restartRevision(input, it.call(), it.ports);
}

const tokens = () =>
  new Set(it.world.changes.flatMap((one) => (one.verb === 'restart' ? [one.token?.sequence] : [])));

describe('a restart', () => {
  beforeEach(async () => {
    it = createActivityWorld();
    v1 = await it.revision('v1');
  });

  test('is through when every replica is ready again, and is one change', async () => {
    const well = it.clock.now() + DEADLINE / 2;
    it.world.behave('v1', 'neverReady');
    it.world.onCall = () => {
      if (it.clock.now() >= well) it.world.behave('v1', 'good');
    };
    assert.equal((await restart()).detail, '1 of 1 replicas ready again');
    assert.equal(tokens().size, 1);
  });

  test('whose replica lives and is never healthy ends at its deadline', async () => {
    it.world.behave('v1', 'neverReady');
    const before = it.clock.now();
    const failure = await fails('NotReady', restart());
    assert.match(failure.message, /not every new replica was ready within 60 s \(0 of 1/);
    assert.ok(it.clock.now() - before >= DEADLINE);
  });

  test('that is retried goes on counting where the lost attempt was', async () => {
    it.world.behave('v1', 'neverReady');
    const before = it.clock.now();
    const lost = new Error('the worker is lost');
    it.world.onCall = () => {
      if (it.clock.now() - before >= DEADLINE / 2) throw lost;
    };
    await assert.rejects(restart(), lost);
    it.world.onCall = () => undefined;
    const again = it.clock.now();
    await fails('NotReady', restart());
    assert.ok(it.clock.now() - again < DEADLINE);
  });

  test('that crashes again and again ends at once', async () => {
    it.world.behave('v1', 'crashLoop');
    const before = it.clock.now();
    assert.match((await fails('NotReady', restart())).message, /it keeps crashing/);
    assert.equal(it.clock.now(), before);
  });
});

describe('a way back to more replicas', () => {
  const scale = (more: object = { deadline: DEADLINE }) =>
    scaleRevision({ place: PLACE, revision: v1.id, replicas: 4, ...more }, it.call(), it.ports);
  beforeEach(async () => {
    it = createActivityWorld();
    v1 = await it.revision('v1');
  });

  test('is gone when all of them are ready, and fails where they never are', async () => {
    assert.equal((await scale()).detail, '4 of 4 replicas ready');
    it.world.behave('v1', 'neverReady');
    const before = it.clock.now();
    assert.match((await fails('NotReady', scale())).message, /not ready within 60 s/);
    assert.ok(it.clock.now() - before >= DEADLINE);
    assert.equal((await scale({})).detail, '4 replicas');
  });
});

describe('a revision of a service whose port somebody holds', () => {
  const held = (more: object = { passing: true }) =>
    new Failure('Refused', 'listening on 127.0.0.1:8001 for shop/api: the port is taken by nc', {
      ...{ address: '127.0.0.1:8001', holder: 'process 7 (nc)' },
      ...more,
    });
  /** Somebody holds the port until then. */
  const ensure = (until: number, beats: unknown[] = [], error = held()) => {
    const beat = (progress?: unknown) => {
      beats.push(progress);
    };
    const make = async () => {
      if (it.clock.now() < until) throw error;
      return 'made';
    };
    return madeOnceFree(make, {
      deadline: DEADLINE,
      call: { ...it.call(), beat },
      clock: it.clock,
    });
  };

  beforeEach(() => {
    it = createActivityWorld();
  });

  test('is made once they let go of it, and says for whom it waited', async () => {
    const beats: unknown[] = [];
    const { state, waited } = await ensure(it.clock.now() + DEADLINE / 2, beats);
    assert.equal(state, 'made');
    assert.equal(waited, ', after process 7 (nc) had let go of 127.0.0.1:8001');
    const [beat] = beats;
    assert.ok(typeof beat === 'object' && beat !== null && 'waitsFor' in beat);
    assert.equal(beat.waitsFor, 'process 7 (nc) to let go of 127.0.0.1:8001');
  });

  test('is refused when the time for readiness is over, with who holds it', async () => {
    const before = it.clock.now();
    const { message } = await fails('Refused', ensure(Infinity));
    assert.match(message, /taken by nc \(waited 60 s for it\)$/);
    assert.ok(it.clock.now() - before >= DEADLINE);
  });

  test('is refused at once where that is another service of the same host', async () => {
    const before = it.clock.now();
    await fails('Refused', ensure(Infinity, [], held({})));
    assert.equal(it.clock.now(), before);
  });
});
