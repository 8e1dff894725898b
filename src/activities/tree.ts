// Operations that started each other: a child works under the leases of its parents, and makes none of its tree give way. Who
// started whom is asked of Temporal, never believed from what a run sends.
import { UNDER } from '../domain/operation/child.ts';
import type { RunRef } from '../domain/operation/operation.ts';
import { rankOf, runbookOf, runbooksOfType } from '../runbooks/index.ts';
import { describe, operationOf, parentOf } from './executions.ts';

/** An operation and its run, as Temporal describes them. */
interface Member extends RunRef {
  type: string;
  operation: string | undefined;
}

/** Further than these no child of an operation is followed to what started it. */
const MOST_PARENTS = 10;
const MOST = 1000;
const known = new Map<string, readonly Member[]>();

/**
 * The run and those whose child it is, nearest first. What an operation started that outlives it, such as the removal of an
 * old revision, is no child. Throws Unavailable.
 */
export async function treeOf(run: RunRef): Promise<readonly Member[]> {
  const found = known.get(run.runId);
  if (found !== undefined) return found;
  const members: Member[] = [];
  for (let at: RunRef | undefined = run; at !== undefined && members.length <= MOST_PARENTS;) {
    const described = await describe(at.workflowId, at.runId);
    if (described === undefined) break;
    const { type, memo } = described;
    members.push({ ...at, type, operation: operationOf(described) });
    at = memo?.[UNDER] === undefined ? undefined : parentOf(described);
  }
  // Its own name is known a moment after it began.
  if (members.every(({ operation }) => operation !== undefined)) {
    if (known.size >= MOST) known.clear();
    known.set(run.runId, members);
  }
  return members;
}

/** Whether a run is a child of the other one, or of a child of it. */
export async function isBelow(run: RunRef, other: RunRef): Promise<boolean> {
  const [, ...parents] = await treeOf(run);
  return parents.some(({ runId }) => runId === other.runId);
}

/** Which tree a run belongs to, and the rank of it towards everybody else; undefined for a run that is no child. */
export async function treeRank(run: RunRef): Promise<{ root: string; rank: number } | undefined> {
  const tree = await treeOf(run);
  const root = tree.at(-1);
  if (root === undefined || tree.length < 2) return undefined;
  const { type, operation } = root;
  return { root: root.runId, rank: rankOf({ type, operation }) };
}

/** Whether a run works in a maintenance window, which was announced: no change window holds it. */
export async function isInMaintenance(run: RunRef): Promise<boolean> {
  const [, ...parents] = await treeOf(run);
  return parents.some(({ type }) => runbooksOfType(type).some(({ opensWindow }) => opensWindow));
}

/** Whether a run was started by a recovery while users are out, or by what that started: neither freeze nor change window holds it. */
export async function isUnheld(run: RunRef): Promise<boolean> {
  const [, ...parents] = await treeOf(run);
  return parents.some(
    ({ type, operation }) =>
      operation !== undefined && runbookOf({ kind: type, operation })?.startsUnheld === true,
  );
}
