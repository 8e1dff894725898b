// When people who do not answer are told again, and who is told then.
import { furtherLevels } from '../../domain/people/on-call.ts';
import type { Gate } from '../../domain/people/gate.ts';
import { tellOfAsk, tellOfParking } from '../steps/notices.ts';
import { record } from '../steps/record.ts';
import { loadedOf, type Run } from '../steps/run.ts';
import { overBefore, settledUntil, writeRecord } from '../steps/wait.ts';

export interface Moment {
  /** ms */
  at: number;
  what: 'reminder' | 'escalation' | 'deadline';
  who: string[];
}

/** The moments of a gate, the deadline last. */
export function momentsOfGate(run: Run, { policy, openedAt, expiresAt }: Gate): Moment[] {
  const moments: Moment[] = [
    { at: openedAt + policy.reminder, what: 'reminder', who: policy.from ?? [] },
    ...(policy.escalation === undefined
      ? levelsFrom(run, openedAt)
      : [escalationAt(openedAt + policy.escalation.after, policy.escalation.to)]),
  ];
  const before = moments.filter((moment) => moment.at < expiresAt).sort((a, b) => a.at - b.at);
  return [...before, { at: expiresAt, what: 'deadline', who: [] }];
}

/** A step that waits for an answer: `is parked`, `waits for a person`. */
export interface Waits {
  step: string;
  what: 'is parked' | 'waits for a person';
  /** When (ms) it is waited for no longer. */
  until?: number;
}

/** Until a step that waits is answered, or it is waited for no longer. Whoever is on call behind those who were told is told in turn: by `moments`, those that are over are taken from it. */
export async function untilAnswered(
  run: Run,
  { step, what, until = Infinity }: Waits,
  isOver: () => boolean,
  moments = momentsOfStep(run),
): Promise<void> {
  for (let next = moments[0]; next !== undefined; next = moments[0]) {
    if (next.at >= until) break;
    const to = next.who.join(', ');
    if (await overBefore(run, next.at, isOver, `${step} ${what}, next: ${to} is told`)) return;
    moments.shift();
    record(run, {
      type: 'finding',
      text: `escalation to ${to}: ${step} ${what}, and nobody answers`,
    });
    await writeRecord(run, `${step}: escalation`);
    if (what === 'is parked') tellOfParking(run, { to: next.who });
    else tellOfAsk(run, next.who);
  }
  if (until === Infinity) await settledUntil(run, isOver);
  else await overBefore(run, until, isOver, `${step} ${what}`);
}

/** Who is told of a step that begins to wait now, and when. */
export function momentsOfStep(run: Run): Moment[] {
  return levelsFrom(run, Date.now());
}

function levelsFrom(run: Run, from: number): Moment[] {
  if (run.runbook.onCall !== true) return [];
  return furtherLevels(loadedOf(run).system.people).map(({ after, who }) =>
    escalationAt(from + after, who),
  );
}

function escalationAt(at: number, who: string[]): Moment {
  return { at, what: 'escalation', who };
}
