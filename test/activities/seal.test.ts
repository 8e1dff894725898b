// The record is closed with how the operation ended, whether the platform answers or not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { seal, type SealInput } from '../../src/activities/record/seal.ts';
import { sealInterrupted } from '../../src/activities/record/seal-interrupted.ts';
import { verifyChain } from '../../src/domain/record/evidence-chain.ts';
import { Failure } from '../../src/domain/failure.ts';
import { isSignedBy } from '../../src/integrations/signing.ts';
import { createActivityWorld, PLACE } from '../support/activity-world.ts';
import { entriesOf, OPENED } from '../support/record/evidence.ts';
import { sampleSystem } from '../support/samples.ts';

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

test('a runbook whose file was changed meanwhile is a finding, and one that was not is none', async () => {
  const runbook = runbookSchema.parse({ title: 'A test', steps: [{ id: 'seen', manual: 'Look' }] });
  const now = { name: 'weekly', file: 'systems/shop/runbooks/weekly.yaml', digest: 'b', runbook };
  const found = async (digest: string): Promise<string[]> => {
    const it = createActivityWorld();
    const loaded = {
      name: 'shop',
      directory: '/srv',
      digest: 'system',
      system: sampleSystem().system,
    };
    const systems = { ...it.ports.systems, load: () => Promise.resolve(loaded) };
    const ports = { ...it.ports, systems, runbooks: { load: () => Promise.resolve(now) } };
    const about = { systemDigest: 'system', runbook: { ...now, digest } };
    return (await seal({ ...input, places: [], ...about }, it.call(), ports)).summary.findings;
  };
  assert.deepEqual(await found('a'), [
    'the file of its runbook, systems/shop/runbooks/weekly.yaml, was changed while this operation ran; it went on with what it had loaded',
  ]);
  assert.deepEqual(await found('b'), []);
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

test('a closed record is signed with the hash of its last entry', async () => {
  const it = createActivityWorld();
  const { signed } = await seal(input, it.call(), it.ports);
  const written = await it.ports.evidence.read(it.call().run);
  assert.equal(signed?.head, written.at(-1)?.hash);
  assert.ok(signed !== null && isSignedBy(signed));
  assert.deepEqual(await it.ports.evidence.signature(it.call().run), signed);
});

test('a worker that died after the last entry and before the signature is made up for by the next attempt', async () => {
  const it = createActivityWorld();
  const evidence = { ...it.ports.evidence, keepSignature: () => Promise.reject(down) };
  await assert.rejects(seal(input, it.call(), { ...it.ports, evidence }), /no answer/);
  assert.equal((await it.ports.evidence.read(it.call().run)).at(-1)?.type, 'closed');
  const { signed, summary } = await seal(input, { ...it.call(), attempt: 2 }, it.ports);
  assert.ok(signed !== null && isSignedBy(signed));
  assert.deepEqual(summary.findings, []);
});

test('what cannot be signed ends all the same, and its record says so', async () => {
  const it = createActivityWorld();
  it.ports.signer.broken = 'the key evidence.key cannot be had';
  const { signed, summary } = await seal(input, it.call(), it.ports);
  assert.deepEqual([signed, summary.outcome], [null, 'rolledBack']);
  assert.match(summary.findings.join(), /the record is not signed: the key evidence.key/);
  const written = await it.ports.evidence.read(it.call().run);
  assert.ok(written.some((entry) => entry.type === 'finding' && /not signed/.test(entry.text)));
});

test('a signature that cannot be kept is tried four times and then said', async () => {
  const it = createActivityWorld();
  it.ports.evidence.keepSignature = () => Promise.reject(down);
  const { signed, summary } = await seal(input, { ...it.call(), attempt: 4 }, it.ports);
  assert.equal(signed, null);
  assert.match(summary.findings.join(), /could not be signed: .*no answer/);
});

test('whoever finds the lease of a run that ended closes its record and signs it', async () => {
  const it = createActivityWorld();
  const { run } = it.call();
  await it.ports.evidence.append(run, entriesOf([OPENED]));
  assert.match((await sealInterrupted(it.ports, run)) ?? '', /ended without closing its record/);
  const head = (await it.ports.evidence.read(run)).at(-1)?.hash;
  const signed = await it.ports.evidence.signature(run);
  assert.ok(signed !== undefined && signed.head === head && isSignedBy(signed));
  it.ports.evidence.signatures.clear();
  assert.equal(await sealInterrupted(it.ports, run), undefined, 'nothing new to say');
  assert.equal((await it.ports.evidence.signature(run))?.head, head);
});

test('a record that was altered is never signed', async () => {
  const it = createActivityWorld();
  const { run } = it.call();
  await seal(input, it.call(), it.ports);
  it.ports.evidence.signatures.clear();
  const [first] = it.ports.evidence.runs.get(run.runId) ?? [];
  assert.ok(first?.type === 'opened');
  first.requestedBy = 'eve';
  assert.equal(await sealInterrupted(it.ports, run), undefined);
  assert.equal(await it.ports.evidence.signature(run), undefined);
});
