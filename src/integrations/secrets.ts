// The redactor: looks up the secrets that systems refer to, remembers their values, and takes them out of
// whatever is recorded or shown. Values never leave this file but as `[redacted]`.
import type { Setting } from '../config/system.ts';
import type { Redactor } from '../activities/ports.ts';
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { secretValue, type SecretSources } from './secret-value.ts';

/** Shorter ones would take ordinary words apart; docs/limits.md says so. */
const SHORTEST = 4;
const SHORTEST_PART = 8;
const MARK = '[redacted]';

export function createRedactor(sources: SecretSources): Redactor {
  const forms = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    redact: (value) => (pattern === undefined ? value : redacted(value, pattern)),
    learn: async (loaded) => {
      const { values, missing } = await lookUp(loaded, sources);
      for (const value of values) for (const form of formsOf(value)) forms.add(form);
      pattern = patternOf(forms);
      if (missing.length > 0) {
        throw new Failure(
          'BadInput',
          `secrets of ${loaded.name} are not there: ${missing.join('; ')}`,
        );
      }
    },
  };
}

interface Lookup {
  values: string[];
  missing: string[];
}

/** Everything that is there, and a sentence for everything that is not. */
async function lookUp(loaded: LoadedSystem, sources: SecretSources): Promise<Lookup> {
  const found: Lookup = { values: [], missing: [] };
  for (const [where, setting] of settingsOf(loaded)) {
    if (typeof setting !== 'object') continue;
    const value = await secretValue(setting, loaded.directory, sources);
    if ('problem' in value) found.missing.push(`${where} refers to ${value.problem}`);
    else found.values.push(value.secret);
  }
  return found;
}

/** Every setting of a system that may be a reference, with its path. */
function settingsOf({ system }: LoadedSystem): [where: string, setting: Setting][] {
  const services = Object.entries(system.services).flatMap(([name, { configuration }]) =>
    Object.entries(configuration).map(([key, setting]): [string, Setting] => [
      `services.${name}.configuration.${key}`,
      setting,
    ]),
  );
  const analyses = Object.entries(system.analyses).flatMap(([name, analysis]) => [
    ...Object.entries(analysis.headers ?? {}).map(([key, setting]): [string, Setting] => [
      `analyses.${name}.headers.${key}`,
      setting,
    ]),
    ...(analysis.bearerToken === undefined ? [] : [tokenOf(name, analysis.bearerToken)]),
  ]);
  return [...services, ...analyses];
}

function tokenOf(analysis: string, setting: Setting): [string, Setting] {
  return [`analyses.${analysis}.bearerToken`, setting];
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

function redacted<T>(value: T, pattern: RegExp): T {
  // The same shape comes back, with other strings: the type checker cannot know.
  return walk(value, pattern) as T;
}

function walk(value: unknown, pattern: RegExp): unknown {
  if (typeof value === 'string') return value.replaceAll(pattern, MARK);
  if (Array.isArray(value)) return value.map((item: unknown) => walk(item, pattern));
  if (typeof value !== 'object' || value === null) return value;
  const entries = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) {
    entries.set(freeKey(key.replaceAll(pattern, MARK), entries), walk(item, pattern));
  }
  return Object.fromEntries(entries);
}

/** Two keys that look the same now are both kept. */
function freeKey(key: string, taken: ReadonlyMap<string, unknown>): string {
  let free = key;
  for (let count = 2; taken.has(free); count += 1) free = `${key} ${count}`;
  return free;
}
