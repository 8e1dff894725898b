// What one round of canary records came to, and what `writeCanary` is asked, checked by hand: its input comes from
// outside.
import { describeValue } from './describe-value.ts';
import { Failure } from './failure.ts';
import { isRecord } from './json.ts';
import { NAME } from './names.ts';

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

const EXAMPLE = 'send one JSON object, for example {"system":"shop"}';

/** Throws a `Failure` BadInput with a sentence. */
export function parseCanaryRequest(raw: unknown): { system: string } {
  if (!isRecord(raw)) {
    throw bad(`writeCanary needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`);
  }
  const unknown = Object.keys(raw).find((field) => field !== 'system');
  if (unknown !== undefined) {
    throw bad(`writeCanary has no field ${describeValue(unknown)}; it takes system`);
  }
  const { system } = raw;
  if (typeof system === 'string' && NAME.test(system)) return { system };
  throw bad(
    `writeCanary: system is ${describeValue(system)}, allowed: the name of a system; ${EXAMPLE}`,
  );
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

function bad(message: string): Failure {
  return new Failure('BadInput', message);
}
