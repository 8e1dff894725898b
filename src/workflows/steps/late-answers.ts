// Answers to a gate that a worker saw only after the gate's deadline. A signal that the server took in time counts all the
// same: no worker may have been there. The run cannot see which came first, so its history is asked (design: "Deadlines").
import type { Message } from '../../domain/people/message.ts';
import { isPast, tooLate } from '../../domain/people/gate.ts';
import { call, failureOf } from './call.ts';
import { gateToProve, problemOfVote } from '../asking/prove-vote.ts';
import { gateMeant, rule, type Ruling } from './handle-message.ts';
import { openGateOf, type LateAnswer, type Run } from './run.ts';

type AnswerName = LateAnswer['name'];

/** Counts a signal; true when it is held back until its time is known, instead of being handled. */
export function holdsBack(run: Run, name: string, message: Message | undefined): boolean {
  const { people, progress } = run;
  const nth = people.signals[name] ?? 0;
  people.signals[name] = nth + 1;
  if ((name !== 'approve' && name !== 'reject') || message === undefined) return false;
  const gate = gateMeant(run, message);
  const isOpen = progress.outcome === undefined && people.interrupt === undefined;
  if (!isOpen || gate === undefined || !isPast(gate, Date.now())) return false;
  people.receivedCount += 1;
  people.late.push({ name, message, gate: gate.id, nth });
  return true;
}

/** Call it at the deadline: what was held back counts if the server took it in time, in the order in which it came. */
export async function settleLate(run: Run): Promise<void> {
  if (run.people.late.length === 0) return;
  const times = await readTimes(run);
  // What is handed over while the history is being read came after the deadline: it is not in there.
  for (const answer of run.people.late.splice(0)) {
    const at = typeof times === 'string' ? undefined : times[answer.name][answer.nth];
    run.people.received.push({
      name: answer.name,
      at: new Date(at ?? Date.now()).toISOString(),
      ...rulingOn(
        run,
        await proved(run, answer),
        at,
        typeof times === 'string' ? times : undefined,
      ),
    });
  }
}

/** Refuses what is still held back when the gate waits no more: an abort, or an operation of a higher rank, came first. */
export function dropLate(run: Run): void {
  for (const { name, message, gate } of run.people.late.splice(0)) {
    const at = new Date(Date.now()).toISOString();
    run.people.received.push({
      name,
      at,
      ...refused(message, `${gate} waits for no answer any more`),
    });
  }
}

/** The answer, marked where its signature was checked; what could not be checked stays a claim. */
async function proved(run: Run, answer: LateAnswer): Promise<LateAnswer> {
  const { name, message } = answer;
  const toProve = gateToProve(run, name, message);
  const problem = toProve && (await problemOfVote(run, toProve, name, message));
  if (toProve === undefined || problem !== undefined) return answer;
  return { ...answer, message: { ...message, proved: true } };
}

function rulingOn(
  run: Run,
  { name, message, gate: id }: LateAnswer,
  at: number | undefined,
  unknown: string | undefined,
): Ruling {
  const gate = run.people.gates.find((one) => one.id === id) ?? openGateOf(run.people);
  if (gate === undefined) return refused(message, `${id} waits for no answer any more`);
  if (at !== undefined && at < gate.expiresAt) return rule(run, gate, name, message);
  const until = new Date(gate.expiresAt).toISOString();
  if (unknown !== undefined) {
    return refused(message, `whether it came before ${until} could not be seen: ${unknown}`);
  }
  return refused(message, tooLate(gate));
}

function refused({ actor, reason }: Message, note: string): Ruling {
  return { accepted: false, actor: actor ?? null, reason: reason ?? null, note };
}

/** The server's times of the signals by name; a sentence when they could not be read. */
async function readTimes(run: Run): Promise<Record<AnswerName, number[]> | string> {
  const names: AnswerName[] = ['approve', 'reject'];
  const summary = 'Did the answers come before the deadline?';
  const options = { profile: 'look', step: run.progress.step ?? 'gate', summary } as const;
  try {
    const { approve = [], reject = [] } = (await call(run, 'readSignalTimes', names, options))
      .value;
    return { approve, reject };
  } catch (error) {
    const why = failureOf(error)?.message;
    if (why === undefined) throw error;
    return why;
  }
}
