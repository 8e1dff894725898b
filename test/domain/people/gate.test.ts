// A gate's answers as a table: who may say what, when, and what it means.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ApprovalPolicy } from '../../../src/config/system.ts';
import {
  approveGate,
  openGate,
  rejectGate,
  notBy,
  unreachable,
  whoMay,
  type Gate,
} from '../../../src/domain/people/gate.ts';
import { parseMessage, type Message } from '../../../src/domain/people/message.ts';

const HOUR = 3_600_000;
const PLAN = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

function gate(policy: Partial<ApprovalPolicy> = {}, requester: string | null = 'ci'): Gate {
  return openGate({
    step: 'weight-25',
    before: 0,
    policyName: 'promote',
    policy: {
      quorum: 1,
      deadline: 24 * HOUR,
      reminder: 4 * HOUR,
      selfApproval: false,
      breakGlass: [],
      ...policy,
    },
    planDigest: PLAN,
    run: 'first',
    opening: 'drawn',
    findings: [{ name: 'errors', verdict: 'pass', reason: '0 of 20', samples: 20 }],
    requester,
    now: 1000,
  });
}

test('who asked is named where they may not approve', () => {
  const named = [gate(), gate({ from: ['ana'] }), gate({ selfApproval: true }), gate({}, null)];
  assert.deepEqual(named.map(notBy), ['ci', 'ci', undefined, undefined]);
});

/** The gate after these approvals, every one of which has to be accepted. */
function approvedBy(open: Gate, ...actors: string[]): Gate {
  return actors.reduce((now, actor) => {
    const reply = approveGate(now, { actor });
    assert.ok(reply.accepted, reply.note);
    return reply.gate;
  }, open);
}

describe('what is refused leaves the gate as it was, and says why', () => {
  const broken = approveGate(gate({ breakGlass: ['eva'] }), { actor: 'eva', breakGlass: 'fire' });
  const table: [string, 'approve' | 'reject', Gate, Message, RegExp][] = [
    ['no actor', 'approve', gate(), {}, /needs an actor: .*"gate":"weight-25"/],
    ['no actor to reject', 'reject', gate(), {}, /reject needs an actor/],
    ['the requester', 'approve', gate(), { actor: 'ci' }, /ci requested this and cannot/],
    ['somebody who is not named', 'approve', gate({ from: ['ana'] }), { actor: 'bo' }, /: ana$/],
    ['a stranger who rejects', 'reject', gate({ from: ['ana'] }), { actor: 'bo' }, /not among/],
    ['another digest', 'approve', gate(), { actor: 'ana', digest: OTHER }, /not the one weight-25/],
    ['another digest to reject', 'reject', gate(), { actor: 'ana', digest: OTHER }, /bbbb…/],
    [
      'the same person twice',
      'approve',
      approvedBy(gate({ quorum: 2 }), 'ana'),
      { actor: 'ana' },
      /takes 2 different people/,
    ],
    ['too late', 'approve', approvedBy(gate(), 'ana'), { actor: 'bo' }, /approved already by ana/],
    ['too late to reject', 'reject', approvedBy(gate(), 'ana'), { actor: 'bo' }, /too late/],
    ['glass that nobody may break', 'approve', gate(), { actor: 'bo', breakGlass: 'x' }, /nobody/],
    [
      'glass without a reason',
      'approve',
      gate({ breakGlass: ['eva'] }),
      { actor: 'eva', breakGlass: '  ' },
      /needs a reason/,
    ],
    [
      'who broke it, countersigning',
      'approve',
      broken.gate,
      { actor: 'eva' },
      /eva broke the glass/,
    ],
    ['the requester, countersigning', 'approve', broken.gate, { actor: 'ci' }, /ci requested/],
  ];
  for (const [name, verb, before, message, note] of table) {
    test(name, () => {
      const reply = (verb === 'approve' ? approveGate : rejectGate)(before, message);
      assert.equal(reply.accepted, false);
      assert.match(reply.note, note);
      assert.deepEqual(reply.gate, before);
      assert.equal(reply.decision, undefined);
    });
  }
});

test('one approval of somebody else decides; with its digest too', () => {
  const open = gate();
  const reply = approveGate(open, { actor: 'ana', digest: open.digest, reason: 'seen' });
  assert.deepEqual(reply.gate.decided, { decision: 'approved', by: 'ana' });
  assert.deepEqual(reply.decision, {
    decision: 'approved',
    actor: 'ana',
    reason: 'seen',
    final: true,
  });
});

