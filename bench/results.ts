// The file of results: what `run.ts --out` writes and `write-doc.ts` reads.
import { z } from 'zod';
import { figureSchema } from './figure.ts';

const runSchema = z.strictObject({
  name: z.string(),
  /** When it began, ISO 8601. */
  at: z.string(),
  commit: z.string(),
  /** The machine's load (1 min) when it began. */
  load: z.number(),
  seconds: z.number(),
  figures: z.array(figureSchema),
  /** The part that could not be had; it did not run. */
  missing: z.exactOptional(z.string()),
  failed: z.exactOptional(z.string()),
});

export const resultsSchema = z.strictObject({
  schema: z.literal('fairlead/bench/v1'),
  machine: z.strictObject({
    cpus: z.number(),
    memoryGb: z.number(),
    node: z.string(),
    system: z.string(),
  }),
  runs: z.array(runSchema),
});

export type Run = z.output<typeof runSchema>;
export type Results = z.output<typeof resultsSchema>;

/** The new runs, and of the old ones those that were not made again and came to something. */
export function merged(
  before: Results | undefined,
  now: Results,
  order: readonly string[],
): Results {
  const fresh = now.runs.filter(
    ({ failed, missing }) => failed === undefined && missing === undefined,
  );
  const again = new Set(fresh.map(({ name }) => name));
  const kept = (before?.runs ?? []).filter(({ name }) => !again.has(name));
  const runs = [...kept, ...fresh].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return { ...now, runs };
}
