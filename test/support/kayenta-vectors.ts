// What Kayenta's judge says of given samples: inputs and results, and the options as people write them.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { judgeOptionsSchema } from '../../src/config/judge-options.ts';
import type { JudgedMetric } from '../../src/domain/analysis/judge/judge-metric.ts';

export type JudgeSettings = z.input<typeof judgeOptionsSchema>;

const sample = z.number().or(z.null().transform(() => NaN));
const options = judgeOptionsSchema;
const classes = z.enum(['Pass', 'High', 'Low', 'Nodata', 'NodataFailMetric', 'Error']);
const interval = z.tuple([z.number(), z.number()]);

const vectors = z.object({
  statistic: z.object({ experiment: z.string(), control: z.string(), values: z.array(interval) }),
  intervals: z.array(
    z.object({
      name: z.string(),
      experiment: z.string(),
      control: z.string(),
      confidence: z.number(),
      interval,
      estimate: z.number(),
      estimateWithin: z.number(),
    }),
  ),
  classes: z.array(
    z.object({
      name: z.string(),
      experiment: z.string(),
      control: z.string(),
      options,
      expected: z.object({
        class: classes,
        critical: z.boolean().optional(),
        effect: z.number().nullable().optional(),
      }),
    }),
  ),
  samples: z.record(z.string(), z.array(z.number())),
  recorded: z.array(
    z.object({
      experiment: z.array(sample),
      control: z.array(sample),
      options,
      expected: z.object({
        class: classes,
        critical: z.boolean(),
        interval,
        estimate: z.number(),
        effect: z.number().nullable(),
      }),
    }),
  ),
});

export const KAYENTA = vectors.parse(
  JSON.parse(readFileSync(new URL('./kayenta-vectors.json', import.meta.url), 'utf8')),
);

export function kayentaSamples(name: string): number[] {
  const found = KAYENTA.samples[name];
  if (found === undefined) throw new Error(`no samples named ${name} in kayenta-vectors.json`);
  return found;
}

/** What is left out gets its default, as in a file. */
export function judged(
  experiment: readonly number[],
  control: readonly number[],
  settings: JudgeSettings = {},
): JudgedMetric {
  return { ...judgeOptionsSchema.parse(settings), experiment, control };
}
