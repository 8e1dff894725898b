// Asks a worker for the catalogue of a system, and what exchanges kept of it.
import type { BackupList } from '../../domain/backup/backup-list.ts';
import { EXIT, ExitError } from '../exit.ts';
import { isBackupList } from './answers.ts';
import type { Temporal } from './connect.ts';
import { inspect } from './inspect.ts';

export async function askBackups(temporal: Temporal, system: string): Promise<BackupList> {
  const answer = await inspect(temporal, { system, backups: true });
  if (isBackupList(answer)) return answer;
  throw new ExitError(
    EXIT.noAnswer,
    `asking for the backups of ${system}: the worker's answer is no catalogue; is it an older version than this command?`,
  );
}
