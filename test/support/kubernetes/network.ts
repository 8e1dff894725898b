// The network of a cluster's pods: a /16 of this machine's own loopback, so that each pod has an address of its own that
// real connections reach. Kubernetes refuses endpoints in 127/8, hence 10/8.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTimeOf } from '../../../src/machine/process-identity.ts';

const run = promisify(execFile);

const FIRST = 64;
const LAST = 127;
/** Who has which, by process: what a process that was killed has left is taken over. */
const CLAIMS = join(tmpdir(), 'fairlead-pod-networks');

export interface PodNetwork {
  /** `10.N`. */
  prefix: string;
  /** Of the node. */
  host: string;
  end: () => Promise<void>;
}

/**
 * One that nobody has: the kernel refuses an address that is there already, so two clusters never share one. Needs root,
 * or a network namespace of one's own (`npm run test:kubernetes` makes one).
 */
export async function claimPodNetwork(): Promise<PodNetwork> {
  mkdirSync(CLAIMS, { recursive: true });
  for (let second = FIRST; second <= LAST; second += 1) {
    const prefix = `10.${second}`;
    const host = `${prefix}.0.1`;
    const claim = join(CLAIMS, prefix);
    if (isLeft(claim)) await address('del', host).catch(() => undefined);
    if (!(await isMade(host))) continue;
    writeFileSync(claim, String(process.pid));
    const end = async (): Promise<void> => {
      await address('del', host).catch(() => undefined);
      rmSync(claim, { force: true });
    };
    return { prefix, host, end };
  }
  throw new Error(
    `every network from 10.${FIRST} to 10.${LAST} is on the loopback already; ip address show dev lo names them, ip address del frees one that was left`,
  );
}

/** False where somebody has it. */
async function isMade(host: string): Promise<boolean> {
  try {
    await address('add', host);
    return true;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (/File exists|already assigned/.test(said)) return false;
    throw new Error(
      `a network for pods could not be made: ${said.trim()}; it takes root, or npm run test:kubernetes, which makes a network namespace of its own`,
      { cause: error },
    );
  }
}

function address(verb: 'add' | 'del', host: string): Promise<unknown> {
  return run('ip', ['address', verb, `${host}/16`, 'dev', 'lo']);
}

function isLeft(claim: string): boolean {
  try {
    return startTimeOf(Number(readFileSync(claim, 'utf8'))) === undefined;
  } catch {
    return false;
  }
}
