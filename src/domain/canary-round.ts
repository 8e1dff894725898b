// What one round of canary records came to.

export type CanaryResult =
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

export interface CanaryRound {
  system: string;
  results: CanaryResult[];
}

/** One sentence a store that got no record though it should have; undefined when all is well. */
export function problemOf({ system, results }: CanaryRound): string | undefined {
  if (results.length === 0) {
    return `no datastore of ${system} asks for canary records; write recoveryPoint.canary in its system file, or remove the schedule`;
  }
  const failed = results.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return undefined;
  const told = failed.map(({ datastore, detail }) => `${datastore}: ${detail}`).join('; ');
  return `no canary record was written to ${failed.length} of ${results.length} datastores: ${told}`;
}
