// What one round of heartbeats wrote, datastore by datastore.

export type HeartbeatResult =
  | {
      datastore: string;
      state: 'written';
      detail: string;
      number: number;
      at: string;
      skewMs: number;
    }
  /** A recovery holds it. */
  | { datastore: string; state: 'fenced' | 'failed'; detail: string };

export interface HeartbeatRound {
  system: string;
  results: HeartbeatResult[];
}

/** A sentence on the datastores that got no heartbeat though they should have; undefined when all got one. */
export function problemOf({ system, results }: HeartbeatRound): string | undefined {
  if (results.length === 0) {
    return `no datastore of ${system} asks for canary records; write recoveryPoint.canary in its system file, or remove the schedule`;
  }
  const failed = results.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return undefined;
  const told = failed.map(({ datastore, detail }) => `${datastore}: ${detail}`).join('; ');
  return `no canary record was written to ${failed.length} of ${results.length} datastores: ${told}`;
}
