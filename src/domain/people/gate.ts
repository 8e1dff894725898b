// A gate that people answer: who may, how many it takes, what each answer means. Pure.
import type { ApprovalPolicy } from '../../config/system.ts';
import { gateDigest, measuredDigest, type GateOpening, type Measured } from './gate-opening.ts';
import { example, type Message } from './message.ts';
import { isSignedPolicy, type SignedDecision, type SignedVote } from './signed-vote.ts';
import { isAmong, personKey, samePerson } from '../text/names.ts';

export type Decision = 'approved' | 'rejected' | 'expired' | 'overridden';

export interface Vote {
  actor: string;
  /** As it was typed: shown only after it went through the redactor. */
  reason: string | null;
}

export interface Gate {
  id: string;
  policyName: string;
  policy: ApprovalPolicy;
  /** What its digest covers, beside the plan. */
  opening: GateOpening;
  digest: string;
  /** How many different people have to approve; one more when nobody knows who requested the operation. */
  need: number;
  requester: string | null;
  /** ms */
  openedAt: number;
  expiresAt: number;
  approvals: Vote[];
  /** Where answers have to be signed: those that were, for the changes behind the gate. */
  signed?: SignedVote[];
  decided?: { decision: Decision; by: string | null };
  /** The person who broke the glass; countersigned by `countersigned`. */
  override?: { by: string; countersigned?: string };
}

export interface Reply {
  accepted: boolean;
  note: string;
  gate: Gate;
  /** Set when this answer is one to record as a decision. */
  decision?: {
    decision: Decision;
    actor: string;
    reason: string | null;
    final: boolean;
    signature?: string;
  };
}

export function openGate(input: {
  step: string;
  /** How often this step's gate was opened before. */
  before: number;
  policyName: string;
  policy: ApprovalPolicy;
  planDigest: string;
  /** The first run of the chain, and what was drawn for this opening. */
  run: string;
  opening: string;
  /** What whoever answers is shown. */
  findings: readonly Measured[];
  requester: string | null;
  now: number;
  /** From when on (ms) an answer is too late, however long the policy waits. */
  until?: number;
}): Gate {
  const id = input.before === 0 ? input.step : `${input.step}#${input.before + 1}`;
  const { policy, policyName, requester, now, run, until = Infinity } = input;
  const measured = measuredDigest(input.findings);
  const opening = { gate: id, run, opening: input.opening, measured };
  return {
    id,
    policyName,
    policy,
    opening,
    digest: gateDigest(input.planDigest, opening),
    need: needOf(policy, requester),
    requester,
    openedAt: now,
    expiresAt: Math.min(now + policy.deadline, until),
    approvals: [],
    ...(isSignedPolicy(policy) && { signed: [] }),
  };
}

/** Why nobody could ever approve such a gate; `undefined` when somebody can. Breaking its glass counts. */
export function unreachable(
  policyName: string,
  policy: ApprovalPolicy,
  requester: string | null,
): string | undefined {
  const { from, selfApproval, breakGlass: named } = policy;
  if (from === undefined || named.length > 0) return undefined;
  const able = from.filter((one) => selfApproval || !samePerson(one, requester));
  const need = needOf(policy, requester);
  if (new Set(able.map(personKey)).size >= need) return undefined;
  const who =
    requester === null ? 'nobody is named as who requests it' : `${requester} requests it`;
  return `the approval ${policyName} could never be had: it takes ${need} of ${from.join(', ')}, and ${who}; ask as somebody else (--as), or name more people in approvals.${policyName}.from`;
}

/** How many different people have to approve: one more when the requester is unknown, who may be one of them. */
function needOf(policy: ApprovalPolicy, requester: string | null): number {
  return policy.quorum + (requester === null && !policy.selfApproval ? 1 : 0);
}

/** Open still at `now` (ms), and no answer that comes is in time any more. */
export function isPast({ decided, expiresAt }: Gate, now: number): boolean {
  return decided === undefined && now >= expiresAt;
}

export function tooLate({ id, expiresAt }: Gate): string {
  return `it came after the deadline of ${id} (${new Date(expiresAt).toISOString()})`;
}

/** The people who may answer a gate, in words. */
export function whoMay(gate: Gate): string[] {
  const { from, selfApproval } = gate.policy;
  if (from !== undefined) {
    const others = selfApproval ? from : from.filter((one) => !samePerson(one, gate.requester));
    return others.length === 0 ? ['nobody, for whoever is named asked for it'] : others;
  }
  if (gate.requester === null || selfApproval) return ['anyone'];
  return [`anyone but ${gate.requester}`];
}

/** Who asked for the operation, where they may not approve it. */
export function notBy(gate: Gate): string | undefined {
  const { requester } = gate;
  return requester !== null && mayNotApprove(gate, requester) !== undefined ? requester : undefined;
}

export function approveGate(gate: Gate, message: Message): Reply {
  const decision = message.breakGlass === undefined ? 'approved' : 'overridden';
  return unproved(gate, message) ?? withSignature(approveOpen(gate, message), decision, message);
}

export function rejectGate(gate: Gate, message: Message): Reply {
  return unproved(gate, message) ?? withSignature(rejectOpen(gate, message), 'rejected', message);
}

/** The refusal of a claim at a gate whose answers have to be signed. */
function unproved(gate: Gate, { actor, proved }: Message): Reply | undefined {
  if (gate.signed === undefined || actor === undefined || proved === true) return undefined;
  return refuse(
    gate,
    `${gate.id} takes signed answers only (approvals.${gate.policyName}.trust): answer with fairlead approve or reject, which sign with the key of ${actor} (fairlead key new), or send what --print prints`,
  );
}

