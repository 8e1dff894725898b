// Takes a backup: what earlier attempts left is removed before, and what none of them needs after.
import { anomalies } from '../../domain/backup/anomaly.ts';
import { summaryOf, type BackupSummary, type CompleteBackup } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import { countOf, sizeOf } from '../../domain/text/amounts.ts';
import type { ServiceTarget } from '../../domain/rollout/service-target.ts';
import type { BackupRemovalPort, DatastoreRef } from '../../ports/backups.ts';
import type { Call } from '../call.ts';
import type { Platforms } from '../platforms.ts';
import { counting, type DataPorts } from './backups.ts';
import { servedNow } from './served.ts';

const MOST_DUMPS = 5;
/** For what a backup leaves that was cancelled. */
const CANCELLED_MS = 5_000;

/** Takes the backup, reads it back from the store, and says what is odd about it beside those before it. */
export async function takeBackup(
  {
    services = [],
    ...input
  }: { store: DatastoreRef; id: string; systemDigest: string; services?: ServiceTarget[] },
  call: Call,
  { backups, removal, clock, platforms }: DataPorts & { platforms?: Platforms },
): Promise<{ summary: BackupSummary; odd: string[]; detail: string; remarks?: string[] }> {
  const { store, id } = input;
  await call.token();
  const before = await removeLeft(removal, id, call.signal);
  await backups
    .backup(
      { ...input, ...(await servedNow(services, platforms, call)), owner: call.run },
      counting(call, clock),
    )
    .catch(async (error: unknown) => {
      // Whose time was up may have a successor already, whose work is not to be given up.
      if (!call.signal.aborted) await removeLeft(removal, id, call.signal);
      else if (call.givenUp()) await removeLeft(removal, id, AbortSignal.timeout(CANCELLED_MS));
      throw bounded(error, call.attempt);
    });
  const after = await removeLeft(removal, id, call.signal);
  const entries = await backups.list(store, call);
  const entry = entries.find((one) => one.id === id);
  if (entry?.state !== 'complete') {
    const found = entry === undefined ? 'nothing' : `an entry that is ${entry.state}`;
    throw new Failure('Broken', `${id} was written, and the store has ${found} under its name`);
  }
  const odd = anomalies(entries, clock.now()).find((one) => one.id === id)?.reasons ?? [];
  const summary = summaryOf(entry);
  const { notDumped = [] } = entry.manifest.contents;
  const left = notDumped.length === 0 ? '' : `; not in the backup: ${notDumped.join(', ')}`;
  const detail = `${describe(summary)}${takenOver(entry)}${left}${removedWords(before, after)}`;
  const { remarks } = entry.manifest;
  return { summary, odd, detail, ...(remarks !== undefined && { remarks }) };
}

interface Left {
  objects: number;
  bytes: number;
  /** Why it could not be removed; no reason to have no backup. */
  problem?: string;
}

async function removeLeft(
  removal: BackupRemovalPort,
  id: string,
  signal: AbortSignal,
): Promise<Left> {
  try {
    // What was removed is no progress of the backup.
    return await removal.removeLeft(id, { signal, beat: () => undefined });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return { objects: 0, bytes: 0, problem: error.message };
  }
}

function removedWords(...lefts: Left[]): string {
  const bytes = lefts.reduce((sum, left) => sum + left.bytes, 0);
  const problem = lefts.find((left) => left.problem !== undefined)?.problem;
  const said = problem === undefined ? '' : `; what attempts before left stays: ${problem}`;
  return bytes === 0 ? said : `; removed ${sizeOf(bytes)} that attempts before left${said}`;
}

/** A dump that is cut off in the middle is taken anew, and not for ever: each time is all of the work. */
function bounded(error: unknown, attempt: number): unknown {
  if (!(error instanceof Failure) || !error.retryable) return error;
  if (!isRecord(error.details) || error.details['begun'] !== true) return error;
  const tries = `attempt ${attempt} of at most ${MOST_DUMPS}`;
  if (attempt < MOST_DUMPS) return new Failure(error.kind, `${error.message} (${tries})`);
  const message = `${error.message} (${tries}; each ended before it was done: look at the log of the server for why)`;
  return new Failure('NotReady', message);
}

function describe({ parts, rows, bytes, recoveryPoint, encrypted }: BackupSummary): string {
  const { notBefore, notAfter } = recoveryPoint;
  const how = encrypted ? ', encrypted' : '';
  return `${countOf(parts, 'part')}, ${countOf(rows, 'row')}, ${sizeOf(bytes)}${how}; recovery point ${notBefore} to ${notAfter}`;
}

/** What attempts before the last one had stored already. */
function takenOver({ manifest }: CompleteBackup): string {
  if (manifest.artefact === 'external') return '';
  const { objects } = manifest;
  const earlier = objects.filter(({ attempt }) => attempt !== undefined).length;
  return earlier === 0
    ? ''
    : `; ${earlier} of ${countOf(objects.length, 'object')} are of an attempt before`;
}
