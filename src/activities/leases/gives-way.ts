// Whether the holder of a lease makes way for who asks for it: by their ranks, and by what a stop leaves to others.
import { Failure } from '../../domain/failure.ts';
import type { RunRef } from '../../domain/operation/operation.ts';
import { rankOf, runbookNamed, runbookOf } from '../../runbooks/index.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import type { Call } from '../call.ts';
import { callerOf } from '../caller.ts';
import { treeRank } from '../tree.ts';

/** Throws Refused for a caller that asks in the name of another kind of operation. */
export async function givesWay(
  { startedAt }: { startedAt: number },
  holder: RunRef & { type: string; operation: string | undefined },
  { kind, began }: { kind: string; began?: number },
  call: Call,
): Promise<boolean> {
  const asker = await askerOf(kind, call);
  const theirs = runbookOf({ kind: holder.type, operation: holder.operation ?? '' });
  const isEarlier = startedAt < (began ?? 0);
  const beside = asker.waitsForNoLease === true ? besideStop(theirs, isEarlier) : undefined;
  const ranks = await ranksOf(asker, call.run, holder);
  if (ranks === undefined || isFrozenBy(theirs, asker)) return false;
  const { ours, theirs: rank } = ranks;
  return beside ?? (rank < ours || (rank === ours && isEarlier));
}

/** What goes forward is held by the freeze of whoever froze: it takes nobody's lease for that. */
function isFrozenBy(holder: Runbook | undefined, asker: Runbook): boolean {
  return asker.goesForward !== undefined && holder?.freezes === true;
}

/** The ranks of two runs towards each other, each that of what started it; undefined within one tree, where nobody makes way. */
async function ranksOf(
  asker: Runbook,
  run: RunRef,
  holder: RunRef & { type: string; operation: string | undefined },
): Promise<{ ours: number; theirs: number } | undefined> {
  const own = (await treeRank(run)) ?? { root: run.runId, rank: asker.rank };
  const others = (await treeRank(holder)) ?? { root: holder.runId, rank: rankOf(holder) };
  return own.root === others.root ? undefined : { ours: own.rank, theirs: others.rank };
}

/** A recovery keeps users out itself and goes on; an admit that was begun later is the later word. */
function besideStop(holder: Runbook | undefined, isEarlier: boolean): boolean | undefined {
  if (holder?.goesOnBesideStops === true) return false;
  return holder?.laterWord === true ? isEarlier : undefined;
}

async function askerOf(kind: string, { run }: Call): Promise<Runbook> {
  const runbook = runbookNamed(kind);
  const { type } = await callerOf(run);
  if (runbook?.type === type) return runbook;
  throw new Failure(
    'Refused',
    `a lease was asked for as ${kind} by ${run.workflowId}, which is a ${type}: nothing was done`,
  );
}
