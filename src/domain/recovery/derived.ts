// Derived datastores (a cache, an index) as a recovery has them: flushed, never restored beside newer data, and warmed
// by the services that fill them. What their steps do, as plain data, and what the warming came to.
import type { DatastoreCapabilities } from '../capabilities.ts';
import { totalRows, type Contents } from '../backup/backup.ts';
import type { GoldenAnswer } from './golden.ts';
import type { Finding } from '../analysis/finding.ts';

/** One HTTP GET of a service that fills a derived datastore. */
export interface WarmRequest {
  service: string;
  port: number;
  path: string;
  timeoutMs: number;
}

export type DerivedAction =
  /** In a drill: an empty server, or folder, in the live one's place. */
  | { kind: 'empty'; datastore: string; copy: string }
  | { kind: 'warm'; datastore: string; copy: string; target: string; requests: WarmRequest[] };

/** `undefined`: its service did not start, which has a verdict of its own. */
export interface Warmed {
  request: WarmRequest;
  answer: GoldenAnswer | undefined;
}

/** `held`: what was in it before and after, in words. */
export function judgeWarm(
  datastore: string,
  asked: readonly Warmed[],
  held: { before: string; after: string },
): Finding {
  const good = asked.filter(({ answer }) => isGood(answer)).length;
  const unasked = asked.some(({ answer }) => answer === undefined);
  const failed = asked.some(({ answer }) => answer !== undefined && !isGood(answer));
  const got = `${good} of ${asked.length} answered with 2xx; ${held.before} before, ${held.after} after`;
  const wrong = asked.filter(({ answer }) => !isGood(answer)).map(told);
  return {
    name: `warm ${datastore}`,
    verdict: failed ? 'fail' : unasked ? 'inconclusive' : 'pass',
    reason: [got, ...wrong].join('; '),
    samples: asked.length,
    expected: WARMED,
    got,
  };
}

export const WARMED = 'every answer 2xx';

/** How much is in a datastore, in words. */
export function heldWords(counts: DatastoreCapabilities['counts'], { parts }: Contents): string {
  switch (counts) {
    case 'files':
      return counted(parts.length, 'file');
    case 'keys':
      return counted(totalRows({ parts }), 'key');
    case 'documents':
      return `${counted(totalRows({ parts }), 'document')} in ${counted(parts.length, 'collection')}`;
    case 'rows': {
      // Large objects are a part without a schema.
      const tables = parts.filter(({ name }) => name.includes('.'));
      return `${counted(totalRows({ parts: tables }), 'row')} in ${counted(tables.length, 'table')}`;
    }
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function isGood(answer: GoldenAnswer | undefined): boolean {
  return answer !== undefined && 'status' in answer && answer.status >= 200 && answer.status < 300;
}

function told({ request: { service, path }, answer }: Warmed): string {
  if (answer === undefined) return `${path} was not asked: ${service} did not start`;
  if ('problem' in answer) return `${path} of ${service} was not answered: ${answer.problem}`;
  return `${path} of ${service} answered ${answer.status}`;
}
