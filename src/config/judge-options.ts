// How a metric of the new revision is compared with the stable one's: the options that people write,
// in a system file or in a file for `fairlead judge`.
import { z } from 'zod';

const share = z.number().gt(0).lt(1);
const threshold = z.exactOptional(z.number().min(0));

const effectSize = z
  .strictObject({
    measure: z.enum(['meanRatio', 'cles']).default('meanRatio'),
    /** High needs an effect of at least this; without it, any (1 as a ratio, 0.5 as cles). */
    allowedIncrease: threshold,
    /** Low needs an effect of at most this. */
    allowedDecrease: threshold,
    /** A critical metric is critical from here on. */
    criticalIncrease: threshold,
    criticalDecrease: threshold,
  })
  .superRefine(({ measure, ...limits }, context) => {
    if (measure !== 'cles') return;
    for (const [key, limit] of Object.entries(limits)) {
      if (limit <= 1) continue;
      const message = `${limit} is not allowed; with the measure cles write a share of pairs from 0 to 1`;
      context.addIssue({ code: 'custom', path: [key], message });
    }
  });

export const judgeOptionsSchema = z.strictObject({
  direction: z.enum(['increase', 'decrease', 'either']).default('either'),
  confidence: share.default(0.98),
  /** The shift that is let pass, as a share of the estimated shift. */
  tolerance: z.number().min(0).default(0.25),
  nanStrategy: z.enum(['remove', 'replace']).default('remove'),
  outliers: z
    .strictObject({
      strategy: z.enum(['keep', 'remove']).default('keep'),
      factor: z.number().gt(0).default(3),
    })
    .prefault({}),
  effectSize: effectSize.prefault({}),
  critical: z.boolean().default(false),
  mustHaveData: z.boolean().default(false),
  /** On each side, after NaN and outliers are gone; with fewer the verdict is inconclusive. */
  minSamples: z.number().int().min(1).default(20),
});

export type JudgeOptions = z.output<typeof judgeOptionsSchema>;
