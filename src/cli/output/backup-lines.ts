// The catalogue of backups as lines for people. Pure. A row of a state that a later version has is shown by its name.
import { pointWords } from '../../domain/backup/backup.ts';
import type {
  BackupList,
  BackupRow,
  QuarantineRow,
  ServiceRow,
} from '../../domain/backup/backup-list.ts';
import { span } from '../../domain/text/markdown.ts';
import { columns } from './print.ts';
import { countOf, numberOf, sizeOf } from '../../domain/text/amounts.ts';

type Complete = Extract<BackupRow, { state: 'complete' }>;

const SERVICE_HEAD = [
  ...['  BACKUP', 'WHERE', 'STATE', 'AGE', 'SIZE', 'DOCUMENTS', 'RECOVERY POINT', 'KEPT UNTIL'],
];
const HEAD = ['BACKUP', 'AGE', 'SIZE', 'ROWS', 'RECOVERY POINT', 'VERIFIED', 'NOTES'];

export function backupLines(
  { system, backups, omitted, quarantined = [], service = [] }: BackupList,
  now: number,
): string[] {
  const made = service.flatMap((row) => serviceLines(row, now));
  const kept = [...quarantined.map(keptLine), ...made];
  if (backups.length === 0) {
    return [...kept, `${system} has no backups; take one with "fairlead backup ${system}"`];
  }
  const more = omitted === 0 ? [] : [`${omitted} older ones are not shown`];
  const odd = backups.flatMap((row) => [...remarks(row)]);
  return [...columns([HEAD, ...backups.map((row) => cells(row, now))]), ...odd, ...more, ...kept];
}

/** What was live before an exchange. */
function keptLine({ datastore, name, since, until, operation }: QuarantineRow): string {
  const by = operation === undefined ? '' : ` by ${operation}`;
  return `kept: ${name} of ${datastore}, out of use since ${since}${by}; removed after ${until}`;
}

/** Backups that the datastore's own service makes, and whether they hold the RPO. */
function serviceLines(row: ServiceRow, now: number): string[] {
  const title = `made by the own service of ${row.datastore}:`;
  if ('problem' in row) return ['', title, `  inconclusive: ${row.problem}`];
  const { backups, findings } = row;
  const rows = backups.map(({ id, location, state, at, bytes, documents, expires }) => [
    ...[`  backup:${id}`, location, state, at === null ? '?' : span(now - Date.parse(at))],
    ...[bytes === null ? '?' : sizeOf(bytes), documents === null ? '?' : numberOf(documents)],
    ...[at ?? '?', expires ?? '?'],
  ]);
  const table = rows.length === 0 ? ['  no backup'] : columns([SERVICE_HEAD, ...rows]);
  return ['', title, ...table, ...findings.map(({ verdict, text }) => `  ${verdict}: ${text}`)];
}

function cells(row: BackupRow, now: number): string[] {
  if (row.state !== 'complete') return [row.id, '', '', '', '', '', row.state];
  const { id, endedAt, bytes, rows, recoveryPoint, verifiedAt } = row;
  return [
    id,
    span(now - Date.parse(endedAt)),
    sizeOf(bytes),
    numberOf(rows),
    pointWords(recoveryPoint),
    verifiedAt ?? 'never',
    noteOf(row),
  ];
}

function noteOf(row: Complete): string {
  const { flagged, failed, acceptedAt, encrypted, default: chosen } = row;
  const notes = [
    ...(chosen ? ['default'] : []),
    ...(failed === null ? [] : ['bad']),
    ...(flagged.length > 0 ? ['odd'] : []),
    ...(acceptedAt === null ? [] : ['accepted']),
    ...(encrypted ? ['encrypted'] : []),
    ...(row.signedBy === null ? ['not signed'] : []),
    ...((row.unsignedMarks ?? 0) > 0 ? ['marks not signed'] : []),
  ];
  return notes.join(', ');
}

/** What a person can do with an odd backup: another clock's time is no order, whoever accepts it. */
function wayWith({ id, flagged, misdated }: BackupRow & { state: 'complete' }): string[] {
  if (flagged.length > (misdated === true ? 1 : 0)) {
    return [`    fine all the same? fairlead backups accept ${id} --reason WHY`];
  }
  return misdated === true ? ['    it is taken only where it is named: --backup'] : [];
}

function remarks(row: BackupRow): string[] {
  switch (row.state) {
    case 'complete':
      return [
        ...(row.failed === null ? [] : [badLine(row.id, row.failed)]),
        ...row.flagged.map((reason) => `  odd: ${row.id}: ${reason}`),
        ...wayWith(row),
      ];
    case 'incomplete':
      return [
        `  incomplete: ${row.id}: ${countOf(row.objects, 'object')} without a manifest; cut off, or still being made`,
      ];
    case 'unreadable':
      return [`  unreadable: ${row.id}: ${row.problem}`];
    default:
      return [];
  }
}

function badLine(id: string, { at, by, reason }: NonNullable<Complete['failed']>): string {
  return `  bad: ${id}: ${by} found so at ${at}: ${reason}`;
}
