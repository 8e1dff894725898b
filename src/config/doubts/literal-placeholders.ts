// Placeholders in single braces, `{version}`, where nothing is put in for them: they would be taken as they stand.
import type { Path } from '../reading/located.ts';
import { listed } from '../reading/wording.ts';
import type { Remark } from '../remark.ts';

const SINGLE = /(?<!\{)\{([A-Za-z_]\w*)\}(?!\})/g;
/** What is filled in somewhere; other words in braces are a service's own templates. */
const KNOWN = ['version', 'address', 'url'];
/** Of a check. */
const FILLED: ReadonlySet<string> = new Set(['http', 'command', 'contains']);
/** Texts for people, and queries, whose placeholders have two braces. */
const FREE = new Set(['description', 'query', 'requests']);

/** `value`: the whole file, as it is written. */
export function literalPlaceholders(value: unknown, path: Path = []): Remark[] {
  if (typeof value === 'string') return literalIn(value, path);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => {
    const part = Array.isArray(value) ? Number(key) : key;
    return FREE.has(key) ? [] : literalPlaceholders(one, [...path, part]);
  });
}

function literalIn(text: string, path: Path): Remark[] {
  if (isRefused(path)) return [];
  const [section, , field, point, , key] = path;
  const isCheck = section === 'services' && field === 'checks';
  const filled = isCheck && FILLED.has(String(key)) ? KNOWN : [];
  // What a check prints or answers may well have a word in braces; what it asks for hardly.
  const isStrange = isCheck && (point === 'preview' || key === 'http') && key !== 'contains';
  const names = [...text.matchAll(SINGLE)].map(([, name = '']) => name);
  const told =
    filled.length === 0
      ? 'nothing is filled in here'
      : `filled in here: ${listed(filled.map((one) => `{${one}}`))}`;
  return names
    .filter((name) => !filled.includes(name) && (isStrange || KNOWN.includes(name)))
    .map((name) => ({ path, message: `{${name}} is taken as it stands; ${told}` }));
}

/** Where placeholders that nothing is put in for are mistakes (service.ts). */
function isRefused([section, , field, point, , key]: Path): boolean {
  if (section !== 'services') return false;
  if (field !== 'checks') return ['command', 'image', 'files', 'directory'].includes(String(field));
  return point !== 'preview' && key === 'command';
}
