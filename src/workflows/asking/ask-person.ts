// Waits for a person who does something and ticks it, or who chooses. Nobody but people ends that wait, and an interrupt.
import type { PersonAsk } from '../../domain/steps/person-ask.ts';
import type { PersonAnswer } from '../step-kinds/step-kind.ts';
import { tellOfAsk } from '../steps/notices.ts';
import { setState } from '../steps/page.ts';
import { waiting, writeRecord } from '../steps/wait.ts';
import { now, type Run } from '../steps/run.ts';
import { settleMessages } from '../steps/settle-messages.ts';
import { untilAnswered } from './moments.ts';

/** `step`: as messages name it, `undo-told` for what takes a step back. */
export async function askPerson(run: Run, step: string, asks: PersonAsk): Promise<PersonAnswer> {
  const before = run.progress.state;
  run.people.asked = { ...asks, step, since: now() };
  try {
    setState(run, 'waiting');
    await settleMessages(run);
    await writeRecord(run, `Wait for a person at ${step}`);
    tellOfAsk(run);
    const isAnswered = () => run.people.asked?.answer !== undefined;
    await waiting(run, () => untilAnswered(run, { step, what: 'waits for a person' }, isAnswered));
    // The note that came with the answer is not shown before it was redacted.
    await settleMessages(run);
    const { by = 'somebody', option } = run.people.asked.answer ?? {};
    return { by, note: noteOf(run, asks.kind), ...(option !== undefined && { option }) };
  } finally {
    delete run.people.asked;
    setState(run, before);
  }
}

/** What was written with the answer, as the redactor has passed it on. */
function noteOf({ record }: Run, name: PersonAsk['kind']): string {
  const found = record.entries.findLast(
    (one) => one.type === 'message' && one.name === name && one.accepted,
  );
  return found?.type === 'message' ? (found.reason ?? '') : '';
}
