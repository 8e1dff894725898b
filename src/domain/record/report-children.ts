// The operations that the steps of another one started, as its record has them. Pure.
import type { EvidenceEntry } from './evidence.ts';
import type { ChildRow } from './report.ts';

/** The field of a report, which has none where nothing was started. */
export function childrenOf(entries: readonly EvidenceEntry[]): { children?: ChildRow[] } {
  const children = childRows(entries);
  return children.length === 0 ? {} : { children };
}

/** In the order in which they were started. */
export function childRows(entries: readonly EvidenceEntry[]): ChildRow[] {
  const rows: ChildRow[] = [];
  for (const entry of entries) {
    if (entry.type !== 'child') continue;
    const { step, operation, workflowId, runId, outcome = null, message = null, at } = entry;
    const known = rows.find((one) => one.runId === runId);
    if (known !== undefined) Object.assign(known, { outcome, message, endedAt: at });
    else {
      const endedAt = outcome === null ? null : at;
      rows.push({ step, operation, workflowId, runId, startedAt: at, endedAt, outcome, message });
    }
  }
  return rows;
}
