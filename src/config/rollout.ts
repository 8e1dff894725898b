// `rollout:` of a service: its shape, and what its values must be to each other: weights that rise, names that are
// declared, bakes that are long enough for their analysis.
import { z } from 'zod';
import { NAME_ALLOWED } from '../domain/text/names.ts';
import { durationText } from '../domain/text/duration-text.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { listed, shown } from './reading/wording.ts';
import { remarksIn, type Remark } from './remark.ts';
import { duration, name, someTime, text } from './terms.ts';

const oneOrMore = z
  .union([name.transform((one) => [one]), z.array(name).min(1)])
  .meta({ description: 'one name or a list of names' });

const canaryStep = z.strictObject({
  weight: z.number().gt(0).max(100).meta({
    description: 'a percentage above 0 and up to 100',
    meaning: 'The share of the users that the new version gets, in percent.',
    example: 5,
  }),
  bake: duration
    .prefault('0s')
    .meta({ meaning: 'How long the new version is judged at this weight.', example: '10m' }),
  analysis: z
    .exactOptional(oneOrMore)
    .meta({ meaning: 'What judges this step, in place of canary.analysis.', example: ['errors'] }),
  approval: z.exactOptional(name).meta({
    meaning: 'The policy of `approvals` by which people are asked after this step.',
    example: 'promote',
  }),
});

const canary = z.strictObject({
  steps: z
    .array(canaryStep)
    .min(1)
    .meta({
      description: 'a list of at least one {weight, bake, ...}',
      meaning: 'The steps on the way to all users, weights rising. 100 is added at the end.',
      example: [
        { weight: 5, bake: '10m' },
        { weight: 50, bake: '10m' },
      ],
    }),
  watch: duration.prefault('15m').meta({
    meaning: 'How long the new version is watched with all users before the deploy is done.',
  }),
  analysis: z.exactOptional(oneOrMore).meta({
    meaning: 'What judges each step and the watch, unless a step names its own.',
    example: ['errors', 'latency'],
  }),
});

const blueGreen = z.strictObject({
  preview: z
    .strictObject({
      bake: duration.prefault('0s').meta({
        meaning: 'How long the new side stands without users; checks.preview run all the while.',
        example: '5m',
      }),
      analysis: z
        .exactOptional(oneOrMore)
        .meta({ meaning: 'What judges the answers on the preview address.', example: ['errors'] }),
    })
    .prefault({})
    .meta({ meaning: 'The new side at full size, before it has users.' }),
  approval: z.exactOptional(name).meta({
    meaning: 'The policy of `approvals` by which people are asked before the switch.',
    example: 'promote',
  }),
  watch: duration.prefault('15m').meta({
    meaning: 'How long the new side is watched with all users before the deploy is done.',
  }),
  analysis: z
    .exactOptional(oneOrMore)
    .meta({ meaning: 'What judges the watch.', example: ['errors'] }),
});

/** Where the versions of a service are tried before they come to it. */
const place = text(
  /^(?!constructor(?:\/|$))[a-z][a-z0-9-]{0,62}(?:\/(?!constructor$)[a-z][a-z0-9-]{0,62})?$/,
  `SYSTEM or SYSTEM/SERVICE; each is ${NAME_ALLOWED}`,
);

export const promoteSchema = z.strictObject({
  from: place.meta({
    meaning:
      'The system in which a version has to have had all users of the service of the same name, or of the one that is named.',
    example: 'shop-staging',
  }),
  soak: duration
    .prefault('0s')
    .meta({ meaning: 'How long it has to have had all users there.', example: '1h' }),
});

export const rolloutSchema = z.strictObject({
  strategy: z
    .enum(['canary', 'blue-green'])
    .default('canary')
    .meta({ meaning: 'What a deploy does that names no strategy; a file may describe both.' }),
  canary: z
    .exactOptional(canary)
    .meta({ meaning: 'Users in steps, the new version judged at each.' }),
  blueGreen: z
    .exactOptional(blueGreen)
    .meta({ meaning: 'A second side at full size, then one switch of all users.' }),
  deadlines: z
    .strictObject({
      ready: someTime
        .prefault('5m')
        .meta({ meaning: 'How long a version may take until it is ready.' }),
      preempt: someTime
        .prefault('60s')
        .meta({ meaning: 'How long an operation may take to make way for a more urgent one.' }),
    })
    .prefault({})
    .meta({ meaning: 'How long some things may take.' }),
  insurance: duration.prefault('1h').meta({
    meaning:
      'How long the old version is kept after a deploy, ready and without users, so that a roll-back takes a second.',
  }),
  autoPromotion: z
    .boolean()
    .default(false)
    .meta({ meaning: 'May `deploy --auto-promote` skip the approvals?' }),
  earlyPromotion: z.boolean().default(false).meta({ meaning: 'May `promote` end a bake early?' }),
  resumeWithin: someTime.prefault('15m').meta({
    meaning: 'When no worker ran for longer than this, an operation asks people before it goes on.',
  }),
});

