// What a janitor may take away: what a run left that is over, and what nobody says that it is theirs. Pure.

/** A copy or an isolated target, which was made for one run. */
export interface Remnant {
  name: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  owner?: { workflowId: string; runId: string };
  /** What is wrong with its own record, as a sentence: whose it is cannot be known then. */
  problem?: string;
  /** Where it is, if it says so. */
  machine?: string;
  /** Until when somebody asked to have it (ms), whatever became of the run that made it. */
  keptUntil?: number;
}

/** Whether a run is open, as Temporal says; `how` ends the sentence "its run ...". */
export type OwnerState =
  { open: true; how: string } | { open: false; how: string; keptUntil?: number };

export interface SweepDecision {
  remove: boolean;
  reason: string;
}

/** What runs in it can be ended there only; undefined when it is here, or says nothing of where it is. */
export function sweptElsewhere({ machine }: Remnant, here: string): SweepDecision | undefined {
  if (machine === undefined || machine === here) return undefined;
  const reason = `on the machine ${machine}, not on this one (${here}); a janitor of a worker there looks after it`;
  return { remove: false, reason };
}

/** Milliseconds for which a copy or target that is nobody's, or was kept on purpose, may be looked at. */
export const KEPT_FOR_MS = 24 * 3_600_000;

export function sweepDecision(
  { createdAt, owner, problem, keptUntil }: Remnant,
  state: OwnerState | undefined,
  now: number,
): SweepDecision {
  if (keptUntil !== undefined) {
    const asked = `somebody asked to have it until ${new Date(keptUntil).toISOString()}`;
    return { remove: now >= keptUntil, reason: asked };
  }
  if (owner === undefined || state === undefined) {
    const whose = problem === undefined ? "nobody's, made" : `${problem}; written last`;
    const age = `${whose} at ${new Date(createdAt).toISOString()}`;
    return now - createdAt > KEPT_FOR_MS
      ? { remove: true, reason: `${age}, which is longer ago than 24 h` }
      : { remove: false, reason: `${age}; it may stay for 24 h` };
  }
  const whose = `of ${owner.workflowId} (run ${owner.runId}), which ${state.how}`;
  if (state.open) return { remove: false, reason: whose };
  if (state.keptUntil !== undefined && now < state.keptUntil) {
    const until = new Date(state.keptUntil).toISOString();
    return { remove: false, reason: `${whose}; somebody may have kept it, until ${until}` };
  }
  return { remove: true, reason: whose };
}

export interface Swept {
  name: string;
  reason: string;
}

/** What a janitor did. Lists are bounded; counts are whole. */
export interface SweepReport {
  schema: 'fairlead/janitor/v1';
  removed: Swept[];
  left: Swept[];
  /** Should be gone and is not. */
  failed: Swept[];
  /** How many remnants of uploads were removed that were cut off over a day ago. */
  uploads: number;
  /** Kept plans of runs that Temporal has no history of any more. */
  plans: number;
  /** System files as they were loaded, which no kept plan names any more. */
  systems: number;
  /** Notes of what such runs told people. */
  notices: number;
  counts: { removed: number; left: number; failed: number };
}

const TOLD = 50;

export function sweepReport(
  lists: Pick<SweepReport, 'removed' | 'left' | 'failed'>,
  swept: Pick<SweepReport, 'uploads' | 'plans' | 'systems' | 'notices'>,
): SweepReport {
  const { removed, left, failed } = lists;
  return {
    schema: 'fairlead/janitor/v1',
    removed: removed.slice(0, TOLD),
    left: left.slice(0, TOLD),
    failed: failed.slice(0, TOLD),
    ...swept,
    counts: { removed: removed.length, left: left.length, failed: failed.length },
  };
}

/** Lines for a page: what was removed, what was not, and why. */
export function sweepLines({
  removed,
  left,
  failed,
  uploads,
  plans,
  systems,
  notices,
  counts,
}: SweepReport): string[] {
  const told = (what: string, list: Swept[]): string[] =>
    list.map(({ name, reason }) => `- ${what} ${name}: ${reason}`);
  return [
    `Removed ${counts.removed} and ${uploads} cut-off uploads, left ${counts.left}, could not remove ${counts.failed}.`,
    ...(plans + systems + notices > 0
      ? [
          `Removed ${plans} plans, ${systems} system files and ${notices} notes of notices of runs that Temporal has forgotten.`,
        ]
      : []),
    '',
    ...told('could not remove', failed),
    ...told('removed', removed),
    ...told('left', left),
  ];
}
