// Figures as people read them: a table for the terminal, cells for docs/performance.md.
import type { Figure } from './figure.ts';
import type { Run } from './results.ts';

export function tableOf(runs: readonly Run[]): string {
  const rows = [
    ['measurement', 'figure', 'median', 'min', 'q1', 'q3', 'max', 'values', 'aim', ''],
    ...runs.flatMap(({ name, figures, missing, failed }) =>
      figures.length > 0
        ? figures.map((one) => rowOf(name, one))
        : [[name, missing === undefined ? `FAILED: ${firstLine(failed)}` : `LEFT OUT: ${missing}`]],
    ),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row.length > 2 ? (row[column] ?? '').length : 0))),
  );
  const lines = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(row.length > 2 ? (widths[column] ?? 0) : 0)).join('  '),
  );
  const notes = runs.flatMap(({ figures }) =>
    figures.flatMap(({ name, notes: more }) => more.map((note) => `  ${name}: ${note}`)),
  );
  return [...lines, ...notes].map((line) => line.trimEnd()).join('\n');
}

function rowOf(name: string, one: Figure): string[] {
  const { min, q1, q3, max } = one.spread;
  return [
    name,
    one.name,
    `${shown(one.median)} ${one.unit}`,
    ...[min, q1, q3, max].map(shown),
    String(one.values.length),
    aimOf(one),
    metOf(one),
  ];
}

export function shown(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

export function aimOf({ target, unit }: Figure): string {
  if (target === undefined) return '';
  const which = target.of === 'max' ? ' (all)' : '';
  return `≤ ${shown(target.atMost)}${unit === 'ratio' ? '' : ` ${unit}`}${which}`;
}

export function metOf({ met }: Figure): string {
  if (met === undefined) return '';
  return met ? 'met' : 'MISSED';
}

function firstLine(text = ''): string {
  return text.split('\n')[0] ?? '';
}
