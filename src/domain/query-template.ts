// The placeholders of a query: `{{revision}}` and its kin, replaced as the inside of a PromQL string.

/** What a query is about. */
export interface QuerySubject {
  system: string;
  service: string;
  revision: string;
  version: string;
}

export const PLACEHOLDERS = ['revision', 'version', 'service', 'system'] as const;

const PLACEHOLDER = /\{\{(.*?)\}\}/gs;
const MISPLACED = /\{\{|\}\}/;

function isKnown(name: string): name is keyof QuerySubject {
  return PLACEHOLDERS.some((one) => one === name);
}

/** Everything in double braces that is no placeholder, as written; braces without their partner too. */
export function strangePlaceholders(query: string): string[] {
  const names = [...query.matchAll(PLACEHOLDER)].map(([, inside = '']) => inside.trim());
  const left = MISPLACED.exec(query.replace(PLACEHOLDER, ''));
  return [...names.filter((name) => !isKnown(name)), ...(left === null ? [] : [left[0]])];
}

/** Does the query say which revision it is about? */
export function tellsRevisions(query: string): boolean {
  const names = [...query.matchAll(PLACEHOLDER)].map(([, inside = '']) => inside.trim());
  return names.includes('revision') || names.includes('version');
}

export function filledQuery(query: string, subject: QuerySubject): string {
  return query.replace(PLACEHOLDER, (whole, inside: string) => {
    const name = inside.trim();
    return isKnown(name) ? escaped(subject[name]) : whole;
  });
}

/** PromQL strings in double or single quotes know the escapes of Go. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll("'", "\\'")
    .replaceAll('\n', '\\n');
}

/** A revision's id is its version and ten digits of its digest. */
export function versionIn(revision: string): string {
  return /^(.+)-[0-9a-f]{10}$/.exec(revision)?.[1] ?? revision;
}
