// The placeholders of a query: `{{revision}}` and its kin, replaced as the inside of a PromQL string.
import { misplacedIn, placeholdersIn, replaced } from '../text/placeholders.ts';

/** The service and revision that the placeholders of a query stand for. */
export interface QuerySubject {
  system: string;
  service: string;
  revision: string;
  version: string;
}

export const PLACEHOLDERS = ['revision', 'version', 'service', 'system'] as const;

function isKnown(name: string): name is keyof QuerySubject {
  return PLACEHOLDERS.some((one) => one === name);
}

/** Everything in double braces that is no placeholder, as written; braces without their partner too. */
export function strangePlaceholders(query: string): string[] {
  const left = misplacedIn(query);
  const strange = placeholdersIn(query).filter((name) => !isKnown(name));
  return [...strange, ...(left === undefined ? [] : [left])];
}

/** Does the query say which revision it is about? */
export function tellsRevisions(query: string): boolean {
  const names = placeholdersIn(query);
  return names.includes('revision') || names.includes('version');
}

export function filledQuery(query: string, subject: QuerySubject): string {
  return replaced(query, (name) => (isKnown(name) ? escaped(subject[name]) : undefined));
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
