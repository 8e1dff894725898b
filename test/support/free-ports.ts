// Ports for tests that choose them before anybody listens there. Fifty random choices of 17,000 fall together once in
// fourteen times, and several processes test at once: a port that was handed out is claimed by a file, for all of them.
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts as lookForPorts } from '../../src/embedded/ports.ts';
import { errorCode } from '../../src/embedded/start-failure.ts';

const CLAIMS = join(tmpdir(), 'fairlead-test-ports');
/** Longer than any test may take. */
const CLAIM_ENDS_AFTER_MS = 2 * 3_600_000;

/** Ports of the loopback that nobody listens on and that no other test was handed in the last two hours. */
export async function freePorts(count: number): Promise<number[]> {
  mkdirSync(CLAIMS, { recursive: true });
  const mine: number[] = [];
  while (mine.length < count) {
    const found = await lookForPorts(count - mine.length);
    mine.push(...found.filter(claim));
  }
  return mine;
}

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

function claim(port: number): boolean {
  const file = join(CLAIMS, String(port));
  const since = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (since !== undefined && Date.now() - since > CLAIM_ENDS_AFTER_MS)
    rmSync(file, { force: true });
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
