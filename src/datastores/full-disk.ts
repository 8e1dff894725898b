// A disk that is full says nothing of a backup: what fails for want of room where copies go is Refused, whichever tool
// says it and however. It is not tried again: that fills the disk again. Used by whatever loads into a folder of copies.
import { Failure } from '../domain/failure.ts';
import { textAt } from '../domain/json.ts';
import { isDiskFull } from '../machine/disk-reserve.ts';

const SAID = /no space left on device|disk quota exceeded/i;
/** Bytes: the size of a segment of Postgres's log. A server that cannot write its next one ends, and tells its client nothing. */
const NEXT_TO_NOTHING = 16 * 1024 * 1024;

export async function unlessFull<T>(
  copies: { room: () => Promise<number> },
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const known = error instanceof Failure ? error.kind : textAt(error, 'code');
    const free = await copies.room().catch(() => Number.MAX_SAFE_INTEGER);
    if (!isForWantOfRoom(error, known, free)) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new Failure(
      'Refused',
      `loading ${name}: there is no room where copies go (${free} bytes are free now); make room, or name another folder in FAIRLEAD_COPIES. It said: ${said.slice(0, 300)}`,
    );
  }
}

function isForWantOfRoom(error: unknown, known: string | undefined, free: number): boolean {
  if (isDiskFull(error)) return true;
  if (!(error instanceof Error)) return false;
  if (known === 'CheckFailed') return saysFull(error.message) || free < NEXT_TO_NOTHING;
  // Also a tool that was ended, and a server that did not start; another disk may say that it is full.
  return known === 'Unavailable' && free < NEXT_TO_NOTHING;
}

export function saysFull(said: string): boolean {
  return SAID.test(said);
}
