// What happened to a service, of the operations that Temporal lists: what brought the version that users are on, what was
// last, what is kept as insurance. Pure.
import { runbookOf } from '../../runbooks/index.ts';
import { takesBoth, takesServices } from '../../runbooks/runbook.ts';
import { ago } from '../output/ages.ts';
import type { Row } from './rows.ts';

export interface ServiceStory {
  /** Since when all users are on what they are on (ISO 8601); `null` where it is not known, or where they are on several. */
  since: string | null;
  /** The operation that brought it; `null` where Temporal has forgotten it. */
  by: Told | null;
  /** The last change that ended, whatever it ended with. */
  last: (Told & { outcome: string | null; endedAt: string | null }) | null;
  /** Revisions that are kept without traffic for a while. */
  insurance: { version: string | null; until: string; operation: string }[];
}

type Told = Pick<Row, 'operation' | 'runId' | 'requestedBy'>;

/** The platform's clock and the server's may differ by this much (ms). */
const SLACK_MS = 2_000;

/** `rows`: newest first. */
export function storyOf(
  { system, service, since }: { system: string; service: string; since: string | null },
  rows: readonly Row[],
): ServiceStory {
  const about = rows.filter(
    (row) =>
      row.target === system || row.target === `${system}/${service}` || takesBoth(runbookOf(row)),
  );
  const changes = about.filter((row) => changesUsers(row) && !row.dryRun);
  // By when it ended, which is not the order of the rows; what was refused changed nothing.
  const [last] = changes
    .filter(({ state, outcome }) => state === 'closed' && outcome !== 'refused')
    .toSorted((one, other) => endOf(other) - endOf(one));
  const by = since === null ? undefined : changes.find((row) => brought(row, Date.parse(since)));
  return {
    since,
    by: by === undefined ? null : told(by),
    last:
      last === undefined ? null : { ...told(last), outcome: last.outcome, endedAt: last.endedAt },
    insurance: about.flatMap(({ version, keptUntil, operation }) =>
      keptUntil === null ? [] : [{ version, until: keptUntil, operation }],
    ),
  };
}

/** Whether users may have met it: removing a revision without traffic they do not. */
function changesUsers(row: Row): boolean {
  const by = runbookOf(row);
  return by !== undefined && takesServices(by) && by.kind !== 'retireRevision';
}

function endOf({ endedAt, startedAt }: Row): number {
  return Date.parse(endedAt ?? startedAt);
}

function brought({ startedAt, endedAt }: Row, since: number): boolean {
  const ended = endedAt === null ? Infinity : Date.parse(endedAt);
  return Date.parse(startedAt) - SLACK_MS <= since && since <= ended + SLACK_MS;
}

function told({ operation, runId, requestedBy }: Row): Told {
  return { operation, runId, requestedBy };
}

export function storyLines({ since, by, last, insurance }: ServiceStory, now: number): string[] {
  const how = by === null ? '' : `, by ${by.operation}${askedBy(by)}`;
  return [
    ...(since === null ? [] : [`    since ${ago(since, now)}${how}`]),
    ...(last === null || last.runId === by?.runId
      ? []
      : [
          `    last: ${last.operation}${askedBy(last)}: ${last.outcome ?? 'ended'}${last.endedAt === null ? '' : ` ${ago(last.endedAt, now)}`}`,
        ]),
    ...insurance.map(
      ({ version, until }) =>
        `    ${version ?? 'a revision'} is kept as insurance until ${until.slice(0, 16).replace('T', ' ')} UTC (${ago(until, now)})`,
    ),
  ];
}

function askedBy({ requestedBy }: Told): string {
  return requestedBy === null ? '' : ` (asked for by ${requestedBy})`;
}
