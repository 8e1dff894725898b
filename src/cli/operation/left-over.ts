// What operations that are over could not take back or end, and the way out: for whoever looks at a system afterwards.
import type { OperationStatus, SystemStatus } from '../../domain/operation/status.ts';
import { commandText } from '../../domain/text/command-text.ts';
import { runbookOf } from '../../runbooks/index.ts';
import { takesServices } from '../../runbooks/runbook.ts';
import { ago } from '../output/ages.ts';
import { recoveryIn } from '../output/system-status.ts';
import type { Temporal } from '../temporal/connect.ts';
import { askStatus, endedStatus } from './ask-status.ts';
import { knownOutcome } from './outcome-code.ts';
import type { Row } from './rows.ts';
import { serviceNow, usersNow } from './users-now.ts';

export interface LeftOver {
  operation: string;
  runId: string;
  outcome: string | null;
  endedAt: string | null;
  /** Sentences. */
  leftovers: string[];
}

/** With these nothing is left over: an operation that leaves something over ends with another one. */
const CLEAN: ReadonlySet<string> = new Set(['succeeded', 'planned', 'refused']);
/** Each run is a question to a worker, which reads its whole history. */
const MOST_ASKED = 8;
const ANSWER_MS = 5_000;

/** What the last operation of each kind of work left over: on a system (`about`), or on a service and the system above it. `rows`: newest first. */
export async function readLeftOver(
  temporal: Temporal,
  rows: readonly Row[],
  about: string,
): Promise<LeftOver[]> {
  const asked = lastOnes(rows.filter(({ target, system }) => isAbout(about, target, system)));
  const found = await Promise.all(
    asked.slice(0, MOST_ASKED).map(async (row) => {
      const leftovers = await leftBy(temporal, row);
      const { operation, runId, outcome, endedAt } = row;
      return leftovers.length === 0 ? [] : [{ operation, runId, outcome, endedAt, leftovers }];
    }),
  );
  return found.flat();
}

/** What runs that are over left, by run, for each connection: it changes no more, and `--watch` looks every few seconds. */
const known = new WeakMap<Temporal, Map<string, string[]>>();
/** More are forgotten and asked again. */
const MOST_KNOWN = 1_000;

/** None where nobody answers, who is asked again the next time. */
async function leftBy(temporal: Temporal, row: Row): Promise<string[]> {
  const byRun = known.get(temporal) ?? new Map<string, string[]>();
  known.set(temporal, byRun);
  const there = byRun.get(row.runId);
  if (there !== undefined) return there;
  const answer = await askStatus(temporal, row, ANSWER_MS);
  if (answer.from === 'nobody') return [];
  const { leftovers = [] } = endedStatus(answer.status, knownOutcome(row.outcome ?? ''));
  if (byRun.size >= MOST_KNOWN) byRun.clear();
  byRun.set(row.runId, leftovers);
  return leftovers;
}

function isAbout(about: string, target: string, system: string): boolean {
  return about === system || target === about || target === system;
}

/** The operations that ended badly and were followed by none on the same services, or of the same kind on the same data. */
export function lastOnes(rows: readonly Row[]): Row[] {
  const newest = new Map<string, Row>();
  const over = rows
    .filter(({ state, dryRun, outcome }) => state === 'closed' && !dryRun && outcome !== 'refused')
    .toSorted((one, other) => endOf(other) - endOf(one));
  for (const row of over) {
    const key = workOf(row);
    if (!newest.has(key)) newest.set(key, row);
  }
  return [...newest.values()].filter(({ outcome }) => !CLEAN.has(outcome ?? ''));
}

function workOf(row: Row): string {
  const by = runbookOf(row);
  const isOfServices = by !== undefined && takesServices(by) && by.kind !== 'retireRevision';
  return isOfServices ? row.target : `${row.kind} ${row.operation}`;
}

function endOf({ endedAt, startedAt }: Row): number {
  return Date.parse(endedAt ?? startedAt);
}

/** What is left over in a system, with what answers users of the services that are concerned. */
export function leftOverLines(
  found: readonly LeftOver[],
  status: Pick<SystemStatus, 'system' | 'services' | 'operations'>,
  now: number,
): string[] {
  const lines = found.flatMap(({ operation, runId, outcome, endedAt, leftovers }) => [
    `  ${operation}: ${outcome ?? 'ended'}${endedAt === null ? '' : ` ${ago(endedAt, now)}`}`,
    ...leftovers.map((line) => `    left over: ${line}`),
    ...usersOf(operation, status).map((line) => `  ${line}`),
    `    all of it: ${commandText('report', operation, '--run', runId)}`,
  ]);
  return lines.length === 0 ? [] : ['left over by operations that are over:', ...lines];
}

function usersOf(
  operation: string,
  { system, services, operations }: Pick<SystemStatus, 'system' | 'services' | 'operations'>,
): string[] {
  const [, , name = ''] = operation.split('/');
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  if (service === undefined) return [];
  return serviceNow(`${system}/${name}`, service, recoveryIn(system, operations));
}

/** For one operation that is over: what answers users now, and where all of it stands. */
export async function wayOutOf(
  temporal: Temporal,
  { operation, runId, leftovers = [] }: OperationStatus,
): Promise<string[]> {
  if (leftovers.length === 0) return [];
  return [
    ...(await usersNow(temporal, operation)),
    `  all of it: ${commandText('report', operation, '--run', runId)}`,
  ];
}
