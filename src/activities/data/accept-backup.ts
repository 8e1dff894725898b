// A person takes an odd backup as the new normal: from then on it is chosen by default, and what comes after is compared
// with it. A mark beside the manifest says who, when and why.
import { anomalies, ofAnotherClock } from '../../domain/backup/anomaly.ts';
import type { CatalogueEntry } from '../../domain/backup/backup.ts';
import { parseBackupId } from '../../domain/backup/backup-id.ts';
import type { AcceptRequest } from '../../domain/operation/accept-request.ts';
import { Failure } from '../../domain/failure.ts';
import { secretSource } from '../../domain/loaded-system.ts';
import type { Call } from '../call.ts';
import type { BackupsPort } from '../../ports/backups.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import { redactionOf } from '../redaction.ts';

export interface AcceptInput extends AcceptRequest {
  /** ISO 8601; names the mark, so that another try puts the same one. */
  at: string;
}

export interface AcceptedBackup {
  backup: string;
  acceptedAt: string;
  by: string;
  /** What was odd about it; empty when somebody had accepted it before. */
  odd: string[];
}

/** Throws NotFound, Refused for one that is not odd; accepted twice is fine. */
export async function acceptBackup(
  { backup, reason, requestedBy, at }: AcceptInput,
  call: Call,
  ports: { backups: BackupsPort; systems: SystemsPort; redactor: Redactor },
): Promise<AcceptedBackup> {
  const { backups, systems, redactor } = ports;
  const name = parseBackupId(backup);
  if (name === undefined) throw new Failure('Broken', `accepting ${backup}`);
  const loaded = await systems.load(name.system);
  const names = [name.system, name.datastore, requestedBy];
  const shown = await redactionOf(redactor, secretSource(loaded), names);
  const entry = await backups.read(backup, call);
  if (entry.state !== 'complete') {
    throw new Failure('Refused', `${backup} is ${entry.state}: only a complete backup is accepted`);
  }
  const before = entry.marks.find(({ kind }) => kind === 'accepted');
  if (before !== undefined) return { backup, acceptedAt: before.at, by: before.by, odd: [] };
  const odd = oddIn(await backups.list(name, call), backup, Date.parse(at));
  const schema = 'fairlead/backup-mark/v1';
  const mark = { schema, kind: 'accepted', at, by: requestedBy, reason: shown(reason) } as const;
  await backups.mark(backup, mark, call);
  const { marks } = await completeAgain(backups, backup, call);
  if (!marks.some(({ kind }) => kind === 'accepted')) {
    throw new Failure('Broken', `${backup} was accepted, and the mark is not there`);
  }
  return { backup, acceptedAt: at, by: requestedBy, odd };
}

async function completeAgain(backups: BackupsPort, id: string, call: Call) {
  const entry = await backups.read(id, call);
  if (entry.state === 'complete') return entry;
  throw new Failure('Unavailable', `${id} is ${entry.state}, and was complete a moment ago`);
}

/** What is odd about a backup. Throws Refused where nothing is, and where only its time is: that is another clock's whoever accepts it. */
function oddIn(entries: readonly CatalogueEntry[], backup: string, now: number): string[] {
  const odd = anomalies(entries, now).find(({ id }) => id === backup)?.reasons ?? [];
  if (odd.length > 0) return odd;
  const clock = ofAnotherClock(entries, now).get(backup);
  const why =
    clock === undefined
      ? `nothing is odd about ${backup}: it needs nobody to accept it`
      : `accepting ${backup}: ${clock} Nobody can accept a time; to take this backup all the same, name it (--backup ${backup})`;
  throw new Failure('Refused', why);
}
