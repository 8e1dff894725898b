// Who looks after an operation: handed over by one person, taken by the other. Until it is taken nobody is relieved. Pure.
import type { HandOver } from '../operation/status.ts';
import { commandText } from '../text/command-text.ts';
import { samePerson } from '../text/names.ts';
import { example, type Message } from './message.ts';

/** What became of a message, and the hand-over as it stands then. */
export interface HandOverReply {
  accepted: boolean;
  note: string;
  handOver?: HandOver;
}

/** Another one before it was taken counts in its place. */
export function handOver(
  last: HandOver | undefined,
  { actor, to }: Message,
  now: string,
): HandOverReply {
  if (actor === undefined)
    return refused(needs('handOver', 'an actor: say who you are', { to: 'bob' }));
  if (to === undefined) return refused(needs('handOver', 'to: say who takes it', { to: 'bob' }));
  if (samePerson(actor, to)) return refused(`${actor} cannot hand it over to themselves`);
  if (last?.takenAt !== undefined && !samePerson(last.to, actor)) {
    return refused(
      `${last.to} took it from ${last.from} at ${last.takenAt}: only ${last.to} hands it over`,
    );
  }
  if (last !== undefined && last.takenAt === undefined && samePerson(last.to, to)) {
    return refused(
      `${last.from} handed it over to ${last.to} at ${last.at} already, who has to take it`,
    );
  }
  const note = `${actor} hands it over to ${to}, who has to take it; until then ${actor} has it`;
  return { accepted: true, note, handOver: { from: actor, to, at: now } };
}

/** The receiver says that they have it. */
export function take(last: HandOver | undefined, { actor }: Message, now: string): HandOverReply {
  if (actor === undefined) return refused(needs('take', 'an actor: say who you are'));
  if (last === undefined) return refused('nobody handed it over');
  const { from, to, takenAt } = last;
  if (!samePerson(to, actor))
    return refused(`${from} handed it over to ${to}, and not to ${actor}`);
  if (takenAt !== undefined) return refused(`${to} took it at ${takenAt} already`);
  const note = `${actor} took it from ${from}`;
  return { accepted: true, note, handOver: { ...last, takenAt: now } };
}

/** For pages and terminals. */
export function handOverSentence({ from, to, at, takenAt }: HandOver): string {
  return takenAt === undefined
    ? `handed over by ${from} to ${to} at ${at}: not taken as yet, ${from} has it`
    : `${to} has it, taken from ${from} at ${takenAt}`;
}

/** How the receiver takes it; empty once that is done. */
export function takeCommand(operation: string, { to, takenAt }: HandOver): string[] {
  return takenAt === undefined ? [commandText('take', operation, '--as', to)] : [];
}

function needs(name: string, what: string, more: Message = {}): string {
  return `${name} needs ${what}, for example ${example(name, more)}`;
}

function refused(note: string): HandOverReply {
  return { accepted: false, note };
}
