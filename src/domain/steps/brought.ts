// What a look brought into the record: bounded, and in the form that a terminal or a page shows best. Pure.
import { isRecord, parsedJson } from '../json.ts';

/** What a look brought. `text`: as it came, without colours; `table`: JSON rows, or those of a query; `link`: a page that one opens. */
export type Brought = { name: string; asked: string; said: string; cut?: string } & (
  | { form: 'text'; text: string }
  | { form: 'table'; columns: string[]; rows: string[][] }
  | { form: 'link'; url: string }
);

/** What came back, before it is bounded. */
export interface CameBack {
  /** What it is called in its step. */
  name: string;
  /** What was started, fetched or asked, in a line. */
  asked: string;
  /** How that went, as a sentence. */
  said: string;
}

const MOST_CHARACTERS = 4_000;
const MOST_ROWS = 50;
const MOST_COLUMNS = 12;
const LONGEST_CELL = 200;

/** Of a long text the end is kept, where a program says what came of it. `more`: it is the end of a longer one already. */
export function broughtText(back: CameBack, whole: string, more = false): Brought {
  const rows = more ? undefined : rowsIn(whole);
  if (rows !== undefined) return broughtTable(back, rows);
  const text = withoutControls(whole).trimEnd();
  const kept = text.slice(-MOST_CHARACTERS);
  const cut = text.length - kept.length;
  return {
    ...back,
    ...((cut > 0 || more) && {
      cut: `the last ${kept.length} of ${more ? 'more than ' : ''}${text.length} characters`,
    }),
    form: 'text',
    text: kept,
  };
}

export function broughtLink(back: CameBack, url: string): Brought {
  return { ...back, form: 'link', url };
}

/** Rows by the names of their columns. `of`: how many there are, where not all were read. */
export function broughtTable(
  back: CameBack,
  { columns, rows, more = false }: { columns: string[]; rows: unknown[][]; more?: boolean },
): Brought {
  const shown = rows.slice(0, MOST_ROWS).map((row) => row.slice(0, MOST_COLUMNS).map(cellOf));
  const isCut = more || rows.length > MOST_ROWS || columns.length > MOST_COLUMNS;
  return {
    ...back,
    ...(isCut && {
      cut: `the first ${shown.length} rows, of ${Math.min(columns.length, MOST_COLUMNS)} of ${columns.length} columns`,
    }),
    form: 'table',
    columns: columns.slice(0, MOST_COLUMNS),
    rows: shown,
  };
}

/** A list of JSON objects, or JSON objects a line each; undefined for anything else. */
function rowsIn(text: string): { columns: string[]; rows: unknown[][] } | undefined {
  const whole = parsedJson(text);
  const lines = text.trim().split('\n');
  const items: unknown =
    Array.isArray(whole) || lines.length < 2 ? whole : lines.map((line) => parsedJson(line));
  if (!Array.isArray(items) || items.length === 0 || !items.every(isRecord)) return undefined;
  const records: Record<string, unknown>[] = items;
  const columns = [...new Set(records.flatMap((one) => Object.keys(one)))];
  return { columns, rows: records.map((one) => columns.map((column) => one[column])) };
}

function cellOf(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : plainOf(value);
  const line = withoutControls(text).replaceAll(/\s+/g, ' ');
  return line.length > LONGEST_CELL ? `${line.slice(0, LONGEST_CELL)}…` : line;
}

function plainOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

// eslint-disable-next-line no-control-regex -- what terminals obey is to be taken out
const TERMINAL = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Without what would colour a terminal, move its cursor or worse. */
function withoutControls(text: string): string {
  return text
    .replaceAll(TERMINAL, '')
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '');
}
