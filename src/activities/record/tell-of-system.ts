// Tells people of a system through its channels, once per key and channel, where no operation tells of itself.
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { Failure } from '../../domain/failure.ts';
import type { NoticeFacts } from '../../domain/people/notice-facts.ts';
import { changeTexts, channelsFor, noticeOf } from '../../domain/people/notice.ts';
import type { NotifyPort } from '../../ports/notify.ts';
import type { Call } from '../call.ts';

/** Channels that were told, and those that could not be. */
export interface Told {
  told: string[];
  notTold: { channel: string; reason: string }[];
}

export interface TellOfSystem {
  loaded: Pick<LoadedSystem, 'directory' | 'system'>;
  facts: NoticeFacts;
  /** Under which key deliveries of the notice are noted; the key's first part names the file of notes, one per system. */
  key: string;
  /** Where it is noted who was told. */
  told: Told;
  shown: (text: string) => string;
}

/** Answers the channels that may be reached another time, each with why; one that said no has said so. */
export async function tellOfSystem(
  { loaded, facts, key: about, told, shown }: TellOfSystem,
  call: Call,
  notify: NotifyPort,
): Promise<string[]> {
  const { directory, system } = loaded;
  const pending: string[] = [];
  const notice = noticeOf(changeTexts(facts, shown));
  for (const [name, channel] of Object.entries(channelsFor(system.notify, facts.subject.event))) {
    const key = `${about}/${name}`;
    try {
      const sent = await notify.send({ key, name, channel, directory, notice }, call);
      if (sent.delivered) told.told.push(name);
      else told.notTold.push({ channel: name, reason: shown(sent.reason) });
    } catch (error) {
      if (!(error instanceof Failure) || call.signal.aborted) throw error;
      const reason = shown(error.message);
      told.notTold.push({ channel: name, reason });
      if (error.retryable) pending.push(`${name} (${reason})`);
    }
  }
  return pending;
}

/** Tries of one check, for channels that may answer a moment later. */
const MOST_TRIES = 3;

/** Throws as long as another try is worth it. */
export function tryAgain(system: string, pending: readonly string[], { attempt }: Call): void {
  if (pending.length === 0 || attempt >= MOST_TRIES) return;
  const which = pending.join(', ');
  throw new Failure('Unavailable', `telling people about ${system}: not delivered yet: ${which}`);
}
