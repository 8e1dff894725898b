// The blue-green deploy as a plan: the new side at full size without traffic, tried and judged on its preview address,
// perhaps approved, then everything at once; the old side stays for the insurance time.
import type { Service } from '../config/system.ts';
import { Failure } from './failure.ts';
import type { Plan, PlanStep } from './plan.ts';
import {
  beforeTraffic,
  gateOf,
  planDeploy,
  replicasFor,
  stableOf,
  switchStep,
  watchStep,
  type DeployInput,
} from './plan-deploy.ts';
import { retireSteps } from './plan-steps.ts';

const HOW = { kind: 'blueGreenDeploy', strategy: 'blue-green' } as const;

type BlueGreen = NonNullable<Service['rollout']['blueGreen']>;

/** Throws a `Failure`: BadInput (the file does not allow it) or Refused (not as things stand). */
export function planBlueGreen(input: DeployInput): Plan {
  const { service, config } = input;
  const { blueGreen } = config.rollout;
  if (blueGreen === undefined) {
    throw new Failure(
      'BadInput',
      `service ${service} has no rollout.blueGreen in its system file; write it, or use another --strategy`,
    );
  }
  return planDeploy(input, HOW, () => stepsOf(input, blueGreen));
}

function stepsOf(input: DeployInput, blueGreen: BlueGreen): PlanStep[] {
  const { world, target, service, config } = input;
  const stable = stableOf(input);
  return [
    ...beforeTraffic(input, replicasFor(config, world)),
    ...previewSteps(input, blueGreen, stable?.revision),
    switchStep(input, { id: 'switch', back: stable }),
    watchStep(input, blueGreen.watch, stable === undefined ? [] : (blueGreen.analysis ?? [])),
    ...retireSteps(service, target, world, config.rollout.insurance),
  ];
}

/** Nothing to bake and nobody to ask is no step. */
function previewSteps(
  input: DeployInput,
  { preview, approval }: BlueGreen,
  stable: string | undefined,
): PlanStep[] {
  const { service, target, config } = input;
  const bakes = preview.bake > 0 || config.checks.preview.length > 0;
  const gate = gateOf(input, approval);
  if (!bakes && gate.gate === undefined) return [];
  return [
    {
      id: 'preview',
      title: `Preview: ${target.version} at full size without traffic, for ${preview.bake / 1000} s`,
      undo: 'none: it changes nothing',
      action: { kind: 'watch', service },
      ...(bakes && {
        bake: {
          ms: preview.bake,
          analyses: preview.analysis ?? [],
          revision: target.id,
          ...(stable !== undefined && { stable }),
          checks: true,
          preview: true,
        },
      }),
      ...gate,
    },
  ];
}
