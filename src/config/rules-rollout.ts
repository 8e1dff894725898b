// What a rollout's values must be to each other: weights that rise, names that are declared, bakes that
// are long enough for their analysis.
import { durationText } from './duration-text.ts';
import { compareRolloutRemarks } from './rules-compare.ts';
import type { Remark } from './rules.ts';
import type { Readable } from './salvage.ts';
import type { CanaryStep, Rollout } from './system.ts';
import { didYouMean, listed, shown } from './wording.ts';

/** Paths are relative to the rollout. */
export function rolloutRemarks(rollout: Rollout, declared: Readable): Remark[] {
  const { canary, blueGreen, strategy } = rollout;
  const missing = `is missing; the strategy ${strategy} needs`;
  return [
    ...(strategy === 'canary' && !canary
      ? [
          {
            path: ['canary'],
            message: `${missing} canary: {steps: [{weight: 5, bake: 5m}, ...]}`,
          },
        ]
      : []),
    ...(strategy === 'blue-green' && !blueGreen
      ? [{ path: ['blueGreen'], message: `${missing} blueGreen: {approval: NAME, watch: 15m}` }]
      : []),
    ...(canary ? canaryRemarks(canary, declared) : []),
    ...compareRolloutRemarks(rollout, declared.analyses),
    ...(blueGreen ? blueGreenRemarks(blueGreen, declared) : []),
  ];
}

function blueGreenRemarks(
  { preview, approval, analysis }: NonNullable<Rollout['blueGreen']>,
  declared: Readable,
): Remark[] {
  const step = {
    bake: preview.bake,
    ...(preview.analysis && { analysis: preview.analysis }),
  };
  return [
    ...stepRemarks(step, ['blueGreen', 'preview'], declared),
    ...namesRemarks(
      ['blueGreen', 'approval'],
      approval === undefined ? [] : [approval],
      'approval',
      declared.approvalNames,
    ),
    ...namesRemarks(['blueGreen', 'analysis'], analysis ?? [], 'analysis', declared.analysisNames),
  ];
}

function canaryRemarks(canary: NonNullable<Rollout['canary']>, declared: Readable): Remark[] {
  const steps = canary.steps;
  return [
    ...namesRemarks(
      ['canary', 'analysis'],
      canary.analysis ?? [],
      'analysis',
      declared.analysisNames,
    ),
    ...steps.flatMap((step, index) => [
      ...weightRemarks(step, index, steps[index - 1]),
      ...stepRemarks(step, ['canary', 'steps', index], declared),
    ]),
  ];
}

function weightRemarks(step: CanaryStep, index: number, before: CanaryStep | undefined): Remark[] {
  if (!before || step.weight > before.weight) return [];
  const how = step.weight === before.weight ? 'repeats the weight' : 'falls below the weight';
  const message = `${step.weight} ${how} of the step before (${before.weight}); weights rise from step to step, up to 100`;
  return [{ path: ['canary', 'steps', index, 'weight'], message }];
}

function stepRemarks(
  step: Omit<CanaryStep, 'weight'>,
  path: Remark['path'],
  declared: Readable,
): Remark[] {
  const analyses = step.analysis ?? [];
  const approvals = step.approval === undefined ? [] : [step.approval];
  const tooLong = analyses
    .map((name) => declared.analyses[name])
    .find((analysis) => analysis !== undefined && analysis.interval > step.bake);
  return [
    ...namesRemarks([...path, 'analysis'], analyses, 'analysis', declared.analysisNames),
    ...namesRemarks([...path, 'approval'], approvals, 'approval', declared.approvalNames),
    ...(tooLong
      ? [
          {
            path: [...path, 'bake'],
            message: `a bake of ${durationText(step.bake)} is shorter than the interval of the step's analysis (${durationText(tooLong.interval)}), which could measure nothing; write a longer bake`,
          },
        ]
      : []),
  ];
}

function namesRemarks(
  path: Remark['path'],
  names: string[],
  what: string,
  known: string[],
): Remark[] {
  return names
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path,
      message: `no ${what} ${shown(name)} is declared${didYouMean(name, known)}; declared: ${listed(known)}`,
    }));
}
