// `name{label="value",other=~"regex"}` as in PromQL: which samples a metric of an analysis is about.
import { Failure } from './failure.ts';
import type { Sample } from './prometheus-text.ts';

export interface Matcher {
  label: string;
  /** A label that is absent is matched as the empty string, as in PromQL. */
  accepts: (value: string) => boolean;
}

export interface Selector {
  name: string;
  matchers: Matcher[];
}

const SHAPE = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\})?\s*$/s;
const MATCHER =
  /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(?:,\s*|$)/s;
/** Look-around, back references and POSIX classes: JavaScript and PromQL do not agree on them. */
const FOREIGN = /\(\?<?[=!]|\\[1-9k]|\[\[:/;

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
  return { name, matchers };
}

export function matches(selector: Selector, sample: Sample): boolean {
  if (sample.name !== selector.name) return false;
  return selector.matchers.every(({ label, accepts }) =>
    accepts(Object.hasOwn(sample.labels, label) ? (sample.labels[label] ?? '') : ''),
  );
}

/** The same selector, for samples that carry these labels too. */
export function withLabels(selector: Selector, labels: Record<string, string>): Selector {
  const added = Object.entries(labels).map(([label, wanted]) => ({
    label,
    accepts: (value: string) => value === wanted,
  }));
  return { name: selector.name, matchers: [...selector.matchers, ...added] };
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
