// What the demonstration of a recovery promises, and whether it held. Pure: from its reports, the data before and after,
// what the clerk wrote and what the requests saw.
import type { Report } from '../src/domain/record/report.ts';
import type { LoadAnswer } from './load.ts';
import { seconds, type Kill, type Promised } from './promises.ts';
import { between } from './tally.ts';

export interface Evidence {
  first: Report;
  backup: Report;
  recovery: Report;
  /** The loans before the damage, and after the recovery, as text. */
  before: string;
  after: string;
  /** When the clerk wrote a payment, and which of these are there at the end. */
  written: readonly number[];
  kept: readonly number[];
  /** When the clerk was refused. */
  refused: readonly number[];
  answers: readonly LoadAnswer[];
  kill: Kill;
  /** The sentence that the requester's own approval was refused with; nothing when it was not. */
  selfApproval?: string;
}

export function judge(evidence: Evidence): Promised[] {
  const { recovery, before, after } = evidence;
  return [
    {
      promise: 'the data are what they were before the bad import',
      held: recovery.outcome === 'succeeded' && after === before,
      seen: `${recovery.outcome ?? 'not over'}: ${after === before ? 'the same loans' : 'other loans'}`,
    },
    asked(evidence),
    unanswered(evidence),
    lost(evidence),
    replaced(evidence),
    back(evidence),
  ];
}

export function asked({
  recovery,
  selfApproval,
}: Pick<Evidence, 'recovery' | 'selfApproval'>): Promised {
  const decisions = recovery.decisions.map((one) => `${one.decision} by ${one.actor ?? 'nobody'}`);
  return {
    promise: 'ana approved what is lost; ci, who asked for the recovery, could not',
    held: decisions.join() === 'approved by ana' && selfApproval !== undefined,
    seen: decisions.join(', ') || 'decided by nobody',
  };
}

/** From the stop to the first users, nobody is answered from data that are not proved. */
export function unanswered({
  recovery,
  answers,
}: Pick<Evidence, 'recovery' | 'answers'>): Promised {
  const [from, to] = [timeOf(recovery, 'stop-api')?.ended, timeOf(recovery, 'admit-')?.started];
  const meanwhile = from && to ? between(answers, from, to) : [];
  const answered = meanwhile.filter(({ status }) => status !== 503).length;
  return {
    promise: 'nobody was answered from data that were damaged or not proved',
    held: meanwhile.length > 0 && answered === 0,
    seen: `${meanwhile.length} requests while users were kept out, ${answered} of them answered`,
  };
}

/** What was written after the backup and before the fence is lost, and told; nothing else is. */
function lost({ recovery, backup, written, kept, refused }: Evidence): Promised {
  const backedUp = timeOf(backup, 'backup')?.started ?? Infinity;
  const missing = written.filter((at) => !kept.includes(at));
  const early = missing.filter((at) => at < backedUp).length;
  const fenced = timeOf(recovery, 'fence-')?.ended ?? Infinity;
  const late = missing.filter((at) => at > fenced).length;
  const told = recovery.verdicts.filter(({ name }) => name.includes('other content'));
  return {
    promise: 'only what was written between the backup and the fence is lost, and the gate said so',
    held:
      missing.length > 0 &&
      early + late === 0 &&
      refused.length > 0 &&
      told.some(({ got }) => got !== '0'),
    seen: `${missing.length} of ${written.length} payments lost, ${early} of them older than the backup, ${late} written after the fence, by which the clerk was refused ${refused.length} times; the gate said ${told[0]?.reason ?? 'nothing'}`,
  };
}

export function replaced({ kill: { pid, backPid, at, backAt } }: Pick<Evidence, 'kill'>): Promised {
  return {
    promise: 'the killed worker was replaced, and the recovery went on',
    held: pid !== backPid,
    seen: `pid ${pid} killed, pid ${backPid} answered after ${seconds(backAt - at)}`,
  };
}

export function back({ recovery, answers }: Pick<Evidence, 'recovery' | 'answers'>): Promised {
  const last = timeOf(recovery, 'admit-100')?.ended ?? Infinity;
  const since = answers.filter(({ startedAt }) => startedAt >= last);
  const failed = since.filter(({ status }) => status !== 200).length;
  return {
    promise: 'all users are back',
    held: since.length > 0 && failed === 0,
    seen: `${since.length} requests since the last of them was let in, ${failed} failed`,
  };
}

/** Of the first step whose id begins so, in ms. */
export function timeOf(
  { steps }: Report,
  id: string,
): { started: number; ended: number } | undefined {
  const step = steps.find((one) => one.id.startsWith(id));
  if (step?.endedAt == null) return undefined;
  return { started: Date.parse(step.startedAt), ended: Date.parse(step.endedAt) };
}
