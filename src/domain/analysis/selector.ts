// `name{label="value",other=~"regex"}` as in PromQL: which samples a metric of an analysis is about.
import { Failure } from '../failure.ts';
import type { Sample } from './prometheus-text.ts';

export interface Matcher {
  label: string;
  /** A label that is absent is matched as the empty string, as in PromQL. */
  accepts: (value: string) => boolean;
}

export interface Selector {
  name: string;
  matchers: Matcher[];
  /** As it was written. */
  text: string;
  /** Labels that a sample has to have as well: those that Fairlead adds. */
  added: Record<string, string>;
  /** What else is known of the samples that are judged. */
  known: Record<string, string>;
}

const SHAPE = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\})?\s*$/s;
const MATCHER =
  /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(?:,\s*|$)/s;
/** Look-around, back references and POSIX classes: JavaScript and PromQL do not agree on them. */
const FOREIGN = /\(\?<?[=!]|\\[1-9k]|\[\[:/;

/** A selector as PromQL with labels added, `suffix` at the end of its name: `errors_bucket{code="5",system="shop"}`. Throws as parseSelector does. */
export function labelled(
  text: string,
  labels: Readonly<Record<string, string>>,
  suffix = '',
): string {
  const { name } = parseSelector(text);
  const written = (SHAPE.exec(text)?.[2] ?? '').trim().replace(/,$/, '');
  const added = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const all = [...(written === '' ? [] : [written]), ...added];
  return all.length === 0 ? `${name}${suffix}` : `${name}${suffix}{${all.join(',')}}`;
}

/** Throws `Failure('BadInput', ...)` that says what may be written. */
export function parseSelector(text: string): Selector {
  const [, name, body = ''] = SHAPE.exec(text) ?? [];
  if (name === undefined) throw bad(text, 'it is not a name with an optional {...} after it');
  const matchers: Matcher[] = [];
  let rest = body.trim();
  while (rest !== '') {
    const [whole, label = '', operator = '', quoted = ''] = MATCHER.exec(rest) ?? [];
    if (whole === undefined) {
      throw bad(text, `${JSON.stringify(rest.slice(0, 60))} is not label="value"`);
    }
    matchers.push({ label, accepts: accepting(text, operator, unescape(text, quoted)) });
    rest = rest.slice(whole.length);
  }
  return { name, matchers, text: text.trim(), added: {}, known: {} };
}

export function matches(
  { name, matchers, added }: Selector,
  { labels, ...sample }: Sample,
): boolean {
  if (sample.name !== name) return false;
  const valueOf = (label: string) => (Object.hasOwn(labels, label) ? (labels[label] ?? '') : '');
  return (
    matchers.every(({ label, accepts }) => accepts(valueOf(label))) &&
    Object.entries(added).every(([label, wanted]) => valueOf(label) === wanted)
  );
}

/** Why a selector can select nothing: it refuses a label of what is judged; undefined when it does not. */
export function refusalIn({ matchers, added, known }: Selector): string | undefined {
  for (const { label, accepts } of matchers) {
    const is = added[label] ?? known[label];
    if (is === undefined || accepts(is)) continue;
    return `it refuses ${label}=${JSON.stringify(is)}, which is what is judged`;
  }
  return undefined;
}

/** A selector narrowed to samples that carry `added` as well, of which `known` is known besides. */
export function withLabels(
  selector: Selector,
  added: Record<string, string>,
  known: Record<string, string> = {},
): Selector {
  return { ...selector, added, known };
}

function accepting(text: string, operator: string, wanted: string): (value: string) => boolean {
  if (operator === '=') return (value) => value === wanted;
  if (operator === '!=') return (value) => value !== wanted;
  const regex = anchored(text, wanted);
  return operator === '=~' ? (value) => regex.test(value) : (value) => !regex.test(value);
}

function anchored(text: string, pattern: string): RegExp {
  if (FOREIGN.test(pattern.replaceAll('\\\\', ''))) {
    throw bad(text, `the regex ${pattern} has look-around, a back reference or a POSIX class`);
  }
  try {
    // Alone first: `a)|(b` would be well-formed only inside the group.
    new RegExp(pattern);
    return new RegExp(`^(?:${pattern})$`, 's');
  } catch {
    throw bad(text, `the regex ${pattern} cannot be read`);
  }
}

function unescape(text: string, quoted: string): string {
  const inner = quoted.slice(1, -1);
  const unknown = /\\([^\\"'n])/.exec(inner.replaceAll('\\\\', ''));
  if (unknown !== null) {
    throw bad(text, `\\${unknown[1] ?? ''} is no escape: a backslash is written \\\\`);
  }
  return inner.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

function bad(text: string, why: string): Failure {
  return new Failure(
    'BadInput',
    `reading the selector ${JSON.stringify(text)}: ${why}. ` +
      'Write name, or name{label="value",other!="value",third=~"regex",fourth!~"regex"}.',
  );
}
