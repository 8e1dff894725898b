// A mistake before it is known where its path stands in a file: what checks hand back, and how they put it together.
import type { Path } from './reading/located.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { listed, shown } from './reading/wording.ts';

export interface Remark {
  path: Path;
  message: string;
}

/** A row of a table of checks. */
export type Row = readonly [wrong: boolean, path: Path, message: string];

/** The remarks of those rows that are wrong. */
export function remarksIn(rows: readonly Row[]): Remark[] {
  return rows.filter(([wrong]) => wrong).map(([, path, message]) => ({ path, message }));
}

/** Remarks with their paths as they are seen from further up. */
export function under(path: Path, remarks: readonly Remark[]): Remark[] {
  return remarks.map((one) => ({ path: [...path, ...one.path], message: one.message }));
}

/** The indexes of texts that stand earlier in the list too. */
export function repeatsIn(texts: readonly string[]): number[] {
  return texts.flatMap((text, index) => (texts.indexOf(text) < index ? [index] : []));
}

/** `there is no service "ap" (did you mean api?); declared in services: api, web`. */
export function noSuch(
  what: 'service' | 'datastore' | 'approval',
  name: string,
  declared: readonly string[],
): string {
  return `there is no ${what} ${shown(name)}${didYouMean(name, declared)}; declared in ${what}s: ${listed(declared)}`;
}
