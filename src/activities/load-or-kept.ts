// The system file, or what was kept of it last: an edit that broke the file holds up no stop, no admission, no way back and
// no look at what is there.
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { SystemsPort } from '../ports/systems.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { Kept } from './kept.ts';

export interface LoadOrKeptPorts {
  systems: Pick<SystemsPort, 'load'>;
  kept: Pick<Kept, 'newestSystem'>;
}

/** The system as its file says; where that does not load, as it was kept last, with `instead`. Throws what loading does where nothing was kept. */
export async function loadOrKept(
  name: string,
  waiting: Waiting,
  { systems, kept }: LoadOrKeptPorts,
): Promise<LoadedSystem> {
  try {
    return await systems.load(name);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const newest = await kept.newestSystem(name, waiting);
    if (newest === undefined) throw error;
    const { loaded, at } = newest;
    return { ...loaded, instead: insteadOf(name, error, loaded, at) };
  }
}

function insteadOf(name: string, { message }: Failure, { digest }: LoadedSystem, at: number) {
  const [first = '', ...more] = message.split('\n');
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  return `the file of ${name} does not load (${first}${others}); what counts is the file as it was last used, at ${new Date(at).toISOString()} (digest ${digest.slice(0, 12)})`;
}
