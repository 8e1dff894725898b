// The redactor: looks up the secrets that systems refer to, remembers their values, and takes them out of
// whatever is recorded or shown. Values never leave this file but as `[redacted]`.
import type { Redactor } from '../ports/redactor.ts';
import { Failure } from '../domain/failure.ts';
import { changeText } from '../domain/text/free-text.ts';
import type { SecretSource } from '../domain/loaded-system.ts';
import { secretValue, type SecretSources } from './secret-value.ts';

/** Shorter ones would take ordinary words apart; docs/limits.md says so. */
const SHORTEST = 4;
const SHORTEST_PART = 8;
const MARK = '[redacted]';

export function createRedactor(sources: SecretSources): Redactor {
  const forms = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    redact: (value, names = []) => {
      if (pattern === undefined) return value;
      const secret = pattern;
      return changeText(value, (text) => redacted(text, secret, names));
    },
    learn: async (loaded) => {
      const { values, missing } = await lookUp(loaded, sources);
      const before = forms.size;
      for (const value of values) for (const form of formsOf(value)) forms.add(form);
      if (forms.size > before) pattern = patternOf(forms);
      if (missing.length > 0) {
        throw new Failure(
          'BadInput',
          `secrets of ${loaded.name} are not there: ${missing.join('; ')}`,
        );
      }
    },
  };
}

/** Takes values out of texts that are on their way to people. */
export function hiding(values: readonly string[]): (text: string) => string {
  const pattern = patternOf(new Set(values.flatMap(formsOf)));
  return (text) => (pattern === undefined ? text : redacted(text, pattern, []));
}

interface Lookup {
  values: string[];
  missing: string[];
}

/** Everything that is there, and a sentence for everything that has to be and is not. */
async function lookUp(source: SecretSource, sources: SecretSources): Promise<Lookup> {
  const found: Lookup = { values: [], missing: [] };
  for (const { where, reference, optional } of source.references) {
    const value = await secretValue(reference, source.directory, sources);
    if ('secret' in value) found.values.push(value.secret);
    else if (optional !== true) found.missing.push(`${where} refers to ${value.problem}`);
  }
  return found;
}

/** How a value may come along in output: as it is, escaped, encoded, or one line of it. */
function formsOf(value: string): string[] {
  const whole = [value, value.trim()].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8')),
    new URLSearchParams({ v: text }).toString().slice(2),
  ]);
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return [
    ...whole.filter((form) => form.length >= SHORTEST),
    ...(value.length >= SHORTEST ? base64Forms(value) : []),
    ...lines.filter((line) => line.length >= SHORTEST_PART),
  ];
}

/** Whole, and as it looks inside a longer text (`user:secret`), where it starts at one of three offsets. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const inside = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const first = Math.ceil((offset * 8) / 6);
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    return encoded.slice(first, whole);
  });
  const all = [
    bytes.toString('base64').replace(/=+$/, ''),
    ...inside.filter((part) => part.length >= SHORTEST_PART),
  ];
  return all.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** Longest first: a secret that is the start of another must not leave the other's end behind. */
function patternOf(forms: ReadonlySet<string>): RegExp | undefined {
  if (forms.size === 0) return undefined;
  const sorted = [...forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return new RegExp(
    sorted.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'),
    'g',
  );
}

function redacted(text: string, pattern: RegExp, names: readonly string[]): string {
  return text.replaceAll(pattern, (found: string, at: number) =>
    names.some((name) => isInside(name, found, at, text)) ? found : MARK,
  );
}

/** Is what was found at `at` only a part of `name`, which stands there whole? */
function isInside(name: string, found: string, at: number, text: string): boolean {
  for (let part = name.indexOf(found); part >= 0; part = name.indexOf(found, part + 1)) {
    if (part <= at && text.startsWith(name, at - part)) return true;
  }
  return false;
}
