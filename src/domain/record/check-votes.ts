// Are the signed decisions of a record what they say? Each signature is over the opening of its gate, whose digest is made anew
// from the plan in the same record. Which key is whose, the reader compares with the system file.
import { gateDigest, type GateOpening } from '../people/gate-opening.ts';
import { voteText, type SignedDecision, type Verifies } from '../people/signed-vote.ts';
import type { EvidenceEntry } from './evidence.ts';

type Entry<Type> = Extract<EvidenceEntry, { type: Type }>;

/** Who signed which gate with which key, in the order of the record. */
export interface CheckedVotes {
  votes: { gate: string; actor: string; decision: SignedDecision; key: string }[];
  /** A sentence naming the first decision that is not signed as it says. */
  problem?: string;
}

/** What of the signed decisions of a record holds; claims are passed over. */
export function checkVotes(entries: readonly EvidenceEntry[], verifies: Verifies): CheckedVotes {
  const votes: CheckedVotes['votes'] = [];
  let plan: string | undefined;
  const gates = new Map<string, Entry<'gate'>>();
  for (const entry of entries) {
    if (entry.type === 'planned') plan = entry.plan.digest;
    if (entry.type === 'gate') gates.set(entry.gate, entry);
    if (entry.type !== 'decision' || entry.trust !== 'signed') continue;
    const vote = signedBy(entry, gates.get(entry.gate), plan, verifies);
    if (vote === undefined) {
      const problem = `entry ${entry.seq}: ${entry.decision} ${entry.gate} by ${entry.actor ?? 'nobody'} says that it is signed, and its signature does not fit`;
      return { votes, problem };
    }
    votes.push(vote);
  }
  return { votes };
}

function signedBy(
  { actor, decision, digest, signature = '', key = '' }: Entry<'decision'>,
  gate: Entry<'gate'> | undefined,
  plan: string | undefined,
  verifies: Verifies,
): CheckedVotes['votes'][number] | undefined {
  if (actor === null || decision === 'expired' || !isOpenedWith(digest, gate, plan))
    return undefined;
  const text = voteText(gate.opening, digest, { actor, decision });
  return verifies(key, text, signature) ? { gate: gate.gate, actor, decision, key } : undefined;
}

function isOpenedWith(
  digest: string,
  gate: Entry<'gate'> | undefined,
  plan: string | undefined,
): gate is Entry<'gate'> & { opening: GateOpening } {
  const opening = gate?.opening;
  if (opening === undefined || plan === undefined || opening.gate !== gate?.gate) return false;
  return gateDigest(plan, opening) === digest;
}

/** `weight-5 approved by ana (ed25519:…)`. */
export function voteWords({ gate, actor, decision, key }: CheckedVotes['votes'][number]): string {
  return `${gate} ${decision} by ${actor}, signed with ${key}`;
}
