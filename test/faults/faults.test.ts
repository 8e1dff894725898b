// One of the faults that `npm run test:faults` goes through: a whole canary under load, on the real
// server, local host and worker processes, must come to the same whenever its worker is killed.
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { differences, prepare } from '../support/faults/fault-cases.ts';
import { FaultPlace } from '../support/faults/fault-place.ts';
import {
  closeLane,
  openLane,
  runOnce,
  type Lane,
  type RunResult,
} from '../support/faults/fault-run.ts';
import { temporalOrSkip, testServer } from '../support/temporal-server.ts';

const POINTS: [string, string][] = [
  ['canaryDeploy/shiftTraffic/weight-50#1/after', 'the traffic was shifted'],
];

let place: FaultPlace | undefined;
let connection: Connection | undefined;
let undisturbed: RunResult;
const lanes: Lane[] = [];

before(async () => {
  const server = await testServer().catch(() => undefined);
  if (server === undefined) return;
  place = await FaultPlace.open({ address: server.address });
  connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection });
  const lane = await openLane(place, client, 'canaryDeploy', 0);
  lanes.push(lane);
  undisturbed = await runOnce(lane);
});
after(async () => {
  for (const lane of lanes) await closeLane(lane);
  await connection?.close();
  await place?.close();
});

/** A system that nobody disturbs now. */
async function withLane(t: TestContext, work: (lane: Lane) => Promise<void>): Promise<void> {
  if ((await temporalOrSkip(t)) === undefined) return;
  const lane = lanes.pop();
  assert.ok(lane);
  try {
    await work(lane);
  } finally {
    lanes.push(lane);
  }
}

test('undisturbed, the weights rise step by step and no request fails', async (t) => {
  await withLane(t, async () => {
    const { same, failed, requests } = undisturbed;
    assert.equal(same['outcome'], 'succeeded');
    assert.deepEqual(same['seenWeights'], [
      'old 100 %',
      'old 80 %, new 20 %',
      'old 50 %, new 50 %',
      'new 100 %',
    ]);
    assert.deepEqual(same['users'], { during: ['old', 'new'], after: ['new'] });
    assert.deepEqual(same['left'], ['new 1/1']);
    assert.deepEqual(failed, []);
    assert.ok(requests > 100, `only ${requests} requests`);
  });
});

describe('nobody notices', () => {
  for (const [point, when] of POINTS) {
    test(`a worker killed when ${when} (${point})`, async (t) => {
      await withLane(t, async (lane) => {
        const prepared = prepare({ kind: 'kill', point, id: `kill ${point}` });
        const result = await runOnce(lane, prepared.fault);
        assert.deepEqual(differences(undisturbed, result, prepared), []);
      });
    });
  }
});
