// What a waiting operation is answered with, in the one wording that pages, notices and the command line share: the
// messages with what they mean, the JSON to paste, the commands to type.
import { commandText } from '../text/command-text.ts';

/** The messages that answer a parked step, in the order in which they are offered. */
export type ParkedAnswer = 'retryStep' | 'skipStep' | 'adopt' | 'abort';

export const PARKED_ANSWERS: Record<ParkedAnswer, { verb: string; means: string }> = {
  retryStep: { verb: 'retry', means: 'do the step again' },
  skipStep: { verb: 'skip', means: 'go on without it (lowers the verdict, and names who)' },
  adopt: { verb: 'adopt', means: 'take the world as it is now and go on from there' },
  abort: { verb: 'abort', means: 'stop and undo' },
};

export const ALL_PARKED_ANSWERS: readonly ParkedAnswer[] = [
  'retryStep',
  'skipStep',
  'adopt',
  'abort',
];

/** The verb of the command line that sends this message; most have one name for both. */
export function verbOf(message: string): string {
  if (message === 'handOver') return 'hand-over';
  return Object.entries(PARKED_ANSWERS).find(([name]) => name === message)?.[1].verb ?? message;
}

export interface AnswerableGate {
  id: string;
  digest: string;
}

/** The JSON of an approval to paste, once a name is put in. */
export function approvalJson({ id, digest }: AnswerableGate): string {
  return JSON.stringify({ actor: 'YOUR-NAME', gate: id, digest });
}

export function rejectionJson({ id, digest }: AnswerableGate): string {
  return JSON.stringify({ actor: 'YOUR-NAME', gate: id, digest, reason: 'WHY NOT' });
}

export function parkedJson(answer: ParkedAnswer, step: string | undefined): string {
  const at = answer === 'abort' || step === undefined ? {} : { step };
  return JSON.stringify({ actor: 'YOUR-NAME', ...at, reason: 'WHY' });
}

export function gateCommand(verb: 'approve' | 'reject', operation: string, gate: string): string {
  return commandText(verb, operation, '--gate', gate);
}

/** The JSON that ticks a step, or chooses an option of it. */
export function personJson(step: string, option: string | undefined): string {
  return JSON.stringify({ actor: 'YOUR-NAME', step, ...(option !== undefined && { option }) });
}

export function personCommand(operation: string, step: string, option: string | undefined): string {
  return option === undefined
    ? commandText('tick', operation, step)
    : commandText('choose', operation, step, option);
}

/** Somebody's name is to be put there: whoever asked may not approve, and might paste the command as it is. */
const SOMEBODY_ELSE = 'SOMEBODY-ELSE';

/** What stands for a name in commands and JSON to paste: nobody is called so. */
export const STANDS_FOR_A_NAME: ReadonlySet<string> = new Set([SOMEBODY_ELSE, 'YOUR-NAME', 'NAME']);

/** The command that approves, for who asked for the operation too. */
export function approveCommand(operation: string, gate: { id: string; notBy?: string }): string {
  const as = gate.notBy === undefined ? [] : ['--as', SOMEBODY_ELSE];
  return commandText('approve', operation, '--gate', gate.id, ...as);
}

/** A sentence on a gate: how many approvals it has and needs, who may answer, until when. */
export function gateSentence(gate: {
  have: number;
  need: number;
  who: readonly string[];
  /** ISO 8601 */
  expiresAt: string;
}): string {
  const { have, need, who, expiresAt } = gate;
  return `${have} of ${need} approvals given; may answer: ${who.join(', ')}. No answer until ${minute(expiresAt)} counts as no.`;
}

/** A time as `2026-01-02 13:45 UTC`, since its reader may be anywhere. A text that is no time comes back as it is. */
export function minute(iso: string): string {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(iso);
  return found === null ? iso : `${found[1] ?? ''} ${found[2] ?? ''} UTC`;
}
