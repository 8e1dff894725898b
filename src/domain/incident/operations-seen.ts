// What operations of a system did around an incident: from 24 h before it was opened. Pure.
import { FAIRLEAD, unchanged, type Change, type LineBody } from './change.ts';
import { isOver, type Incident, type OperationSeen } from './incident.ts';

export const LOOK_BACK_MS = 86_400_000;
export const LOOK_EVERY_MS = 3_600_000;
/** More are counted and not kept. */
export const MOST_OPERATIONS = 200;

/** The incident with what Temporal lists now: a line for each operation that began or ended since the last look. */
export function withOperations(
  incident: Incident,
  found: readonly OperationSeen[],
  now: number,
): Change {
  const known = new Map(incident.operations.map((one) => [one.firstRunId, one]));
  const lines: LineBody[] = [];
  let more = incident.moreOperations;
  for (const one of found) {
    const before = known.get(one.firstRunId);
    if (before === undefined && known.size >= MOST_OPERATIONS) {
      more += 1;
      continue;
    }
    known.set(one.firstRunId, one);
    const isFirst = before === undefined;
    if (isFirst || before.endedAt !== one.endedAt)
      lines.push(...lineOf(one, incident, isFirst, now));
  }
  if (lines.length === 0 && known.size === incident.operations.length) return unchanged(incident);
  const operations = [...known.values()].sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  return { incident: { ...incident, operations, moreOperations: more }, lines, news: [] };
}

/** What began before the incident stands in its own table, and is no line of the timeline. */
function lineOf(
  one: OperationSeen,
  { openedAt }: Incident,
  isFirst: boolean,
  now: number,
): LineBody[] {
  const isDuring = one.startedAt >= openedAt;
  const endedDuring = one.endedAt !== null && one.endedAt >= openedAt;
  if (!isDuring && !endedDuring) return [];
  const link = `${one.operation} (run ${one.firstRunId})`;
  const what = one.summary ?? one.operation;
  const body = { kind: 'operation' as const, who: FAIRLEAD, link };
  const at = one.endedAt ?? new Date(now).toISOString();
  return [
    ...(isFirst && isDuring ? [{ ...body, at: one.startedAt, what: `began: ${what}` }] : []),
    ...(endedDuring ? [{ ...body, at, what: `ended ${one.outcome ?? 'somehow'}: ${what}` }] : []),
  ];
}

/** When (ms) to look again; null when it is over. */
export function nextLook(incident: Incident, lastLook: number): number | null {
  return isOver(incident) ? null : lastLook + LOOK_EVERY_MS;
}
