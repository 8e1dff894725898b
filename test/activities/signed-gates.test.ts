// Changes behind gates whose answers are signed: what the activity that makes one refuses, whatever the workflow handed it.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { refuseUnsigned } from '../../src/activities/inputs/signed-gates.ts';
import type { StepAt } from '../../src/activities/inputs/step-at.ts';
import { gateDigest, type GateOpening } from '../../src/domain/people/gate-opening.ts';
import {
  voteText,
  type PassedGate,
  type SignedDecision,
} from '../../src/domain/people/signed-vote.ts';
import { SIGNATURES } from '../../src/integrations/signing.ts';

const PLAN = 'a'.repeat(64);
const caller = { workflowId: 'deploy/shop/api/v2', firstRunId: 'first' };

const ana = newKey();
const ben = newKey();
const eve = newKey();

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return { line: `ed25519:${Buffer.from(x, 'base64url').toString('base64')}`, privateKey };
}

function at(step: string, policy: object = {}): StepAt {
  const steps = [
    { id: 'ensure', action: { kind: 'ensure' } },
    { id: 'weight-5', action: { kind: 'weights' }, gate: 'promote' },
    { id: 'weight-50', action: { kind: 'weights' } },
  ];
  const approvals = {
    promote: { trust: 'signed', quorum: 2, from: ['ana', 'ben'], breakGlass: ['eve'], ...policy },
  };
  const keys = { ana: ana.line, ben: ben.line, eve: eve.line };
  const found = steps.find(({ id }) => id === step);
  const plan = { operation: caller.workflowId, digest: PLAN, steps };
  return { loaded: { system: { approvals, keys } }, plan, step: found } as unknown as StepAt;
}

const opening: GateOpening = { gate: 'weight-5', run: 'first', opening: 'drawn', measured: 'm' };

function vote(
  { privateKey }: { privateKey: KeyObject },
  actor: string,
  decision: SignedDecision = 'approved',
  of: GateOpening = opening,
  plan = PLAN,
) {
  const text = voteText(of, gateDigest(plan, of), { actor, decision });
  return {
    actor,
    decision,
    signature: sign(null, Buffer.from(text), privateKey).toString('base64'),
  };
}

const both = [vote(ana, 'ana'), vote(ben, 'ben')];
const passed = (votes: PassedGate['votes'], of = opening): PassedGate[] => [{ opening: of, votes }];

const ask = (
  handed: PassedGate[],
  of = at('weight-50'),
  name = 'shiftTraffic',
  told: unknown = {},
) => {
  refuseUnsigned({ name, told, passed: handed }, of, caller, SIGNATURES);
};

test('signed by a quorum of those named, or overridden by whom it names for that: it is made', () => {
  ask(passed(both));
  ask(passed([vote(eve, 'eve', 'overridden')]));
  // Before the gate, without one, on the way back, and for what only looks, nobody is asked.
  ask([], at('weight-5'));
  ask([], at('weight-50', { trust: 'claimed' }));
  ask([], at('weight-50'), 'shiftTraffic', { back: true });
  ask([], at('weight-50'), 'runChecks');
});

describe('what does not open the gate', () => {
  const other: GateOpening = { ...opening, run: 'another run' };
  const others: [string, PassedGate[]][] = [
    ['nothing', []],
    ['one of two', passed([vote(ana, 'ana')])],
    ['one person twice, in two spellings', passed([vote(ana, 'ana'), vote(ana, 'ANA')])],
    ['a key of nobody', passed([vote(ana, 'ana'), vote(newKey(), 'ben')])],
    ['somebody else in the name of ben', passed([vote(ana, 'ana'), vote(ana, 'ben')])],
    ['somebody who is not named', passed([vote(ana, 'ana'), vote(eve, 'eve')])],
    ['rejections', passed([vote(ana, 'ana', 'rejected'), vote(ben, 'ben', 'rejected')])],
    ['glass broken by ana', passed([vote(ana, 'ana', 'overridden')])],
    ['another opening', passed(both, { ...opening, opening: 'drawn anew' })],
    ['other measurements', passed(both, { ...opening, measured: 'n' })],
    ['another gate', passed(both, { ...opening, gate: 'weight-1' })],
    [
      'another run, signed for that',
      passed([vote(ana, 'ana', 'approved', other), vote(ben, 'ben', 'approved', other)], other),
    ],
    [
      'another plan',
      passed(
        ['ana', 'ben'].map((one) => vote(one === 'ana' ? ana : ben, one, 'approved', opening, 'b')),
      ),
    ],
  ];
  for (const [what, handed] of others) {
    test(what, () => {
      assert.throws(() => {
        ask(handed);
      }, /weight-50 of deploy\/shop\/api\/v2 is behind weight-5, whose answers are signed: .*Nothing was done/);
    });
  }
});
