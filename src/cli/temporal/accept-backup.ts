// `fairlead backups accept BACKUP --reason R`: runs the workflow acceptBackup and says what was odd.
import { randomUUID } from 'node:crypto';
import { isRecord, isText, textAt } from '../../domain/json.ts';
import type { BackupList } from '../../domain/backup/backup-list.ts';
import { commandText } from '../../domain/text/command-text.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { askBackups } from './ask-backups.ts';
import { withTemporal } from './connect.ts';
import { runForAnswer } from './run-for-answer.ts';
import { EXIT, ExitError } from '../exit.ts';
import { actorName } from '../identity.ts';
import { namedBackup } from '../ids.ts';
import { printJson, printText } from '../output/print.ts';

export interface AcceptOptions {
  as?: string;
  json?: boolean;
  reason?: string;
}

export async function acceptBackup(text: string, options: AcceptOptions): Promise<void> {
  const { system, backup } = namedBackup(text);
  const { reason } = options;
  if (reason === undefined || reason.trim() === '') {
    const why = 'whoever restores it later wants to know why it is fine';
    throw new ExitError(EXIT.badInput, `backups accept needs --reason: ${why}`);
  }
  const requestedBy = actorName(options.as);
  const answer = await withTemporal(requestedBy, async (temporal) => {
    refuseUnknown(backup, await askBackups(temporal, system));
    return runForAnswer(temporal, 'acceptBackup', `accept/${backup}/${randomUUID()}`, {
      ...{ backup, reason, requestedBy },
    });
  });
  if (options.json === true) printJson(answer);
  else printText(line(answer));
}

/** Throws ExitError (2) for a backup that the catalogue does not have; of those that it left out the worker says it. */
function refuseUnknown(id: string, { system, backups, omitted }: BackupList): void {
  const known = backups.map((one) => one.id);
  if (known.includes(id) || omitted > 0) return;
  const lists = commandText('backups', system);
  throw new ExitError(
    EXIT.badInput,
    `there is no backup ${id}${didYouMean(id, known)}; "${lists}" lists them`,
  );
}

function line(answer: unknown): string {
  const [backup = '', at = '', by = ''] = ['backup', 'acceptedAt', 'by'].map((field) =>
    textAt(answer, field),
  );
  const odd = isRecord(answer) && Array.isArray(answer['odd']) ? answer['odd'].filter(isText) : [];
  if (odd.length === 0) return `${backup} was accepted before, by ${by} at ${at}`;
  return [`${backup} is accepted by ${by}; it was odd:`, ...odd.map((one) => `  ${one}`)].join(
    '\n',
  );
}
