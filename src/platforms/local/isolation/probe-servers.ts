// Looks from the servers of copies whether the live places of what they are copies of can be reached: a copy holds what
// others wrote, and its server may do what that says. Used by the adapter before copies are mounted.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TargetMount } from '../../../ports/isolation.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import { Failure } from '../../../domain/failure.ts';
import { ownProgram } from '../../../machine/own-modules.ts';
import { placeOf } from './live-places.ts';
import { looksSchema, type Look, type ProbedPlace } from './protocol.ts';

const run = promisify(execFile);
const WITHIN_MS = 30_000;

/** Answers a sentence, empty where no copy says which its server is. Throws CheckFailed for a place that was reached. */
export async function probeServers(
  mounts: readonly TargetMount[],
  { signal }: Waiting,
): Promise<string> {
  const live = mounts.map(({ place }) => place).filter(({ kind }) => kind === 'address');
  const places = await Promise.all(live.map(placeOf));
  const asked: string[] = [];
  for (const { place, copy } of mounts) {
    if (copy.kind !== 'address' || copy.server === undefined) continue;
    const looks = await looksFrom(copy.server, places, signal);
    const leak = looks.findIndex(({ reach }) => reach === 'reached');
    if (leak >= 0) {
      const message = `the server of the copy of ${place.datastore} reaches the live ${live[leak]?.datastore ?? '?'}: nothing was mounted`;
      throw new Failure('CheckFailed', message);
    }
    asked.push(place.datastore);
  }
  if (asked.length === 0) return '';
  return `from the servers of the copies of ${asked.join(', ')} no live place is reached`;
}

async function looksFrom(
  pid: number,
  places: readonly ProbedPlace[],
  signal: AbortSignal,
): Promise<Look[]> {
  const network = `--net=/proc/${pid}/ns/net`;
  // Root enters a network as it is; others have a say only in the user namespace that it belongs to.
  const enter =
    process.getuid?.() === 0
      ? [network]
      : [`--user=/proc/${pid}/ns/user`, '--preserve-credentials', network];
  const look = [...ownProgram('platforms/local/isolation/look'), JSON.stringify(places)];
  try {
    const { stdout } = await run('nsenter', [...enter, '--', process.execPath, ...look], {
      ...{ signal, timeout: WITHIN_MS, env: { PATH: process.env['PATH'] } },
    });
    return looksOf(places, stdout);
  } catch (error) {
    signal.throwIfAborted();
    throw new Failure('Unavailable', `looking from the server of a copy: ${String(error)}`);
  }
}

/** A place that nothing was said of was not tried. */
export function looksOf(places: readonly ProbedPlace[], printed: string): Look[] {
  const looks = looksSchema.parse(JSON.parse(printed));
  if (looks.length === places.length) return looks;
  throw new Error(`it looked at ${looks.length} of ${places.length} places`);
}
