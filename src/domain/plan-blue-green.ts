// The blue-green deploy as a plan: the new side at full size without traffic, tried and judged on its preview address,
// perhaps approved, then everything at once; the old side stays for the insurance time.
import type { Service } from '../config/system.ts';
import { Failure } from './failure.ts';
import type { Plan, PlanStep } from './plan.ts';
import {
  beforeTraffic,
  finishDeploy,
  gateOf,
  refuseStopped,
  replicasFor,
  watchStep,
  type DeployInput,
} from './plan-deploy.ts';
import { retireSteps, weightsStep } from './plan-steps.ts';
import { heaviest, percentOf } from './weights.ts';

type BlueGreen = NonNullable<Service['rollout']['blueGreen']>;

/** Throws a `Failure`: BadInput (the file does not allow it) or Refused (not as things stand). */
export function planBlueGreen(input: DeployInput): Plan {
  const { world, target, service, config } = input;
  const { blueGreen } = config.rollout;
  if (blueGreen === undefined) {
    throw new Failure(
      'BadInput',
      `service ${service} has no rollout.blueGreen in its system file; write it, or use another --strategy`,
    );
  }
  refuseStopped(input);
  const how = { kind: 'blueGreenDeploy', strategy: 'blue-green' } as const;
  if (percentOf(world.traffic.weights, target.id) === 100) {
    return finishDeploy(input, how, [], `${target.version} carries 100 % already`);
  }
  return finishDeploy(input, how, stepsOf(input, blueGreen));
}

function stepsOf(input: DeployInput, blueGreen: BlueGreen): PlanStep[] {
  const { world, target, service, config } = input;
  const stable = heaviest(world.traffic.weights.filter((one) => one.revision !== target.id));
  return [
    ...beforeTraffic(input, replicasFor(config, world)),
    ...previewSteps(input, blueGreen, stable?.revision),
    weightsStep({
      id: 'switch',
      service,
      weights: [{ revision: target.id, version: target.version, percent: 100 }],
      back: stable === undefined ? [] : [{ ...stable, percent: 100 }],
      capacity: { revision: target.id, replicas: replicasFor(config, world) },
    }),
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
