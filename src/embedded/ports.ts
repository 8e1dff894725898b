// Ports of this machine, for what `up` opens and for people who ask: free or held, by whom, and freed.
import { randomInt } from 'node:crypto';
import {
  describeHolder,
  endHolder,
  portHolder,
  tryListening,
  type PortHolder,
} from '../machine/port-holder.ts';
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

/** Ends the holder and looks again. Throws Failure Refused when it cannot be ended from here. */
export async function releasePort(port: number): Promise<{ ended: boolean; now: PortUse }> {
  const ended = (await endHolder(port)) !== null;
  return { ended, now: await portUse(port) };
}
