// Ports of this machine, for what `up` opens and for people who ask: free or held, by whom, and freed.
import { randomInt } from 'node:crypto';
import { basename, dirname } from 'node:path';
import {
  describeHolder,
  endHolder,
  portHolder,
  tryListening,
  type PortHolder,
} from '../machine/port-holder.ts';
import { wordsOf } from '../machine/process-identity.ts';
import { errorCode, sentence, StartFailure } from './start-failure.ts';

// Below the range that the kernel hands out by itself: nobody is given one of these before it is used.
const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;

/** Ports that nobody listens on now; different from each other. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

async function isFree(port: number): Promise<boolean> {
  try {
    await tryListening(port);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return false;
    throw error;
  }
}

/** Throws StartFailure (2), naming who holds the port where that can be seen. */
export async function assertFree(port: number, what: string, remedy: string): Promise<void> {
  try {
    await tryListening(port);
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') {
      const by = describeHolder(portHolder(port));
      throw new StartFailure(2, `port ${port} for ${what} is taken by ${by}; ${remedy}`);
    }
    throw new StartFailure(2, `port ${port} for ${what} cannot be used: ${sentence(error)}`);
  }
}

export interface PortUse {
  port: number;
  held: boolean;
  /** Null when nobody holds it or the holder cannot be seen (another user's process). */
  pid: number | null;
  command: string;
  /** The holder in words; empty when there is none. */
  holder: string;
}

/** Looks, and changes nothing. A port is held when somebody listens on it at any address, or the loopback refuses to open it. */
export async function portUse(port: number): Promise<PortUse> {
  const found = portHolder(port) ?? (await unseenHolder(port));
  if (found === null) return { port, held: false, pid: null, command: '', holder: '' };
  return { ...found, held: true, holder: describeHolder(found) };
}

/** Where /proc shows nothing (another container, another system) the port itself still tells. */
async function unseenHolder(port: number): Promise<PortHolder | null> {
  try {
    await tryListening(port);
    return null;
  } catch (error) {
    return errorCode(error) === 'EADDRINUSE' ? { port, pid: null, command: '' } : null;
  }
}

/** Programs of an `up`, by the words of their commands, with the option that names a place in its data folder. */
const OF_UP: readonly [what: string, isIt: (words: string[]) => boolean, option?: string][] = [
  ['the local host', (words) => words.some((word) => DAEMON.test(word)), '--data'],
  ["Temporal's server", (words) => words.includes('start-dev'), '--db-filename'],
  [
    '`fairlead up` itself',
    (words) => words.some((word, at) => word === 'up' && CLIENT.test(words[at - 1] ?? '')),
  ],
];
const DAEMON = /[/\\]platforms[/\\]local[/\\]daemon\.[jt]s$/;
const CLIENT = /(?:[/\\]client\.[jt]s|[/\\]fairlead)$/;

/** What of an `up` the holder of a port is, and the data folder of that where its command says it; undefined for anything else. */
export function partOfUp({ pid }: PortUse): { what: string; data?: string } | undefined {
  const words = pid === null ? [] : wordsOf(pid);
  const found = OF_UP.find(([, isIt]) => isIt(words));
  if (found === undefined) return undefined;
  const [what, , option] = found;
  const place = option === undefined ? undefined : words[words.indexOf(option) + 1];
  if (place === undefined) return { what };
  if (option === '--data') return { what, data: place };
  // A server of Temporal that somebody started by hand keeps no such file.
  return basename(place) === 'temporal.db' ? { what, data: dirname(place) } : undefined;
}

/** Ends the holder and looks again. Throws Failure Refused when it cannot be ended from here. */
export async function releasePort(port: number): Promise<{ ended: boolean; now: PortUse }> {
  const ended = (await endHolder(port)) !== null;
  return { ended, now: await portUse(port) };
}