describe('one person in any spelling of a name is one person', () => {
  const refused: [string, Gate, Message][] = [
    ['who approved before', approvedBy(gate({ quorum: 2 }), 'Ana'), { actor: 'ANA' }],
    ['the requester', gate({}, 'ci'), { actor: 'Ci' }],
    ['a requester who is named for it', gate({ from: ['CI', 'ana'] }, 'ci'), { actor: 'CI' }],
    [
      'who broke the glass, countersigning',
      approveGate(gate({ breakGlass: ['eva'] }), { actor: 'EVA', breakGlass: 'fire' }).gate,
      { actor: 'Eva' },
    ],
  ];
  for (const [name, open, message] of refused) {
    test(name, () => {
      assert.equal(approveGate(open, message).accepted, false);
    });
  }

  test('who is named in the system file is known in every spelling', () => {
    const named = gate({ from: ['Ana'], breakGlass: ['eva'] });
    assert.ok(approveGate(named, { actor: 'ana' }).accepted);
    assert.ok(rejectGate(named, { actor: 'EVA' }).accepted);
    assert.deepEqual(whoMay(gate({ from: ['CI', 'ana'] })), ['ana']);
  });

  test('a gate that only the requester could answer in two spellings is found out beforehand', () => {
    const { policy } = gate({ from: ['Ci', 'CI', 'Ana', 'ana'], quorum: 2 });
    assert.match(unreachable('promote', policy, 'ci') ?? '', /could never be had/);
  });

  test('space around a name and other forms of its letters are not part of it', () => {
    assert.deepEqual(parseMessage('approve', { actor: ' ａｎａ\t' }), { actor: 'ana' });
    assert.throws(() => parseMessage('approve', { actor: 'ana maria' }), /without spaces/);
  });
});

test('the requester may approve where the policy says so, and reject everywhere', () => {
  assert.ok(approveGate(gate({ selfApproval: true }), { actor: 'ci' }).accepted);
  const reply = rejectGate(gate({ from: ['ana'] }), { actor: 'ci' });
  assert.deepEqual(reply.gate.decided, { decision: 'rejected', by: 'ci' });
});

test('an unknown requester takes one more person, unless anybody may approve their own', () => {
  assert.equal(gate({}, null).need, 2);
  assert.equal(gate({ selfApproval: true }, null).need, 1);
  assert.deepEqual(whoMay(gate({}, null)), ['anyone']);
  assert.deepEqual(whoMay(gate()), ['anyone but ci']);
  assert.deepEqual(whoMay(gate({ from: ['ci', 'ana'] })), ['ana']);
});

test('a broken glass goes on at once and stays open until another person countersigns, once', () => {
  const broken = approveGate(gate({ quorum: 3, breakGlass: ['eva'] }), {
    actor: 'eva',
    breakGlass: 'fire',
  });
  assert.deepEqual(broken.gate.decided, { decision: 'overridden', by: 'eva' });
  const signed = approveGate(broken.gate, { actor: 'ana' });
  assert.ok(signed.accepted);
  assert.equal(signed.decision?.final, false);
  assert.deepEqual(signed.gate.override, { by: 'eva', countersigned: 'ana' });
  assert.deepEqual(signed.gate.decided, broken.gate.decided);
  assert.equal(approveGate(signed.gate, { actor: 'bo' }).accepted, false);
});

test('its digest covers plan, run, opening and what was measured, and nothing else', () => {
  const found = { name: 'errors', verdict: 'pass', reason: '0 of 20', samples: 20 } as const;
  const first = {
    ...{ step: 'watch', policyName: 'p', policy: gate().policy, requester: 'ci', planDigest: PLAN },
    ...{ before: 0, run: 'first', opening: 'drawn', findings: [found], now: 0 },
  };
  const open = (other: Partial<Parameters<typeof openGate>[0]> = {}): Gate =>
    openGate({ ...first, ...other });
  assert.equal(open().id, 'watch');
  assert.equal(open({ before: 1 }).id, 'watch#2');
  const others: Partial<typeof first>[] = [
    {},
    { before: 1 },
    { planDigest: OTHER },
    { run: 'other' },
    { opening: 'drawn anew' },
    { findings: [] },
    { findings: [{ ...found, reason: '1 of 20' }] as never },
    { findings: [{ ...found, samples: 21 }] as never },
  ];
  assert.equal(new Set(others.map((one) => open(one).digest)).size, others.length);
  assert.equal(open().digest, open({ now: 99, requester: 'ana' }).digest);
  assert.equal(open({ now: 5 }).expiresAt, 5 + 24 * HOUR);
  assert.equal(open({ now: 5, until: HOUR }).expiresAt, HOUR);
  assert.equal(open({ now: 5, until: 48 * HOUR }).expiresAt, 5 + 24 * HOUR);
});

test('whoever answers in whatever order, it is decided by as many different people as it takes, never by the requester', () => {
  const actor = fc.constantFrom('ci', 'ana', 'bo', 'eva', 'kim');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(actor), (quorum, actors) => {
      const end = actors.reduce(
        (now, one) => approveGate(now, { actor: one }).gate,
        gate({ quorum }),
      );
      const people = new Set(actors.filter((one) => one !== 'ci'));
      assert.equal(end.decided !== undefined, people.size >= quorum);
      assert.equal(end.approvals.length, Math.min(people.size, quorum));
      assert.ok(end.approvals.every((vote) => vote.actor !== 'ci'));
    }),
  );
});
