// What is written down of production: one look that fails is no state of it.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { takeInventory } from '../../src/activities/data/inventory.ts';
import { Failure } from '../../src/domain/failure.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { memoryBackups } from '../support/memory/memory-backups.ts';
import { sampleSystem } from '../support/samples.ts';

const STORE = datastoreRef('orders', '/', { kind: 'files', directory: 'data' });

let it: ReturnType<typeof createActivityWorld>;
let vault: ReturnType<typeof memoryBackups>['vault'];
let backups: ReturnType<typeof memoryBackups>['backups'];
/** Answers of the health path that get lost, from the first one on. */
let unanswered: number;
let lost: () => Failure;

function look() {
  const checks = {
    run: async () => {
      if ((unanswered -= 1) >= 0) throw lost();
      return 'it answered 200';
    },
  };
  const ports = { ...it.ports, backups, checks };
  return takeInventory({ loaded: sampleSystem(), stores: [STORE] }, it.call(), ports);
}

describe('an inventory', () => {
  beforeEach(async () => {
    it = createActivityWorld();
    ({ backups, vault } = memoryBackups());
    unanswered = 0;
    lost = () => new Failure('Unavailable', 'no answer');
    const { id, version } = await it.revision('v1');
    it.world.setByHand(PLACE, [{ revision: id, version, percent: 100 }]);
  });

  test('says how production does', async () => {
    const { services, datastores } = await look();
    assert.deepEqual(services, {
      api: { weights: 'v1 100 %', health: 'healthy', said: 'it answered 200' },
    });
    assert.match(datastores['orders']?.digest ?? '', /^[0-9a-f]{64}$/);
  });

  test('looks again when an answer is lost', async () => {
    unanswered = 2;
    for (let lostOnes = 0; lostOnes < 2; lostOnes += 1) vault.failNext('fingerprint', lost());
    const before = it.clock.now();
    const { services, datastores } = await look();
    assert.equal(services['api']?.health, 'healthy');
    assert.notEqual(datastores['orders']?.digest, null);
    assert.ok(it.clock.now() > before, 'it did not wait before it looked again');
  });

  test('that sees nothing three times says so', async () => {
    unanswered = 3;
    for (let lostOnes = 0; lostOnes < 3; lostOnes += 1) vault.failNext('fingerprint', lost());
    const { services, datastores } = await look();
    const said = 'no answer (so 3 times)';
    assert.deepEqual(services['api'], { weights: 'v1 100 %', health: 'unhealthy', said });
    assert.deepEqual(datastores['orders'], { digest: null, said });
  });

  test('asks a service again that said no, and reads no datastore again that never will be read', async () => {
    unanswered = 2;
    lost = () => new Failure('CheckFailed', 'it answered 500');
    vault.failNext('fingerprint', new Failure('Unsupported', 'no rights'));
    const { services, datastores } = await look();
    assert.equal(services['api']?.health, 'healthy');
    assert.deepEqual(datastores['orders'], { digest: null, said: 'no rights' });
  });

  test('of a host that does not answer knows nothing of its services', async () => {
    const { traffic, ...local } = it.ports.platforms.local;
    it.ports.platforms.local = {
      ...local,
      traffic: { ...traffic, read: () => Promise.reject(lost()) },
    };
    const said = 'no answer (so 3 times)';
    assert.deepEqual((await look()).services['api'], { weights: '', health: 'unknown', said });
  });
});
