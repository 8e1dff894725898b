// The Prometheus text exposition format, as far as an analysis reads it: samples with their labels, and which metrics the
// source declares. Timestamps and exemplars are passed over: a counter that is not up to date does not grow.
import { Failure } from '../failure.ts';

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** One read of a source of metrics. */
export interface Exposition {
  samples: Sample[];
  /** The metrics that the source says it has (`# HELP`, `# TYPE`), with series or without. */
  declared: ReadonlySet<string>;
}

const DECLARATION = /^[ \t]*#[ \t]+(?:HELP|TYPE)[ \t]+(?:"((?:[^"\\]|\\.)*)"|(\S+))/;
/** What the series of a histogram or of a counter (OpenMetrics) have behind the name that is declared. */
const SUFFIX = /_(?:total|bucket|count|sum)$/;
const NAME = /[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)?(?=[ \t{]|$)[ \t]*/y;
const OPEN = /\{[ \t]*,?[ \t]*/y;
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*|"(?:[^"\\]|\\.)*")[ \t]*/y;
const VALUE = /=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*/y;
const SEPARATOR = /,?[ \t]*/y;
const REST = /[ \t]*(\S+)(?:[ \t]+-?\d+(?:\.\d+)?)?[ \t]*(?:#.*)?$/y;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

const NO_LABELS = { inside: '', labels: {} };

/** Throws `Failure('Broken', ...)` that names the first line that is not in the format. */
export function parsePrometheusText(text: string): Exposition {
  const samples: Sample[] = [];
  const declared = new Set<string>();
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const [, quoted, plain] = DECLARATION.exec(line) ?? [];
    const name = quoted ?? plain;
    if (name !== undefined) declared.add(name);
    else if (!/^[ \t]*(?:#|$)/.test(line)) samples.push(parseLine(new Cursor(line, number)));
  }
  return { samples, declared };
}

/** True when the source declares a metric of this name, or the histogram or counter that it is a part of. */
export function isDeclared(declared: ReadonlySet<string>, name: string): boolean {
  return declared.has(name) || declared.has(name.replace(SUFFIX, ''));
}

/** A series as people write it. */
export function seriesText({ name, labels }: Omit<Sample, 'value'>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/** Reads a line from left to right; `wrong` gets what was expected where it stopped. */
class Cursor {
  at = 0;
  readonly line: string;
  readonly number: number;

  constructor(line: string, number: number) {
    this.line = line;
    this.number = number;
  }

  /** The first group of a pattern that begins here (`''` when it took no part), and goes past it. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.line);
    if (match === null) return undefined;
    this.at += match[0].length;
    return match[1] ?? '';
  }

  get next(): string {
    return this.line.charAt(this.at);
  }

  wrong(why: string): Failure {
    const { line } = this;
    // Whole or not at all: of a secret that was cut, the redactor would not know the rest.
    const shown = line.length > 120 ? `${line.length} characters long` : JSON.stringify(line);
    return new Failure(
      'Broken',
      `reading metrics in the Prometheus text format: line ${this.number} is ${shown}: ${why}`,
    );
  }
}

function parseLine(cursor: Cursor): Sample {
  const before = cursor.take(NAME) ?? '';
  const { inside, labels } = cursor.next === '{' ? parseLabels(cursor) : NO_LABELS;
  const name = before === '' ? inside : before;
  if (name === '') throw cursor.wrong('expected the name of a metric');
  const value = parseNumber(cursor.take(REST) ?? '');
  if (value === undefined) throw cursor.wrong('expected a number, then at most a timestamp');
  return { name, labels, value };
}

/** A name may stand inside the braces, quoted: `{"http.requests",code="200"}`. */
function parseLabels(cursor: Cursor): { inside: string; labels: Record<string, string> } {
  let inside = '';
  const pairs: [string, string][] = [];
  cursor.take(OPEN);
  while (cursor.next !== '}') {
    const label = cursor.take(LABEL);
    if (label === undefined) throw cursor.wrong('expected a label name or }');
    const key = label.startsWith('"') ? unescape(cursor, label.slice(1, -1)) : label;
    if (cursor.next === '=') pairs.push([key, parseValue(cursor, key)]);
    else if (label.startsWith('"') && inside === '') inside = key;
    else throw cursor.wrong(`expected = after label ${key}`);
    if (!/[,}]/.test(cursor.next)) throw cursor.wrong('expected , or } after a label');
    cursor.take(SEPARATOR);
  }
  cursor.at += 1;
  return { inside, labels: Object.fromEntries(pairs) };
}

function parseValue(cursor: Cursor, label: string): string {
  const quoted = cursor.take(VALUE);
  if (quoted === undefined) throw cursor.wrong(`expected a value in double quotes for ${label}`);
  return unescape(cursor, quoted);
}

function unescape(cursor: Cursor, text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(/\\(.)/g, (_, escaped: string) => {
    if (!/[\\"n]/.test(escaped)) throw cursor.wrong(`\\${escaped} is no escape in this format`);
    return escaped === 'n' ? '\n' : escaped;
  });
}

function parseNumber(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return NaN;
  const infinite = INFINITE.exec(text);
  if (infinite === null) return undefined;
  return infinite[1] === '-' ? -Infinity : Infinity;
}
