// What exchanges kept of live data, for people. Pure.
import type { QuarantineRow } from '../../domain/backup/backup-list.ts';
import { sizeOf } from '../../domain/text/amounts.ts';
import { columns } from '../output/print.ts';

const HEAD = ['DATASTORE', 'NAME', 'SIZE', 'SINCE', 'BY', 'KEPT UNTIL'];

export function quarantineLines(system: string, rows: readonly QuarantineRow[]): string[] {
  if (rows.length === 0) return [`nothing is set apart of ${system}`];
  return columns([HEAD, ...rows.map(cells)]);
}

function cells({ datastore, name, bytes, since, operation, until }: QuarantineRow): string[] {
  return [
    datastore,
    name,
    bytes === undefined ? 'not known' : sizeOf(bytes),
    since,
    operation ?? 'not noted',
    until,
  ];
}
