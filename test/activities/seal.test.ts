// The record is closed with how the operation ended, whether the platform answers or not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seal, type SealInput } from '../../src/activities/seal.ts';
import { verifyChain } from '../../src/domain/evidence-chain.ts';
import { Failure } from '../../src/domain/failure.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import { entriesOf, OPENED } from '../support/evidence.ts';

const input: SealInput = {
  entries: entriesOf([OPENED]),
  at: '2026-01-01T00:01:00.000Z',
  outcome: 'rolledBack',
  message: 'v2 was not ready',
  verdict: null,
  leftovers: [],
  places: [PLACE],
  target: 'v2-0123456789',
  system: 'shop',
  systemDigest: '',
};

const down = new Failure('Unavailable', 'asking the local host to read: no answer');

test('with the platform down the record says how it ended, and that nobody saw what is served', async () => {
  const it = createActivityWorld();
  it.world.onCall = () => {
    throw down;
  };
  const { summary } = await seal(input, it.call(), it.ports);
  assert.deepEqual([summary.outcome, summary.serving], ['rolledBack', 'unknown']);
  assert.match(summary.findings.join(), /what users are served could not be read: .* no answer/);
  const written = await it.ports.evidence.read(it.call().run);
  assert.equal(written.at(-1)?.type, 'closed');
  assert.equal(verifyChain(written), undefined);
});

test('one that has given its leases back is closed with what it saw itself', async () => {
  const it = createActivityWorld();
  const [v1, v2] = [await it.revision('v1'), await it.revision('v2')];
  it.world.setByHand(PLACE, it.share([v2, 100]));
  const seen = { [PLACE.service]: it.share([v1, 100]) };
  assert.equal((await seal({ ...input, seen }, it.call(), it.ports)).summary.serving, 'old');
});

test('a platform that is back within seconds is read', async () => {
  const it = createActivityWorld();
  it.world.setByHand(PLACE, it.share([await it.revision('v1'), 100]));
  const back = it.clock.now() + 3000;
  it.world.onCall = () => {
    if (it.clock.now() < back) throw down;
  };
  const { summary } = await seal(input, it.call(), it.ports);
  assert.deepEqual([summary.serving, summary.findings], ['old', []]);
});

test('closed once, it stays as it was closed, whatever a second attempt would see', async () => {
  const it = createActivityWorld();
  const first = await seal(input, it.call(), it.ports);
  it.world.onCall = () => {
    throw down;
  };
  assert.deepEqual(await seal(input, it.call(), it.ports), first);
});
