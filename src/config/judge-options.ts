// How a metric of the new revision is compared with the stable one's: the options that people write,
// in a system file or in a file for `fairlead judge`.
import { z } from 'zod';

const share = z.number().gt(0).lt(1);
const threshold = z.exactOptional(z.number().min(0));

const effectSize = z
  .strictObject({
    measure: z.enum(['meanRatio', 'cles']).default('meanRatio').meta({
      meaning:
        'meanRatio: the mean over the mean of the stable version; cles: the share of pairs in which the new one is larger.',
    }),
    allowedIncrease: threshold.meta({
      meaning:
        'High needs an effect of at least this; without it any will do (1 as a ratio, 0.5 as cles).',
      example: 1.1,
    }),
    allowedDecrease: threshold.meta({
      meaning: 'Low needs an effect of at most this.',
      example: 0.9,
    }),
    criticalIncrease: threshold.meta({
      meaning: 'From here on a metric that is critical fails everything.',
      example: 1.5,
    }),
    criticalDecrease: threshold.meta({
      meaning: 'Down from here a metric that is critical fails everything.',
      example: 0.5,
    }),
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
  direction: z
    .enum(['increase', 'decrease', 'either'])
    .default('either')
    .meta({ meaning: 'Which change is bad.' }),
  confidence: share.default(0.98).meta({ meaning: 'How sure the test has to be.' }),
  tolerance: z
    .number()
    .min(0)
    .default(0.25)
    .meta({ meaning: 'The shift that is let pass, as a share of the estimated shift.' }),
  nanStrategy: z
    .enum(['remove', 'replace'])
    .default('remove')
    .meta({ meaning: 'A value that is no number is left out, or counts as 0.' }),
  outliers: z
    .strictObject({
      strategy: z
        .enum(['keep', 'remove'])
        .default('keep')
        .meta({ meaning: 'Are outliers left out?' }),
      factor: z
        .number()
        .gt(0)
        .default(3)
        .meta({ meaning: 'How many quartile ranges away a value is an outlier.' }),
    })
    .prefault({})
    .meta({ meaning: 'What becomes of values that are far away from all others.' }),
  effectSize: effectSize
    .prefault({})
    .meta({ meaning: 'How large a change has to be before it counts.' }),
  critical: z.boolean().default(false).meta({ meaning: 'If this metric fails, everything fails.' }),
  mustHaveData: z
    .boolean()
    .default(false)
    .meta({ meaning: 'Without data this metric fails, and is not only inconclusive.' }),
  minSamples: z.number().int().min(1).default(20).meta({
    meaning:
      'How many values each side needs when NaN and outliers are gone; with fewer it is inconclusive.',
  }),
});

export type JudgeOptions = z.output<typeof judgeOptionsSchema>;
