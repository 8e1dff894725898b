// What judges a revision while no other one has users: the absolute limits of its analyses. What only compares is left out, and told.
import type { Analysis, Metric } from '../../config/system.ts';
import type { AnalysisState } from './analysis-state.ts';
import { wantsStable } from './metric-limits.ts';

type Analyses = Readonly<Record<string, Analysis>>;

export interface Alone {
  /** The names of the analyses that have a `max` or `min`. */
  analyses: string[];
  /** A sentence for each analysis, and each metric, that has nothing but comparisons. */
  told: string[];
}

/** Which of the `wanted` analyses of a system judge `version` where no other version of the service has users. */
export function standingAlone(
  all: Analyses,
  wanted: readonly string[],
  { service, version }: { service: string; version: string },
): Alone {
  const why = `no other version of ${service} has users, so there is nothing to compare ${version} with`;
  const analyses: string[] = [];
  const told: string[] = [];
  for (const name of wanted) {
    const metrics = Object.entries(all[name]?.metrics ?? {});
    const left = metrics.filter(([, metric]) => !hasBounds(metric)).map(([metric]) => metric);
    if (left.length === metrics.length) {
      told.push(`analysis ${name} was not asked: ${why}, and it has no max or min`);
      continue;
    }
    analyses.push(name);
    if (left.length > 0) {
      told.push(
        `${left.join(', ')} of analysis ${name} was not asked: ${why}, and it has no max or min`,
      );
    } else if (metrics.some(([, metric]) => wantsStable(metric))) {
      told.push(`analysis ${name} is judged by its max and min alone: ${why}`);
    }
  }
  return { analyses, told };
}

/** The analyses with their absolute limits and nothing else. */
export function boundsAlone(analyses: Analyses): Record<string, Analysis> {
  return Object.fromEntries(
    Object.entries(analyses).map(([name, { score: _, ...analysis }]) => {
      const metrics = Object.entries(analysis.metrics).flatMap(([metric, settings]) => {
        const { maxOverStable: _over, compare: _compare, ...bounds } = settings;
        return hasBounds(settings) ? [[metric, bounds] as const] : [];
      });
      return [name, { ...analysis, metrics: Object.fromEntries(metrics) }];
    }),
  );
}

function hasBounds({ max, min }: Metric): boolean {
  return max !== undefined || min !== undefined;
}

/**
 * Nothing but too few requests is in the way of a verdict: whatever could be measured passed, and the last read worked. A metric
 * that is not there although users came is in the way: nobody knows what it would have said.
 */
export function isUnused(state: AnalysisState): boolean {
  const { failures, inconclusives, consecutiveErrors, hopeless, passes, uneven } = state;
  if (uneven === true && passes === 0) return false;
  return failures + inconclusives + consecutiveErrors === 0 && hopeless === undefined;
}
