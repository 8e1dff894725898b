// Arithmetic on a service's weights.
import type { Weight, Weights } from '../rollout/model.ts';

/** Without zeros, by revision: the form that two readings are compared in. */
export function normalised(weights: Weights): Weights {
  return weights
    .filter((weight) => weight.percent > 0)
    .sort((a, b) => (a.revision < b.revision ? -1 : a.revision > b.revision ? 1 : 0));
}

export function sameWeights(a: Weights, b: Weights): boolean {
  const [left, right] = [normalised(a), normalised(b)];
  return (
    left.length === right.length &&
    left.every((one, i) => one.revision === right[i]?.revision && one.percent === right[i].percent)
  );
}

export function total(weights: Weights): number {
  return weights.reduce((sum, weight) => sum + weight.percent, 0);
}

export function percentOf(weights: Weights, revision: string): number {
  return weights.find((weight) => weight.revision === revision)?.percent ?? 0;
}

/** The revision with the largest share; the first of equals. */
export function heaviest(weights: Weights): Weight | undefined {
  return normalised(weights).reduce<Weight | undefined>(
    (best, one) => (best === undefined || one.percent > best.percent ? one : best),
    undefined,
  );
}

/** `v1 95 %, v2 5 %`, the largest share first, or `no traffic`. */
export function describeWeights(weights: Weights): string {
  const shown = normalised(weights)
    .sort((a, b) => b.percent - a.percent)
    .map((weight) => `${weight.version} ${weight.percent} %`);
  return shown.length === 0 ? 'no traffic' : shown.join(', ');
}

/** What people are shown of weights: versions and percents. */
export function shown(weights: Weights): { version: string; percent: number }[] {
  return normalised(weights).map(({ version, percent }) => ({ version, percent }));
}

/** Replicas that carry `percent` of a service of `replicas`, at least one. */
export function capacityFor(percent: number, replicas: number): number {
  return Math.max(1, Math.ceil((replicas * percent) / 100));
}