/** Keeps the signature of an accepted answer with the gate and with the decision. */
function withSignature(reply: Reply, decision: SignedDecision, message: Message): Reply {
  const { actor, signature } = message;
  const { signed } = reply.gate;
  if (!reply.accepted || signed === undefined || actor === undefined || signature === undefined) {
    return reply;
  }
  return {
    ...reply,
    gate: { ...reply.gate, signed: [...signed, { actor, decision, signature }] },
    ...(reply.decision !== undefined && { decision: { ...reply.decision, signature } }),
  };
}

function approveOpen(gate: Gate, message: Message): Reply {
  const { actor } = message;
  if (actor === undefined) return refuse(gate, noActor(gate, 'approve'));
  if (gate.decided !== undefined) return countersign(gate, actor, message);
  const wrong = wrongDigest(gate, message);
  if (wrong !== undefined) return refuse(gate, wrong);
  if (message.breakGlass !== undefined) return breakGlass(gate, actor, message.breakGlass);
  const not = mayNotApprove(gate, actor);
  if (not !== undefined) return refuse(gate, not);
  if (gate.approvals.some((vote) => samePerson(vote.actor, actor))) {
    return refuse(
      gate,
      `${actor} approved ${gate.id} before; it takes ${gate.need} different people`,
    );
  }
  const reason = message.reason ?? null;
  const approvals = [...gate.approvals, { actor, reason }];
  const final = approvals.length >= gate.need;
  return {
    accepted: true,
    note: `${actor} approved ${gate.id}: ${approvals.length} of ${gate.need}`,
    gate: { ...gate, approvals, ...(final && { decided: { decision: 'approved', by: actor } }) },
    decision: { decision: 'approved', actor, reason, final },
  };
}

function rejectOpen(gate: Gate, message: Message): Reply {
  const { actor } = message;
  if (actor === undefined) return refuse(gate, noActor(gate, 'reject'));
  if (gate.decided !== undefined) return refuse(gate, alreadyDecided(gate));
  const wrong = wrongDigest(gate, message);
  if (wrong !== undefined) return refuse(gate, wrong);
  const { from, breakGlass: named } = gate.policy;
  const may =
    from === undefined || samePerson(actor, gate.requester) || isAmong([...from, ...named], actor);
  if (!may)
    return refuse(
      gate,
      `${actor} is not among those who may answer ${gate.id}: ${whoMay(gate).join(', ')}`,
    );
  return {
    accepted: true,
    note: `${actor} rejected ${gate.id}`,
    gate: { ...gate, decided: { decision: 'rejected', by: actor } },
    decision: { decision: 'rejected', actor, reason: message.reason ?? null, final: true },
  };
}

function breakGlass(gate: Gate, actor: string, reason: string): Reply {
  const named = gate.policy.breakGlass;
  if (!isAmong(named, actor)) {
    const who = named.length === 0 ? 'nobody is named for that' : `only ${named.join(', ')} may`;
    return refuse(gate, `${actor} may not break the glass of ${gate.id}: ${who}`);
  }
  if (reason.trim() === '') return refuse(gate, `breaking the glass of ${gate.id} needs a reason`);
  return {
    accepted: true,
    note: `${actor} broke the glass of ${gate.id}; it is an open finding until somebody countersigns`,
    gate: { ...gate, decided: { decision: 'overridden', by: actor }, override: { by: actor } },
    decision: { decision: 'overridden', actor, reason, final: true },
  };
}

/** An approval that comes after the decision: it counts only as the countersignature of a broken glass. */
function countersign(gate: Gate, actor: string, message: Message): Reply {
  const { override } = gate;
  if (override === undefined || override.countersigned !== undefined) {
    return refuse(gate, alreadyDecided(gate));
  }
  const not = samePerson(override.by, actor)
    ? `${actor} broke the glass`
    : mayNotApprove(gate, actor);
  if (not !== undefined) return refuse(gate, `not a countersignature of ${gate.id}: ${not}`);
  return {
    accepted: true,
    note: `${actor} countersigned the broken glass of ${gate.id}`,
    gate: { ...gate, override: { ...override, countersigned: actor } },
    decision: { decision: 'approved', actor, reason: message.reason ?? null, final: false },
  };
}

function mayNotApprove(gate: Gate, actor: string): string | undefined {
  const { from, selfApproval } = gate.policy;
  if (!selfApproval && samePerson(actor, gate.requester)) {
    return `${actor} requested this and cannot approve it; needed: ${whoMay(gate).join(', ')}`;
  }
  if (from !== undefined && !isAmong(from, actor)) {
    return `${actor} is not among those who may answer ${gate.id}: ${whoMay(gate).join(', ')}`;
  }
  return undefined;
}

function wrongDigest(gate: Gate, message: Message): string | undefined {
  if (message.digest === undefined || message.digest === gate.digest) return undefined;
  return `the digest ${message.digest.slice(0, 12)}… is not the one ${gate.id} is open with (${gate.digest.slice(0, 12)}…), which is of this run, this opening and what was measured: look at status again`;
}

function alreadyDecided(gate: Gate): string {
  const { decision = 'closed', by = null } = gate.decided ?? {};
  return `${gate.id} was ${decision} already${by === null ? '' : ` by ${by}`}: too late`;
}

function noActor(gate: Gate, name: string): string {
  return `${name} needs an actor: say who you are, for example ${example(name, { gate: gate.id, digest: gate.digest })}`;
}

function refuse(gate: Gate, note: string): Reply {
  return { accepted: false, note, gate };
}
