// Operations as Temporal's visibility lists them, newest first: what each is about, who asked, how it ended. Needs no worker.
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { isRecord, textAt } from '../../domain/json.ts';
import type { OperationStatus } from '../../domain/operation/status.ts';
import { RECOVERY_TYPES, runbookOf } from '../../runbooks/index.ts';
import { requesterIn, takesBoth, takesDatastores, takesServices } from '../../runbooks/runbook.ts';
import { ANY_OPERATION } from '../../workflows/messages.ts';
import type { Temporal } from '../temporal/connect.ts';
import { attribute, staleStatus } from './ask-status.ts';
import { take } from './find-operation.ts';
import type { WaitsFor } from './waits-for.ts';

export interface Row {
  operation: string;
  runId: string;
  workflowId: string;
  kind: string;
  system: string;
  /** `shop/api`, or `shop` for the whole of it. */
  target: string;
  state: OperationStatus['state'];
  outcome: string | null;
  startedAt: string;
  endedAt: string | null;
  /** `null` where nobody was named, or no worker has looked yet at what was started without a command line. */
  requestedBy: string | null;
  /** The version or revision that it was asked for. */
  version: string | null;
  /** What it does and who asked, in a line; `null` of one that no worker has looked at yet. */
  summary: string | null;
  dryRun: boolean;
  /** Until when (ISO 8601) the revision is kept as insurance; `null` unless a retirement is under way. */
  keptUntil: string | null;
  /** `null` also when no worker answered. */
  waitsFor: WaitsFor | null;
}

export interface RowsWanted {
  system?: string | undefined;
  target?: string | undefined;
  open?: boolean | undefined;
  /** Only what was started after this (ms). */
  since?: number | undefined;
  most: number;
}

/** The newest operations of a system that a look at it goes by. */
export const ROWS_OF_SYSTEM = 200;

export async function readRows(temporal: Temporal, wanted: RowsWanted): Promise<Row[]> {
  const { system, target, open, since, most } = wanted;
  // Names were checked against their pattern: they cannot leave their quotes.
  const query = [
    ANY_OPERATION,
    ...(system === undefined ? [] : [`FairleadSystem = "${system}"`]),
    ...(target === undefined ? [] : [targetQuery(target)]),
    ...(open === true ? ['ExecutionStatus = "Running"'] : []),
    ...(since === undefined ? [] : [`StartTime > "${new Date(since).toISOString()}"`]),
  ].join(' AND ');
  const found = await take(temporal, query, most);
  const rows = found
    .toSorted((a, b) => b.startTime.getTime() - a.startTime.getTime())
    .map((info) => rowOf(info));
  return target === undefined ? rows : rows.filter((row) => touches(row, target, rows));
}

/**
 * A query for the operations on a target (`shop/api`, `shop/orders`), for those on its whole system, and for those on another
 * part of it that may take services as well as datastores: which these are, `touches` says.
 */
function targetQuery(target: string): string {
  const [system = ''] = target.split('/');
  const both = RECOVERY_TYPES.map((type) => `"${type}"`).join(', ');
  return `(FairleadTarget = "${target}" OR FairleadTarget = "${system}" OR (FairleadSystem = "${system}" AND FairleadKind IN (${both})))`;
}

/**
 * Whether an operation of the whole system is about a part of it too: a backup about a datastore, a stop about a service.
 * Which of both the part is, its own operations say; where there are none, all of the system are shown.
 */
export function touches(row: Row, target: string, rows: readonly Row[]): boolean {
  if (row.target === target) return true;
  if (row.target !== row.system) return takesBoth(runbookOf(row)) && !isOfData(target, rows);
  const own = rows.find((one) => one.target === target);
  const [theirs, its] = [own, row].map((one) => one && runbookOf(one));
  if (theirs === undefined || its === undefined) return true;
  const about = [takesServices, takesDatastores];
  return about.some((takes) => takes(theirs) && takes(its));
}

/** By its own operations; where there are none, it may be a service. */
function isOfData(target: string, rows: readonly Row[]): boolean {
  const own = rows.find((one) => one.target === target);
  const by = own && runbookOf(own);
  return by !== undefined && takesDatastores(by) && !takesServices(by);
}

function rowOf(info: WorkflowExecutionInfo): Row {
  const status = staleStatus(info);
  const request: unknown = isRecord(info.memo) ? info.memo['request'] : undefined;
  const summary = attribute(info, 'FairleadSummary') ?? null;
  const asked = askedOf(request);
  return {
    operation: status.operation,
    runId: info.runId,
    workflowId: info.workflowId,
    kind: status.kind,
    system: status.system,
    target: attribute(info, 'FairleadTarget') ?? status.system,
    state: status.state,
    outcome: status.outcome ?? null,
    startedAt: info.startTime.toISOString(),
    endedAt: info.closeTime?.toISOString() ?? null,
    ...asked,
    requestedBy: asked.requestedBy ?? requesterIn(summary),
    summary,
    keptUntil: keptUntil(request, info),
    waitsFor: null,
  };
}

function askedOf(request: unknown): Pick<Row, 'requestedBy' | 'version' | 'dryRun'> {
  return {
    requestedBy: textAt(request, 'requestedBy') ?? null,
    version: textAt(request, 'version') ?? textAt(request, 'to') ?? null,
    dryRun: isRecord(request) && request['dryRun'] === true,
  };
}

function keptUntil(request: unknown, info: WorkflowExecutionInfo): string | null {
  const delay = isRecord(request) ? request['delay'] : undefined;
  if (typeof delay !== 'number' || info.status.name !== 'RUNNING') return null;
  return new Date(info.startTime.getTime() + delay).toISOString();
}
