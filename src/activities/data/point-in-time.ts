// Measures how old a copy is by what it holds itself: heartbeats and the business watermark. The workflow asks for
// it where the system file has either, or where there is no manifest to go by.
import type { Asked } from '../../domain/backup/judge-invariants.ts';
import type { RungResult } from '../../domain/backup/ladder.ts';
import { judgeMeasuredPoint } from '../../domain/backup/measured-point.ts';
import { answerTo, complete } from './backups.ts';
import type { Call } from '../call.ts';
import type { HeartbeatPort } from '../../ports/heartbeats.ts';
import type { BackupsPort, CopyRef } from '../../ports/backups.ts';
import type { NamedFilesPort } from '../../ports/named-files.ts';

export interface MeasureInput {
  target: CopyRef;
  /** What the copy was made from: a backup's name, or a named file. */
  of: { backup: string } | { file: string };
  /** ms; without it the end of the backup, or when the file was written last. */
  wantedAt?: number;
}

export interface PointPorts {
  backups: BackupsPort;
  heartbeats: HeartbeatPort;
  namedFiles: NamedFilesPort;
}

export async function measurePoint(
  { target, of, wantedAt }: MeasureInput,
  call: Call,
  ports: PointPorts,
): Promise<RungResult> {
  const { store } = target;
  const measured = {
    heartbeat: await ports.heartbeats.newest(target, call),
    watermark: await watermarkOf(target, call, ports),
  };
  const rpoMs = store.settings.backup.rpo;
  if ('file' in of) {
    const file = { store, file: of.file };
    const at = wantedAt ?? (await ports.namedFiles.writtenAt(file, call));
    return judgeMeasuredPoint(undefined, measured, { wantedAt: at, rpoMs });
  }
  const { manifest } = await complete(ports.backups, of.backup, call);
  const at = wantedAt ?? Date.parse(manifest.endedAt);
  return judgeMeasuredPoint(manifest, measured, { wantedAt: at, rpoMs });
}

/** What the copy answers is judged; that it cannot be asked for now is nobody's verdict, and is tried again. */
async function watermarkOf(
  target: CopyRef,
  call: Call,
  { backups }: PointPorts,
): Promise<Asked | null> {
  const query = target.store.settings.recoveryPoint?.watermark?.query;
  if (query === undefined) return null;
  return answerTo(backups.ask({ target, query }, call));
}
