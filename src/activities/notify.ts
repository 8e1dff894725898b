// Tells people through every channel that wants a notice, all at the same time. What cannot be delivered is an
// answer, never a failure of the operation: only while there are tries left does it fail, for Temporal to try again.
import type { Channel } from '../config/channel.ts';
import { Failure } from '../domain/failure.ts';
import { shortReason, noticeOf, type NoticeFacts } from '../domain/notice.ts';
import type { Call } from './boundary.ts';
import type { Clock, Delivery, NotifyPort, Redactor } from './ports.ts';

export interface NoticesInput {
  facts: NoticeFacts;
  /** Within the run: `gate/weight-5#2`. */
  key: string;
  channels: Record<string, Channel>;
  directory: string;
}

/** `name` is the channel's: names are no text that a redactor changes. */
export type NoticeResult = { name: string } & Delivery;

interface NotifyPorts {
  notify: NotifyPort;
  redactor: Redactor;
  clock: Clock;
}

/** With the waits between them (1 s, 2 s) and 10 s for a channel that hangs, about 25 s in all. */
const MOST_TRIES = 3;
/** A try that took longer than this is not made a third time. */
const SLOW_MS = 5000;

type Tried = { name: string } & (Delivery | { again: string });

export async function sendNotices(
  input: NoticesInput,
  call: Call,
  ports: NotifyPorts,
): Promise<NoticeResult[]> {
  const began = ports.clock.now();
  const send = sender(input, call, ports);
  const tried = await Promise.all(
    Object.entries(input.channels).map(([name, channel]) => send(name, channel)),
  );
  const open = tried.filter((one) => 'again' in one);
  const tookLong = ports.clock.now() - began > SLOW_MS;
  const isLast = call.attempt >= MOST_TRIES || (call.attempt > 1 && tookLong);
  if (open.length > 0 && !isLast && !call.signal.aborted) {
    const why = open.map(({ name, again }) => `${name}: ${again}`).join('; ');
    throw new Failure('Unavailable', `not delivered yet: ${why}`);
  }
  return tried.map((one) => {
    if (!('again' in one)) return one;
    return { name: one.name, delivered: false, reason: one.again };
  });
}

/** Sends to one channel; throws only when this worker is stopping. */
function sender(
  { facts, key, channels: _, directory }: NoticesInput,
  call: Call,
  { notify, redactor }: NotifyPorts,
): (name: string, channel: Channel) => Promise<Tried> {
  const names = namesIn(facts);
  const clean = (text: string): string => shortReason(redactor.redact(text, names));
  // Redacted before it is made: what was cut is not recognised any more.
  const notice = noticeOf(redactor.redact(facts, names));
  return async (name, channel) => {
    const once = `${call.run.runId}/${key}/${name}`;
    try {
      const sent = await notify.send({ key: once, name, channel, directory, notice }, call);
      if (sent.delivered) return { name, delivered: true };
      return { name, delivered: false, reason: clean(sent.reason) };
    } catch (error) {
      if (call.signal.aborted) {
        if (!call.isGivenUp()) throw error;
        return { name, delivered: false, reason: 'the operation did not wait for it' };
      }
      const said = clean(error instanceof Error ? error.message : String(error));
      const isOver = error instanceof Failure && !error.retryable;
      return isOver ? { name, delivered: false, reason: said } : { name, again: said };
    }
  };
}

/** What a secret that happens to read the same must not take apart: an answer with it would be refused. */
function namesIn({ system, operation, runId, subject }: NoticeFacts): string[] {
  const gate = 'gate' in subject ? [subject.gate.id, subject.gate.digest] : [];
  return [system, ...operation.split('/'), runId, ...gate];
}
