// What the bake of a step is told: its analyses and checks, worked out from the plan and the kept system.
import type { BakeProgress } from '../../domain/analysis/bake-progress.ts';
import { boundsAlone } from '../../domain/analysis/standing-alone.ts';
import { bakingStep } from '../../domain/operation/plan-steps.ts';
import { serviceTarget } from '../../domain/rollout/service-target.ts';
import { unfit, type StepAt } from './step-at.ts';

/** The bake that judges what a change of weights comes to, where it has to be read from before that change. */
export function bakeAfter(at: StepAt) {
  const step = bakingStep(at.plan, at.step.id);
  if (step === undefined) return {};
  const { resume: _, ...bake } = bakeOf({ ...at, step }, { resume: null });
  const scrapes = Object.values(bake.analyses).some(({ source }) => source === 'scrape');
  return scrapes ? { judged: { step: step.id, bake } } : {};
}

/** What a step's bake is told. Throws `Failure` where the step has none. */
export function bakeOf(at: StepAt, { resume }: { resume: BakeProgress | null }) {
  const { bake, action } = at.step;
  if (bake === undefined || !('service' in action)) throw unfit(at, 'has no bake');
  const { analyses: names, stable = null, checks, ...rest } = bake;
  const { analyses, services } = at.loaded.system;
  const asked = Object.entries(analyses).filter(([name]) => names.includes(name));
  const wanted = Object.fromEntries(asked);
  const point = bake.preview === true ? 'preview' : 'watch';
  return {
    ...serviceOf(at, action.service),
    ...rest,
    ...{ stable, resume },
    analyses: bake.alone === true ? boundsAlone(wanted) : wanted,
    checks: checks ? (services[action.service]?.checks[point] ?? []) : [],
  };
}

export function serviceOf(at: StepAt, service: string) {
  const { loaded, plan } = at;
  const place = serviceTarget(loaded, service);
  return { place, version: plan.to ?? '', directory: loaded.directory };
}
