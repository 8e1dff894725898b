// What a dry run says of the operations that are open: one that does the same, and those that hold the leases which it would ask for.
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { isOpen, leaseId } from '../../domain/operation/operation.ts';
import type { Plan } from '../../domain/operation/plan.ts';
import type { OperationRequest } from '../../domain/operation/request.ts';
import { runbookNamed, runbookOf } from '../../runbooks/index.ts';
import { leasedBy, type Runbook } from '../../runbooks/runbook.ts';
import type { Call } from '../call.ts';
import { describe } from '../executions.ts';
import { sideBySide } from '../side-by-side.ts';
import { timeOf } from './epochs.ts';
import { givesWay } from './gives-way.ts';
import { describeLease, type LeaseState } from './leases.ts';

type Asked = { kind: string; request: OperationRequest };

/** Sentences; none where nothing is in the way. Takes nothing, and asks nobody to make way. */
export async function inTheWay(
  { kind, request }: Asked,
  { leases }: Pick<Plan, 'leases'>,
  { system }: LoadedSystem,
  call: Call,
): Promise<string[]> {
  const runbook = runbookNamed(kind);
  if (runbook === undefined) return [];
  const names =
    runbook.leases === 'atFirstChange' ? (leases ?? []) : leasedBy(runbook, request, system);
  const held = await sideBySide(names, async (name): Promise<Held[]> => {
    const lease = await describeLease(leaseId(request.system, name));
    return lease?.open === true && lease.holder?.open === true
      ? [{ name, lease, holder: lease.holder }]
      : [];
  });
  const by = new Map<string, Held[]>();
  for (const one of held.flat()) {
    const operation = one.holder.operation ?? one.holder.workflowId;
    by.set(operation, [...(by.get(operation) ?? []), one]);
  }
  const own = runbook.id(request);
  const others = [...by].filter(([operation]) => operation !== own);
  const told = others.map(async ([operation, of]) =>
    otherWords(operation, of, runbook, request, call),
  );
  return [...(await sameWords(own, by.get(own), call)), ...(await Promise.all(told))];
}

interface Held {
  name: string;
  lease: LeaseState;
  holder: NonNullable<LeaseState['holder']>;
}

/** `call` is of the dry run, which may have been started under the id of what it plans. */
async function sameWords(
  operation: string,
  held: readonly Held[] | undefined,
  { run }: Pick<Call, 'run'>,
): Promise<string[]> {
  const found = await describe(operation);
  const isOther = found !== undefined && isOpen(found) && found.runId !== run.runId;
  const since = isOther ? found.startTime.getTime() : undefined;
  const from = since ?? held?.[0]?.lease.startedAt;
  if (from === undefined) return [];
  const holds = held === undefined ? '' : `, and holds ${leaseWords(held)}`;
  return [
    `${operation} runs already, since ${timeOf(from)}${holds}: asked for the same, the command would join it, and else be refused`,
  ];
}

async function otherWords(
  operation: string,
  held: readonly Held[],
  runbook: Runbook,
  request: OperationRequest,
  call: Call,
): Promise<string> {
  const [first] = held;
  if (first === undefined) return '';
  const { lease, holder } = first;
  const theirs = runbookOf({ kind: holder.type, operation });
  const { kind, whenHeld } = runbook;
  const waits = whenHeld?.waitsFor(theirs) === true && whenHeld.delay(1, request) !== undefined;
  const gives = await givesWay(lease, holder, { kind }, call);
  const then = gives ? 'make it give way' : waits ? 'wait for it' : 'be refused';
  return `${operation} holds ${leaseWords(held)} since ${timeOf(lease.startedAt)}: this one would ${then}`;
}

function leaseWords(held: readonly Held[]): string {
  return `the lease of ${held.map(({ name }) => name).join(', ')}`;
}
