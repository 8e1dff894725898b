// What a measurement hands back: figures with all their values, what was promised of them, and notes.
// One file per measurement returns them; run.ts prints them, write-doc.ts puts them into docs/performance.md.
import { z } from 'zod';
import type { TemporalForTests } from '../test/support/temporal-server.ts';
import { median, rounded, spreadOf } from './statistics.ts';

const targetSchema = z.strictObject({
  atMost: z.number(),
  /** Which of the values must keep to it. */
  of: z.enum(['median', 'max']),
});

export const figureSchema = z.strictObject({
  /** The measurement that it is a figure of. */
  of: z.string(),
  name: z.string(),
  unit: z.string(),
  values: z.array(z.number()),
  median: z.number(),
  spread: z.strictObject({ min: z.number(), q1: z.number(), q3: z.number(), max: z.number() }),
  target: z.exactOptional(targetSchema),
  met: z.exactOptional(z.boolean()),
  notes: z.array(z.string()),
  /** What the figure is made of, for people: the first row is the head. */
  table: z.exactOptional(z.array(z.array(z.string()))),
});

export type Figure = z.output<typeof figureSchema>;
/** As a measurement makes it; run.ts adds whose it is. */
export type Measured = Omit<Figure, 'of'>;

export interface Stage {
  /** A Temporal server for all measurements, started when the first one asks. */
  server: () => Promise<TemporalForTests & { pid: number }>;
  /** How often, instead of the measurement's own choice. */
  rounds: (usual: number) => number;
  say: (line: string) => void;
}

/** Something that is needed and not there: the measurement is left out, loudly. */
export class MissingPart extends Error {}

export type Measure = (stage: Stage) => Promise<Measured[]>;

export function figure(
  name: string,
  unit: string,
  values: readonly number[],
  more: {
    target?: Figure['target'];
    notes?: string[];
    table?: string[][];
  } = {},
): Measured {
  if (values.length === 0) throw new Error(`${name}: nothing was measured`);
  const [middle, { min, q1, q3, max }] = [median(values), spreadOf(values)];
  const { target, table, notes = [] } = more;
  return {
    name,
    unit,
    values: values.map(rounded),
    median: rounded(middle),
    spread: { min: rounded(min), q1: rounded(q1), q3: rounded(q3), max: rounded(max) },
    ...(target && { target, met: (target.of === 'max' ? max : middle) <= target.atMost }),
    notes,
    ...(table && { table }),
  };
}
