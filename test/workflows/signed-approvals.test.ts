// Gates whose answers are signed, on a real server: claims and foreign signatures are refused, signed ones let changes through
// and are checked offline afterwards.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { GateStatus, OperationStatus } from '../../src/domain/operation/status.ts';
import { voteText, type SignedDecision } from '../../src/domain/people/signed-vote.ts';
import { checkReport } from '../../src/domain/record/check-report.ts';
import { SIGNATURES } from '../../src/integrations/signing.ts';
import { endOf, reportOf } from '../support/operations.ts';
import { asJson } from '../support/record/signed-report.ts';
import { openShop, refusal, send, type Shop } from '../support/shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.worker.stop());

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return { line: `ed25519:${Buffer.from(x, 'base64url').toString('base64')}`, privateKey };
}

type Key = ReturnType<typeof newKey>;
const people = { ana: newKey(), ben: newKey() };
const keys = { ana: people.ana.line, ben: people.ben.line };
const signedGate = { keys, approval: { trust: 'signed', quorum: 2 } } as const;

async function gateOf(handle: WorkflowHandle): Promise<GateStatus> {
  const { gates } = await handle.query<OperationStatus>('status');
  return gates[0] ?? assert.fail('no gate is open');
}

function signedBy(
  key: Key,
  actor: string,
  { id, digest, signedFor = '' }: GateStatus,
  decision: SignedDecision = 'approved',
) {
  const text = voteText({ gate: id, run: signedFor }, digest, { actor, decision });
  const signature = sign(null, Buffer.from(text), key.privateKey).toString('base64');
  return { actor, gate: id, digest, signature };
}

describe('a gate with trust: signed', { concurrency: 4 }, () => {
  test('is passed by signatures of a quorum, which the report has and which are checked offline', async () => {
    const { system, handle } = await shop.waiting(signedGate);
    const gate = await gateOf(handle);
    await send(handle, 'approve', signedBy(people.ana, 'ana', gate));
    await handle.signal('approve', signedBy(people.ben, 'ben', gate));
    const end = await endOf(handle);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.equal(shop.weightsOf(system), 'v2 100 %');
    const report = asJson(await reportOf(handle));
    const { altered, votes } = checkReport(report, SIGNATURES) ?? assert.fail('no record');
    assert.equal(altered, null);
    const found = votes.map(({ actor, decision, key }) => ({ actor, decision, key }));
    assert.deepEqual(found, [
      { actor: 'ana', decision: 'approved', key: keys.ana },
      { actor: 'ben', decision: 'approved', key: keys.ben },
    ]);
  });

  test('takes no claim, no foreign signature, and none of another decision, person or opening', async () => {
    const { system, handle } = await shop.waiting(signedGate);
    const gate = await gateOf(handle);
    const claim = { actor: 'ana', gate: gate.id, digest: gate.digest };
    assert.match(await refusal(handle, 'approve', claim), /takes signed answers only/);
    assert.match(await refusal(handle, 'reject', claim), /takes signed answers only/);
    await handle.signal('approve', claim);
    const wrong = [
      signedBy(newKey(), 'ana', gate),
      signedBy(people.ben, 'ana', gate),
      signedBy(people.ana, 'ana', gate, 'rejected'),
      signedBy(people.ana, 'ana', { ...gate, digest: 'f'.repeat(64) }),
      signedBy(people.ana, 'ana', { ...gate, signedFor: 'another run' }),
      { ...signedBy(people.ana, 'ben', gate), actor: 'ana' },
    ];
    for (const vote of wrong) {
      const said = await refusal(handle, 'approve', { ...vote, digest: gate.digest });
      assert.match(said, /the signature is not by the key of ana/);
    }
    const eve = signedBy(newKey(), 'eve', gate);
    assert.match(await refusal(handle, 'approve', eve), /names no key of eve/);
    assert.equal((await gateOf(handle)).have, 0);
    // Nobody can say of their own message that it was checked.
    const claimed = { ...claim, proved: true };
    await assert.rejects(send(handle, 'approve', claimed));
    await send(handle, 'reject', signedBy(people.ana, 'ana', gate, 'rejected'));
    assert.equal((await endOf(handle)).outcome, 'rejected');
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });

  test('is opened by nobody whom the changes behind it do not find signed', async () => {
    const { system, handle } = await shop.waiting(signedGate);
    const gate = await gateOf(handle);
    // Whoever can complete activities of the server lets the workflow believe a signature.
    const isOurs = (text: string) => text.includes(gate.signedFor ?? '?');
    let lies = 2;
    shop.ports.signer.verifies = (key, text, signature) =>
      (isOurs(text) && lies-- > 0) || SIGNATURES.verifies(key, text, signature);
    await send(handle, 'approve', signedBy(newKey(), 'ana', gate));
    await send(handle, 'approve', signedBy(newKey(), 'ben', gate));
    const end = await endOf(handle);
    assert.equal(end.outcome, 'rolledBack', end.message);
    assert.match(end.message, /is behind weight-5, whose answers are signed/);
    assert.equal(shop.weightsOf(system), 'v1 100 %');
  });
});
