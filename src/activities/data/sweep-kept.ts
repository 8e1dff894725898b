// Removes what was kept for runs that Temporal has no history of any more: their plans, the system files that no plan names
// any more, and the notes of what they told people. Called by the janitor.
import { digestOf } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import { isRecord, textAt } from '../../domain/json.ts';
import type { RunRef } from '../../domain/operation/operation.ts';
import { KEPT_FOR_MS } from '../../domain/recovery/sweep.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeptRemovalPort, SnapshotsPort } from '../../ports/snapshots.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { hasOpenRuns, isKnownRun, isRetained } from '../executions.ts';

export interface KeptSweepPorts {
  snapshots: Pick<SnapshotsPort, 'get' | 'newest'>;
  keptRemoval: KeptRemovalPort;
  systems: Pick<SystemsPort, 'load'>;
  clock: Pick<Clock, 'now'>;
}

/** Looked at in one go, the oldest first: histories go in about the order in which they were begun. */
const MOST = 1000;

/** Answers how many plans were removed. What cannot be read, or is younger than a day, stays. */
export async function sweepPlans(waiting: Waiting, ports: KeptSweepPorts): Promise<number> {
  const { keptRemoval, clock } = ports;
  const old = await keptRemoval.putBefore('plan', clock.now() - KEPT_FOR_MS);
  return removedOf(old, waiting, async (digest) => {
    const run = runOf(await read('plan', digest, waiting, ports));
    if (run === undefined || (await isRetained(run))) return 0;
    await keptRemoval.remove('plan', digest);
    return 1;
  });
}

/**
 * Answers how many system files were removed. Called after `sweepPlans`: what a plan that is left names stays, and so does
 * what the file says now, what was kept last, which a stop goes on with when the file does not load, and all of a system with an open operation, which may have no plan yet.
 */
export async function sweepSystems(waiting: Waiting, ports: KeptSweepPorts): Promise<number> {
  const { keptRemoval, clock } = ports;
  const old = await keptRemoval.putBefore('system', clock.now() - KEPT_FOR_MS);
  if (old.length === 0) return 0;
  const plans = await keptRemoval.putBefore('plan', Infinity);
  // What is not looked at may name any of them.
  if (plans.length > MOST) return 0;
  const named = new Set<string | undefined>();
  for (const digest of plans)
    named.add(textAt(await read('plan', digest, waiting, ports), 'system'));
  return removedOf(old, waiting, async (digest) => {
    const name = textAt(await read('system', digest, waiting, ports), 'name');
    if (name === undefined || named.has(digest) || (await isCurrent(name, digest, ports))) return 0;
    if ((await ports.snapshots.newest(name))?.digest === digest) return 0;
    if (await hasOpenRuns(name)) return 0;
    await keptRemoval.remove('system', digest);
    return 1;
  });
}

/** Answers how many notes of notices were removed. */
export async function sweepNotes(waiting: Waiting, ports: KeptSweepPorts): Promise<number> {
  const { keptRemoval, clock } = ports;
  const old = await keptRemoval.notedBefore(clock.now() - KEPT_FOR_MS);
  return removedOf(old, waiting, async (runId) =>
    (await isKnownRun(runId)) ? 0 : keptRemoval.removeNotes(runId),
  );
}

async function removedOf(
  old: readonly string[],
  waiting: Waiting,
  sweep: (one: string) => Promise<number>,
): Promise<number> {
  let removed = 0;
  for (const one of old.slice(0, MOST)) {
    waiting.signal.throwIfAborted();
    waiting.beat({ removed });
    removed += await sweep(one);
  }
  return removed;
}

/** Undefined for what is gone, or is not what its digest says. */
async function read(
  kind: 'plan' | 'system',
  digest: string,
  waiting: Waiting,
  { snapshots }: KeptSweepPorts,
): Promise<unknown> {
  try {
    return await snapshots.get(kind, digest, waiting);
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable) throw error;
    return undefined;
  }
}

/** An operation that begins now keeps the system under this digest, and finds it there already. */
async function isCurrent(
  name: string,
  digest: string,
  { systems }: KeptSweepPorts,
): Promise<boolean> {
  try {
    return digestOf({ ...(await systems.load(name)) }) === digest;
  } catch (error) {
    // A file that does not load, or is gone, starts nothing.
    if (error instanceof Failure && !error.retryable) return false;
    throw error;
  }
}

/** The first run of the operation that the plan was made for. */
function runOf(plan: unknown): RunRef | undefined {
  const boundTo = isRecord(plan) ? plan['boundTo'] : undefined;
  const [workflowId, runId] = [textAt(boundTo, 'workflowId'), textAt(boundTo, 'firstRunId')];
  if (workflowId === undefined || runId === undefined) return undefined;
  return { workflowId, runId };
}
