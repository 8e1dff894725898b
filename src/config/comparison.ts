// What an analysis that compares with the stable revision needs: two revisions, the whole bake, enough values, a fair
// score.
import { z } from 'zod';
import { durationText } from '../domain/text/duration-text.ts';
import type { JudgeOptions } from './judge-options.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { listed, shown } from './reading/wording.ts';
import { remarksIn, repeatsIn, under, type Remark } from './remark.ts';
import type { CanaryStep } from './rollout.ts';
import { name, percent } from './terms.ts';

/** Metrics with `compare`, judged together by a weighted score. */
export const scoreSchema = z.strictObject({
  groups: z
    .record(
      name,
      z.strictObject({
        weight: z.exactOptional(percent).meta({
          meaning:
            'How much of the score the group is, in percent; without it an equal share of the rest.',
          example: 60,
        }),
        metrics: z
          .array(name)
          .min(1)
          .meta({
            meaning: 'The metrics of the group; each metric with compare is in one.',
            example: ['latency'],
          }),
      }),
    )
    .meta({ meaning: 'Which metrics count how much, by a name of yours.' }),
  pass: percent.default(95).meta({ meaning: 'From this score on it passes.' }),
  marginal: z.exactOptional(percent).meta({
    meaning:
      'From this score on it is inconclusive, below it fails; without it 75, or pass if that is less.',
    example: 75,
  }),
});

type Score = z.output<typeof scoreSchema>;

/** What of an analysis is looked at here. */
interface Analysis {
  source: 'scrape' | 'prometheus';
  url?: string;
  /** Milliseconds. */
  interval: number;
  limits: { successes?: number };
  metrics: Readonly<Record<string, { compare?: JudgeOptions; max?: number; min?: number }>>;
  score?: Score;
}

export function compareRemarks(analysis: Analysis): Remark[] {
  const { source, url, limits, score } = analysis;
  const names = comparedIn(analysis);
  const ownUrl = source === 'scrape' && url !== undefined;
  const apart =
    'nothing can be compared: an own url does not tell the revisions apart; remove compare, or the url';
  const whole =
    'a comparison needs the whole bake, which successes would end early; remove one of them, or make two analyses';
  return [
    ...remarksIn(names.map((one) => [ownUrl, ['metrics', one, 'compare'], apart])),
    ...remarksIn([
      [names.length > 0 && limits.successes !== undefined, ['limits', 'successes'], whole],
    ]),
    ...(score === undefined ? [] : under(['score'], scoreRemarks(score, names))),
  ];
}

function comparedIn({ metrics }: Analysis): string[] {
  return Object.keys(metrics).filter((one) => metrics[one]?.compare !== undefined);
}

/** Rounding of weights such as 33.3 + 33.3 + 33.4 is none of a person's business. */
const HAIR = 1e-9;

/** What the weights of a score must be, in a system file and in a file for `fairlead judge`. */
export function weightRemarks(
  {
    groups,
    pass,
    marginal,
  }: Pick<Score, 'pass' | 'marginal'> & {
    groups: Readonly<Record<string, { weight?: number }>>;
  },
  what: string,
): Remark[] {
  const weights = Object.values(groups).map(({ weight = 0 }) => weight);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const open = Object.values(groups).some(({ weight }) => weight === undefined);
  return remarksIn([
    [weights.length === 0, ['groups'], 'declare at least one group: `name: {metrics}`'],
    [sum > 100 + HAIR, ['groups'], `${what} sum to ${sum}; write weights of at most 100 together`],
    [
      weights.length > 0 && !open && sum + HAIR < pass,
      ['groups'],
      `${what} sum to ${sum}, so no score reaches pass (${pass}); write weights of 100 together, or leave one out`,
    ],
    [
      marginal !== undefined && marginal > pass,
      ['marginal'],
      `${marginal ?? 0} is above pass, which is ${pass}; write at most ${pass}`,
    ],
  ]);
}

function scoreRemarks(score: Score, compared: readonly string[]): Remark[] {
  const groups = Object.entries(score.groups);
  const members = groups.flatMap(([group, { metrics }]) => metrics.map((one) => ({ group, one })));
  const named = members.map(({ one }) => one);
  const known = members.filter(({ one }) => compared.includes(one));
  const repeats = repeatsIn(known.map(({ one }) => one));
  const left = compared.filter((one) => !named.includes(one));
  return [
    ...remarksIn(
      members.map(({ group, one }) => [
        !compared.includes(one),
        ['groups', group, 'metrics'],
        `no metric ${shown(one)} with compare${didYouMean(one, compared)}; there are: ${listed(compared)}`,
      ]),
    ),
    ...remarksIn(
      known.map(({ group, one }, index) => [
        repeats.includes(index),
        ['groups', group, 'metrics'],
        `${one} is named twice; a metric is in one group`,
      ]),
    ),
    ...remarksIn([
      [
        groups.length > 0 && left.length > 0,
        ['groups'],
        `${listed(left)} would not count; name each metric with compare in a group`,
      ],
    ]),
    ...weightRemarks(score, 'the weights'),
  ];
}

type Declared = Readonly<Record<string, Analysis>>;

/** What of a rollout is looked at here. */
interface Rollout {
  canary?: { analysis?: string[]; steps: CanaryStep[] };
  blueGreen?: { analysis?: string[] };
}

/** `declared`: the analyses that are right in themselves. */
export function compareRolloutRemarks(
  { canary, blueGreen }: Rollout,
  declared: Declared,
): Remark[] {
  return [
    ...(canary ? compareCanaryRemarks(canary, declared) : []),
    ...loneRemarks(blueGreen?.analysis ?? [], ['blueGreen', 'analysis'], declared),
  ];
}

function compareCanaryRemarks(
  { analysis: usual = [], steps }: NonNullable<Rollout['canary']>,
  declared: Declared,
): Remark[] {
  return [
    ...loneRemarks(usual, ['canary', 'analysis'], declared),
    ...steps.flatMap(({ analysis, bake, weight }, index) => {
      const path = ['canary', 'steps', index];
      if (weight === 100) return loneRemarks(analysis ?? [], path, declared);
      const bakes = (analysis ?? usual).flatMap((one) => shortRemarks(one, bake, declared));
      return under([...path, 'bake'], bakes);
    }),
  ];
}

/** At 100 nothing else has traffic: a metric that is only compared could not pass. */
function loneRemarks(names: readonly string[], path: Remark['path'], declared: Declared): Remark[] {
  return names.flatMap((analysis) =>
    remarksIn(
      Object.entries(declared[analysis]?.metrics ?? {}).map(([key, { compare, max, min }]) => [
        compare !== undefined && max === undefined && min === undefined,
        path,
        `${analysis} also judges at 100, where there is no stable revision to compare ${key} with; give it a max or min, or name ${analysis} at the steps below 100`,
      ]),
    ),
  );
}

function shortRemarks(name: string, bake: number, declared: Declared): Remark[] {
  const analysis = declared[name];
  if (analysis === undefined) return [];
  const { interval, metrics } = analysis;
  const samples = Object.values(metrics).map(({ compare }) => compare?.minSamples ?? 0);
  const needed = Math.max(0, ...samples);
  const shortest = needed * interval;
  const message = `a bake of ${durationText(bake)} is too short for ${name} to compare: ${needed} values (minSamples), one every ${durationText(interval)}, take ${durationText(shortest)}; write a longer bake`;
  return remarksIn([[bake < shortest, [], message]]);
}
