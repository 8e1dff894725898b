// Tells people through one channel. What cannot be delivered is an answer, never a failure of the operation: only
// while there are tries left does it fail, for Temporal to try again.
import type { Channel } from '../../config/channel.ts';
import { Failure } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import type { NoticeFacts } from '../../domain/people/notice-facts.ts';
import { changeTexts, shortReason, noticeOf } from '../../domain/people/notice.ts';
import type { Call } from '../call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Delivery, NotifyPort } from '../../ports/notify.ts';
import type { Redactor } from '../../ports/redactor.ts';

export interface NoticeInput {
  facts: NoticeFacts;
  /** Within the run: `gate/weight-5#2/ops`. */
  key: string;
  /** The name of the channel. */
  name: string;
  channel: Channel;
  directory: string;
}

interface NotifyPorts {
  notify: NotifyPort;
  redactor: Redactor;
  clock: Clock;
}

/** With the waits between them (1 s, 2 s) and 10 s for a channel that hangs, about 25 s in all. */
const MOST_TRIES = 3;
/** A try that took longer than this is not made a third time. */
const SLOW_MS = 5000;

/** Throws as long as another try is worth it, and when it is cancelled. */
export async function sendNotice(
  { facts, key, name, channel, directory }: NoticeInput,
  call: Call,
  { notify, redactor, clock }: NotifyPorts,
): Promise<Delivery> {
  const names = namesIn(facts);
  const redacted = (text: string): string => redactor.redact(text, names);
  // Redacted before it is made: what was cut is not recognised any more.
  const notice = noticeOf(changeTexts(facts, redacted));
  const once = `${call.run.runId}/${key}`;
  const began = clock.now();
  try {
    const sent = await notify.send({ key: once, name, channel, directory, notice }, call);
    return sent.delivered ? sent : { delivered: false, reason: shortReason(redacted(sent.reason)) };
  } catch (error) {
    if (call.signal.aborted) throw error;
    const said = shortReason(redacted(error instanceof Error ? error.message : String(error)));
    // Not the attempts of Temporal: a worker that died before it could send has tried nothing.
    const tries = triesIn(call.previous) + 1;
    const isSlow = tries > 1 && clock.now() - began > SLOW_MS;
    const isSettled = error instanceof Failure && !error.retryable;
    if (isSettled || isSlow || tries >= MOST_TRIES) return { delivered: false, reason: said };
    call.beat({ tries });
    throw new Failure('Unavailable', `not delivered yet: ${said}`);
  }
}

/** How many an earlier attempt had made. */
function triesIn(previous: unknown): number {
  const tries = isRecord(previous) ? previous['tries'] : undefined;
  return typeof tries === 'number' ? tries : 0;
}

/** What a secret that happens to read the same must not take apart in a text. */
function namesIn({ system, operation, runId, subject }: NoticeFacts): string[] {
  const about = 'step' in subject ? [subject.step] : 'gate' in subject ? [subject.gate.id] : [];
  return [system, ...operation.split('/'), runId, ...about];
}