type Rollout = z.output<typeof rolloutSchema>;
export type CanaryStep = z.output<typeof canaryStep>;

/** What of a file a rollout names: all names, and of analyses that are right in themselves how often they measure. */
interface Declared {
  analyses: Readonly<Record<string, { interval: number }>>;
  analysisNames: readonly string[];
  approvalNames: readonly string[];
}

export function rolloutRemarks(rollout: Rollout, declared: Declared): Remark[] {
  const { canary: steps, blueGreen: sides, strategy } = rollout;
  const missing = `is missing; the strategy ${strategy} needs`;
  return [
    ...remarksIn([
      [
        strategy === 'canary' && !steps,
        ['canary'],
        `${missing} canary: {steps: [{weight: 5, bake: 5m}, ...]}`,
      ],
      [
        strategy === 'blue-green' && !sides,
        ['blueGreen'],
        `${missing} blueGreen: {approval: NAME, watch: 15m}`,
      ],
    ]),
    ...(steps ? canaryRemarks(steps, declared) : []),
    ...(sides ? blueGreenRemarks(sides, declared) : []),
  ];
}

function canaryRemarks(
  { analysis = [], steps }: z.output<typeof canary>,
  declared: Declared,
): Remark[] {
  return [
    ...namesRemarks(['canary', 'analysis'], analysis, 'analysis', declared),
    ...steps.flatMap((step, index) => [
      ...weightRemarks(step, index, steps[index - 1]),
      ...stepRemarks(step, ['canary', 'steps', index], declared),
    ]),
  ];
}

function blueGreenRemarks(
  { preview, approval, analysis = [] }: z.output<typeof blueGreen>,
  declared: Declared,
): Remark[] {
  const approvals = approval === undefined ? [] : [approval];
  return [
    ...stepRemarks(preview, ['blueGreen', 'preview'], declared),
    ...namesRemarks(['blueGreen', 'approval'], approvals, 'approval', declared),
    ...namesRemarks(['blueGreen', 'analysis'], analysis, 'analysis', declared),
  ];
}

function weightRemarks(step: CanaryStep, index: number, before: CanaryStep | undefined): Remark[] {
  if (!before || step.weight > before.weight) return [];
  const how = step.weight === before.weight ? 'repeats the weight' : 'falls below the weight';
  const message = `${step.weight} ${how} of the step before (${before.weight}); weights rise from step to step, up to 100`;
  return [{ path: ['canary', 'steps', index, 'weight'], message }];
}

function stepRemarks(
  { analysis = [], approval, bake }: Omit<CanaryStep, 'weight'>,
  path: Remark['path'],
  declared: Declared,
): Remark[] {
  const approvals = approval === undefined ? [] : [approval];
  const intervals = analysis.map((one) => declared.analyses[one]?.interval ?? 0);
  const tooLong = intervals.find((interval) => interval > bake);
  const message = `a bake of ${durationText(bake)} is shorter than the interval of the step's analysis (${durationText(tooLong ?? 0)}), which could measure nothing; write a longer bake`;
  return [
    ...namesRemarks([...path, 'analysis'], analysis, 'analysis', declared),
    ...namesRemarks([...path, 'approval'], approvals, 'approval', declared),
    ...remarksIn([[tooLong !== undefined, [...path, 'bake'], message]]),
  ];
}

function namesRemarks(
  path: Remark['path'],
  names: readonly string[],
  what: 'analysis' | 'approval',
  declared: Declared,
): Remark[] {
  const known = declared[`${what}Names`];
  return remarksIn(
    names.map((one) => [
      !known.includes(one),
      path,
      `no ${what} ${shown(one)} is declared${didYouMean(one, known)}; declared: ${listed(known)}`,
    ]),
  );
}
