// Brings a version to a service at once, after it was tried beside it: preflight → ensure at full size → ready → smoke →
// preview: checks, analysis, approval → switch → watch → settle, where the platform has an object of its own → retire the old side later. A failure after the switch goes back to
// the old side, which is still there.
import type { Service } from '../config/system.ts';
import { Failure } from '../domain/failure.ts';
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { NO_UNDO } from '../domain/text/plan-words.ts';
import {
  afterWatch,
  analysesOf,
  beforeTraffic,
  deployOf,
  gateOf,
  onService,
  planDeploy,
  replicasFor,
  stableOf,
  switchStep,
  watchStep,
  type DeployInput,
} from '../domain/rollout/deploy-steps.ts';
import { canaryDeploy } from './canary-deploy.ts';
import { changeOf, RANK, servicesAsked, type Runbook } from './runbook.ts';

const TYPE = 'blueGreenDeploy';
const STRATEGY = 'blue-green';

export const blueGreenDeploy: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Blue green deploy',
  strategy: STRATEGY,
  asks: {
    required: ['system', 'service', 'version'],
    optional: ['strategy', 'autoPromote', 'waitForWindow', 'hotfix'],
  },
  // Of one version there is one deploy at a time, whichever way it goes.
  id: canaryDeploy.id,
  summary: (request, from) => `${changeOf(request, from, request.version ?? '')} by blue-green`,
  rank: RANK.change,
  leases: 'services',
  goesForward: true,
  policy: { onFailure: 'undo', undone: 'rolledBack' },
  reads: servicesAsked,
  plan: (input, world) => planBlueGreen(deployOf(onService(input, world.services))),
};

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
  return planDeploy(input, { kind: TYPE, strategy: STRATEGY }, () => stepsOf(input, blueGreen));
}

function stepsOf(input: DeployInput, blueGreen: BlueGreen): PlanStep[] {
  const { world, config } = input;
  const stable = stableOf(input);
  return [
    ...beforeTraffic(input, replicasFor(config, world)),
    ...previewSteps(input, blueGreen, stable?.revision),
    switchStep(input, { id: 'switch', back: stable }),
    watchStep(input, blueGreen.watch, blueGreen.analysis ?? []),
    ...afterWatch(input),
  ];
}

/** The step on the preview address; none where there is nothing to bake and nobody to ask. */
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
      undo: NO_UNDO,
      action: { kind: 'watch', service },
      ...(bakes && {
        bake: {
          ms: preview.bake,
          ...analysesOf(input, preview.analysis ?? []),
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
