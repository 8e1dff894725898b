// Manifests of backups in memory.
import type { BackupManifest, Contents, RecoveryPoint } from '../../../src/domain/backup/backup.ts';
import { parseBackupId } from '../../../src/domain/backup/backup-id.ts';
import { Failure } from '../../../src/domain/failure.ts';

export function manifestOf(
  id: string,
  contents: Contents,
  { systemDigest = 'd', skewMs = 0, at = Date.now() } = {},
): BackupManifest {
  const name = parseBackupId(id);
  if (name === undefined) throw new Failure('BadInput', `${id} is no backup's name`);
  const plain = { size: 1000, sha256: '0'.repeat(64) };
  const time = new Date(at).toISOString();
  return {
    schema: 'fairlead/backup/v1',
    ...{ id, system: name.system, datastore: name.datastore, kind: 'files', source: 'data' },
    artefact: 'streamed',
    ...{ systemDigest, attempt: 'attempt', startedAt: time, endedAt: time },
    recoveryPoint: pointAt(at, skewMs),
    tools: {},
    encryption: null,
    compression: 'none',
    objects: [{ name: 'dump', ...plain, plain }],
    contents,
  };
}

export function pointAt(at: number, skewMs: number): RecoveryPoint {
  const time = new Date(at).toISOString();
  return { notBefore: time, notAfter: time, clock: 'datastore', skewMs };
}
