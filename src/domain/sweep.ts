// What a janitor may take away: what a run left that is over, and what nobody says that it is theirs. Pure.

/** Something that was made for one run: a copy, an isolated target. */
export interface Remnant {
  name: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  owner?: { workflowId: string; runId: string };
}

/** What Temporal says of a run; `how` ends "its run ...". */
export type OwnerState =
  { open: true; how: string } | { open: false; how: string; keptUntil?: number };

export interface SweepDecision {
  remove: boolean;
  reason: string;
}

/** One that is nobody's, or was kept on purpose, may be looked at for so long. */
export const KEPT_FOR_MS = 24 * 3_600_000;

export function sweepDecision(
  { createdAt, owner }: Remnant,
  state: OwnerState | undefined,
  now: number,
): SweepDecision {
  if (owner === undefined || state === undefined) {
    const age = `nobody's, made at ${new Date(createdAt).toISOString()}`;
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
  /** What uploads left that were cut off over a day ago. */
  uploads: number;
  counts: { removed: number; left: number; failed: number };
}

const TOLD = 50;

export function sweepReport(
  lists: Pick<SweepReport, 'removed' | 'left' | 'failed'>,
  uploads: number,
): SweepReport {
  const { removed, left, failed } = lists;
  return {
    schema: 'fairlead/janitor/v1',
    removed: removed.slice(0, TOLD),
    left: left.slice(0, TOLD),
    failed: failed.slice(0, TOLD),
    uploads,
    counts: { removed: removed.length, left: left.length, failed: failed.length },
  };
}

/** Lines for a page: what was removed, what was not, and why. */
export function sweepLines({ removed, left, failed, uploads, counts }: SweepReport): string[] {
  const told = (what: string, list: Swept[]): string[] =>
    list.map(({ name, reason }) => `- ${what} ${name}: ${reason}`);
  return [
    `Removed ${counts.removed} and ${uploads} cut-off uploads, left ${counts.left}, could not remove ${counts.failed}.`,
    '',
    ...told('could not remove', failed),
    ...told('removed', removed),
    ...told('left', left),
  ];
}
