// Tells people about an incident through the channels of its system file as it is now: once per channel, also when it is tried
// again after a crash. What cannot be delivered is an answer.
import { Failure } from '../../domain/failure.ts';
import { secretSource } from '../../domain/loaded-system.ts';
import type { NoticeFacts } from '../../domain/people/notice-facts.ts';
import { changeTexts, channelsFor, noticeOf, shortReason } from '../../domain/people/notice.ts';
import type { NotifyPort } from '../../ports/notify.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { Call } from '../call.ts';
import { loadOrKept, type LoadOrKeptPorts } from '../load-or-kept.ts';
import { redactionOf } from '../redaction.ts';

export interface IncidentTold {
  /** Names of channels. */
  told: string[];
  notTold: { channel: string; reason: string }[];
}

const MOST_TRIES = 4;

/** `key`: unique among all that people were ever told. Throws Unavailable as long as another try is worth it. */
export async function tellIncident(
  { facts, key }: { facts: NoticeFacts; key: string },
  call: Call,
  ports: LoadOrKeptPorts & { redactor: Redactor; notify: NotifyPort },
): Promise<IncidentTold> {
  const loaded = await loadOrKept(facts.system, call, ports);
  const { directory, system } = loaded;
  const names = [facts.system, ...facts.operation.split('/')];
  const shown = await redactionOf(ports.redactor, secretSource(loaded), names);
  const notice = noticeOf(changeTexts(facts, shown));
  const answer: IncidentTold = { told: [], notTold: [] };
  const pending: string[] = [];
  for (const [name, channel] of Object.entries(channelsFor(system.notify, facts.subject.event))) {
    try {
      const once = `${key}/${name}`;
      const sent = await ports.notify.send({ key: once, name, channel, directory, notice }, call);
      if (sent.delivered) answer.told.push(name);
      else answer.notTold.push({ channel: name, reason: shortReason(shown(sent.reason)) });
    } catch (error) {
      if (!(error instanceof Failure) || call.signal.aborted) throw error;
      const reason = shortReason(shown(error.message));
      answer.notTold.push({ channel: name, reason });
      if (error.retryable) pending.push(`${name} (${reason})`);
    }
  }
  if (pending.length === 0 || call.attempt >= MOST_TRIES) return answer;
  throw new Failure('Unavailable', `telling people of ${facts.operation}: ${pending.join(', ')}`);
}
