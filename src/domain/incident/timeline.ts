// The timeline of an incident as it is kept: numbered lines, each with the hash of the one before, so that one that was altered
// or taken out is found.
import { digestOf } from '../digest.ts';
import type { LineBody } from './change.ts';
import type { Incident } from './incident.ts';

export interface TimelineLine extends LineBody {
  /** From 0, without gaps. */
  seq: number;
  /** Hash of the line before; 64 zeros for the first. */
  prev: string;
  /** SHA-256 (hex) over the RFC 8785 form of the line without this field. */
  hash: string;
}

const NO_LINE = '0'.repeat(64);

/** Where a timeline has got to: how many lines, and the hash of the last. */
export interface TimelineHead {
  count: number;
  hash: string;
}

export const EMPTY_TIMELINE: TimelineHead = { count: 0, hash: NO_LINE };

export function chained(
  head: TimelineHead,
  bodies: readonly LineBody[],
): { lines: TimelineLine[]; head: TimelineHead } {
  let { count, hash } = head;
  const lines = bodies.map((body) => {
    const unsealed = { ...body, seq: count, prev: hash };
    hash = digestOf(unsealed);
    count += 1;
    return { ...unsealed, hash };
  });
  return { lines, head: { count, hash } };
}

/** A sentence naming the first line that is not as it was written; undefined when all are. */
export function verifyTimeline(lines: readonly TimelineLine[]): string | undefined {
  let prev = NO_LINE;
  for (const [index, line] of lines.entries()) {
    const { hash, ...unsealed } = line;
    const where = `line ${index} of the timeline (${line.at})`;
    if (line.seq !== index) return `${where} has the number ${line.seq}: lines are missing`;
    if (line.prev !== prev) return `${where} does not follow the line before it`;
    if (digestOf(unsealed) !== hash) return `${where} was altered: its hash does not fit`;
    prev = hash;
  }
  return undefined;
}

/** What a report of an incident is made from. */
export interface IncidentRecord {
  schema: 'fairlead/incident-report/v1';
  incident: Incident;
  timeline: TimelineLine[];
  /** What is wrong with what is kept; null for nothing. */
  problem: string | null;
}
