// The record of messages that people sent: what they wrote goes through the redactor first.
import { call, failureOf } from './call.ts';
import { record } from './record.ts';
import type { Received, Run } from './run.ts';

/** Records the messages that came in, what people wrote in them redacted first. */
export async function settleMessages(run: Run): Promise<void> {
  const received = run.people.received.splice(0);
  if (received.length === 0) return;
  const texts = await redacted(run, received);
  for (const [index, { at, actor, accepted, decision }] of received.entries()) {
    const [name = '', note = '', typed = ''] = texts[index] ?? [];
    const reason = typed === '' ? null : typed;
    record(run, { type: 'message', name, actor, accepted, note, reason }, at);
    if (accepted) delete run.people.refusal;
    else run.people.refusal = { name, actor, reason: note, at };
    if (decision !== undefined) record(run, { type: 'decision', ...decision, reason }, at);
  }
}

/** Name, note and reason of each, as they may be shown; what nobody could redact is withheld, and holds nothing up. */
async function redacted(run: Run, received: Received[]): Promise<string[][]> {
  const texts = received.map(({ name, note, reason }) => [name, note, reason ?? '']);
  if (received.every((one) => one.reason === null && one.quotes !== true)) return texts;
  const options = {
    profile: 'look',
    step: run.progress.step ?? 'messages',
    summary: 'Redact what people wrote',
  } as const;
  try {
    const { value } = await call(run, 'redactTexts', texts.flat(), options);
    return texts.map((one, index) => value.slice(index * one.length, (index + 1) * one.length));
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
    const withheld = '(withheld: it could not be redacted)';
    return texts.map((one) => one.map((text) => (text === '' ? '' : withheld)));
  }
}
