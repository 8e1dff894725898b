// What a comparison with the stable revision needs: two revisions, the whole bake, enough values, a fair score.
import { durationText } from './duration-text.ts';
import type { Remark } from './rules.ts';
import type { Analysis, Rollout, Score } from './system.ts';
import { didYouMean, listed, shown } from './wording.ts';

export function compareRemarks(analysis: Analysis): Remark[] {
  const names = comparedIn(analysis);
  const remarks: Remark[] = [];
  if (analysis.source === 'scrape' && analysis.url !== undefined) {
    const message =
      'nothing can be compared: an own url does not tell the revisions apart; remove compare, or the url';
    remarks.push(...names.map((name) => ({ path: ['metrics', name, 'compare'], message })));
  }
  if (names.length > 0 && analysis.limits.successes !== undefined) {
    const message =
      'a comparison needs the whole bake, which successes would end early; remove one of them, or make two analyses';
    remarks.push({ path: ['limits', 'successes'], message });
  }
  return analysis.score === undefined
    ? remarks
    : [...remarks, ...scoreRemarks(analysis.score, names)];
}

function comparedIn({ metrics }: Analysis): string[] {
  return Object.keys(metrics).filter((name) => metrics[name]?.compare !== undefined);
}

/** Rounding of weights such as 33.3 + 33.3 + 33.4 is none of a person's business. */
const HAIR = 1e-9;

function scoreRemarks({ groups, pass, marginal }: Score, compared: string[]): Remark[] {
  const entries = Object.entries(groups);
  const named = entries.flatMap(([, { metrics }]) => metrics);
  const sum = entries.reduce((total, [, { weight }]) => total + (weight ?? 0), 0);
  const left = compared.filter((name) => !named.includes(name));
  const problems: [path: string[], wrong: boolean, message: string][] = [
    [['groups'], entries.length === 0, 'declare at least one group: `name: {metrics}`'],
    [
      ['groups'],
      entries.length > 0 && left.length > 0,
      `${listed(left)} would not count; name each metric with compare in a group`,
    ],
    [
      ['groups'],
      sum > 100 + HAIR,
      `the weights sum to ${sum}; write weights of at most 100 together`,
    ],
    [
      ['marginal'],
      marginal !== undefined && marginal > pass,
      `${marginal ?? 0} is above pass, which is ${pass}; write at most ${pass}`,
    ],
  ];
  return [
    ...memberRemarks(groups, compared),
    ...problems
      .filter(([, wrong]) => wrong)
      .map(([path, , message]) => ({ path: ['score', ...path], message })),
  ];
}

function memberRemarks(groups: Score['groups'], compared: string[]): Remark[] {
  const seen = new Set<string>();
  return Object.entries(groups).flatMap(([group, { metrics }]) =>
    metrics.flatMap((name) => {
      const path = ['score', 'groups', group, 'metrics'];
      if (!compared.includes(name)) {
        const hint = didYouMean(name, compared);
        const message = `no metric ${shown(name)} with compare${hint}; there are: ${listed(compared)}`;
        return [{ path, message }];
      }
      if (seen.has(name))
        return [{ path, message: `${name} is named twice; a metric is in one group` }];
      seen.add(name);
      return [];
    }),
  );
}

type Declared = Readonly<Record<string, Analysis>>;

/** Paths are relative to the rollout. */
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
  canary: NonNullable<Rollout['canary']>,
  declared: Declared,
): Remark[] {
  const usual = canary.analysis ?? [];
  const steps = canary.steps.flatMap((step, index) => {
    const names = step.analysis ?? usual;
    const path = ['canary', 'steps', index];
    if (step.weight === 100) return loneRemarks(step.analysis ?? [], path, declared);
    return names.flatMap((name) => shortRemarks(name, step.bake, [...path, 'bake'], declared));
  });
  return [...loneRemarks(usual, ['canary', 'analysis'], declared), ...steps];
}

/** At 100 nothing else has traffic: a metric that is only compared could not pass. */
function loneRemarks(names: string[], path: Remark['path'], declared: Declared): Remark[] {
  return names.flatMap((name) => {
    const metrics = Object.entries(declared[name]?.metrics ?? {});
    return metrics
      .filter(([, one]) => one.compare && one.max === undefined && one.min === undefined)
      .map(([metric]) => ({
        path,
        message: `${name} also judges at 100, where there is no stable revision to compare ${metric} with; give it a max or min, or name ${name} at the steps below 100`,
      }));
  });
}

function shortRemarks(
  name: string,
  bake: number,
  path: Remark['path'],
  declared: Declared,
): Remark[] {
  const analysis = declared[name];
  if (analysis === undefined) return [];
  const needed = Math.max(
    0,
    ...comparedIn(analysis).map((one) => analysis.metrics[one]?.compare?.minSamples ?? 0),
  );
  const shortest = needed * analysis.interval;
  if (bake >= shortest) return [];
  const message = `a bake of ${durationText(bake)} is too short for ${name} to compare: ${needed} values (minSamples), one every ${durationText(analysis.interval)}, take ${durationText(shortest)}; write a longer bake`;
  return [{ path, message }];
}
