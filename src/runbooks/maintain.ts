// A maintenance window: tells people, waits until it opens, freezes the system, keeps users out, takes its own backup (the point
// to go back to), has the work done (a runbook of steps), checks what it comes to, lets users in again. What fails stays where
// it is, users kept out, until a person says what to do; an abort lets them in as they were.
import { primaryDatastores } from '../domain/operation/operation.ts';
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { finishPlan } from '../domain/operation/plan-steps.ts';
import { unreachable } from '../domain/people/gate.ts';
import { policyNamed } from '../domain/people/recovery-approval.ts';
import {
  scaleDownSteps,
  scaleUpSteps,
  smokeSteps,
  stopSteps,
  type AffectedService,
} from '../domain/recovery/live/service-steps.ts';
import { heaviest, normalised } from '../domain/traffic/weights.ts';
import { inputsOf } from '../domain/steps/inputs.ts';
import { spanOf } from '../domain/text/time-span.ts';
import { NO_UNDO } from '../domain/text/plan-words.ts';
import { Failure } from '../domain/failure.ts';
import { backup } from './backup.ts';
import { RANK, summaryOf, type PlanInput, type Runbook, type World } from './runbook.ts';
import { affectedIn } from './users-back.ts';

const TYPE = 'maintenanceWindow';
/** How long a window lasts that opens at once, where nobody says (ms). */
const LASTS_MS = 3_600_000;

export const maintain: Runbook = {
  kind: 'maintain',
  type: TYPE,
  title: 'Maintenance window',
  asks: { required: ['system', 'runbook'], optional: ['window', 'lasts', 'inputs'] },
  id: ({ system }) => `maintain/${system}`,
  summary: ({ system, runbook = '', window }) =>
    `take ${system} down for ${runbook}${window === undefined ? '' : ` in the window ${window}`}`,
  rank: RANK.maintenance,
  leases: 'all',
  policy: { onFailure: 'ask', undone: 'failed' },
  freezes: true,
  onCall: true,
  opensWindow: true,
  reads: ({ loaded, request: { window } }) => ({
    services: Object.keys(loaded.system.services),
    recoveryTime: true,
    ...(window !== undefined && { window }),
  }),
  plan: planMaintenance,
};

function planMaintenance(input: PlanInput, world: World): Plan {
  const { operation, loaded } = input;
  const affected = affectedIn(Object.keys(loaded.system.services), loaded, world);
  const stopped = affected.filter((one) => stopSteps(one).length > 0);
  const down = scaledDown(input, stopped);
  const endsAt = endOf(input, world);
  const { runbook, step } = workStep(input, world, { endsAt, canRestore: down.length === 0 });
  const steps: PlanStep[] = [
    ...openingSteps(input, endsAt),
    ...affected.flatMap(stopSteps).map((one) => inTime(one, endsAt)),
    ...backupSteps(input),
    ...down.flatMap(scaleDownSteps),
    step,
    ...down.flatMap(scaleUpSteps),
    ...affected.flatMap(smokeSteps),
    ...goldenSteps(input, stopped),
    ...stopped.map(admitAgain),
  ];
  const worlds = world.services;
  return finishPlan({ operation, kind: TYPE, loaded, runbook, worlds, steps });
}

function endOf({ now, request: { lasts = LASTS_MS } }: PlanInput, { windowEndsAt }: World): number {
  return windowEndsAt ?? now + lasts;
}

/** Nobody is kept out any more once the window has ended. */
function inTime(step: PlanStep, until: number): PlanStep {
  const { action } = step;
  return action.kind === 'stop' ? { ...step, action: { ...action, until } } : step;
}

/** Nothing was changed before it: who says no ends it. */
function openingSteps({ loaded, request }: PlanInput, until: number): PlanStep[] {
  const approval = loaded.system.maintenance?.approval;
  if (approval === undefined) return [];
  const policy = policyNamed(loaded.system, approval);
  const never = unreachable(approval, policy, request.requestedBy ?? null);
  if (never !== undefined) throw new Failure('Refused', never);
  return [
    {
      id: 'open',
      title: `Ask ${approval} before users are kept out`,
      undo: NO_UNDO,
      action: { kind: 'opening', until },
      gate: approval,
      onFailure: 'undo',
    },
  ];
}

function scaledDown({ loaded }: PlanInput, stopped: readonly AffectedService[]): AffectedService[] {
  const named = loaded.system.maintenance?.scaleDown ?? [];
  return stopped.filter(({ service }) => named.includes(service));
}

function workStep(
  { loaded, request }: PlanInput,
  { recoveryMs }: World,
  // Users would come back to what has no replica.
  { endsAt, canRestore: isWhole }: { endsAt: number; canRestore: boolean },
): { runbook: NonNullable<Plan['runbook']>; step: PlanStep } {
  const { runbook: found } = loaded;
  if (found === undefined) throw new Failure('Broken', 'a maintenance window without its work');
  const { name, digest, runbook } = found;
  const inputs = inputsOf(name, runbook.inputs, request.inputs ?? {});
  const lastSafeAt = recoveryMs === undefined ? null : endsAt - recoveryMs;
  const back =
    recoveryMs === undefined
      ? 'nobody knows how long going back takes: no drill has measured it'
      : `the last safe moment to go back is ${iso(endsAt - recoveryMs)}, as a recovery took ${spanOf(recoveryMs)}`;
  const canRestore = isWhole && primaryDatastores(loaded.system).length > 0;
  return {
    runbook: { name, digest, inputs },
    step: {
      id: 'work',
      title: `Work: ${runbook.title} (${name}), until ${iso(endsAt)}; ${back}`,
      undo: 'none here: the runbook takes back its own',
      action: {
        kind: 'work',
        runbook: name,
        inputs: { ...inputs },
        endsAt,
        lastSafeAt,
        canRestore,
      },
    },
  };
}

/** Instead of the one on the schedule: what the work does is not in it. */
function backupSteps({ loaded }: PlanInput): PlanStep[] {
  if (primaryDatastores(loaded.system).length === 0) return [];
  const summary = summaryOf(backup, { system: loaded.name });
  return [
    {
      id: 'backup',
      title: `Operation: ${summary}: the point to go back to`,
      undo: 'none: a backup takes nothing from anybody',
      action: { kind: 'operation', runbook: backup.kind, asked: {}, summary },
    },
  ];
}

/** Asked of the revisions that users come back to, at addresses of their own: users are kept out still. */
function goldenSteps({ loaded }: PlanInput, stopped: readonly AffectedService[]): PlanStep[] {
  return stopped.flatMap(({ service, world: { traffic } }) => {
    const golden = (loaded.system.drill?.golden ?? []).filter((one) => one.service === service);
    const judged = heaviest(normalised(traffic.weights));
    if (golden.length === 0 || judged === undefined) return [];
    const { revision, version } = judged;
    const asked = golden.map(({ service: _, ...check }) => check);
    return [
      {
        id: `golden-${service}`,
        title: `Golden queries on ${version} of ${service}: ${asked.map(({ name }) => name).join(', ')}`,
        undo: NO_UNDO,
        action: { kind: 'check', point: 'smoke', service, revision, version, asked },
      },
    ];
  });
}

/** All that were in before. */
function admitAgain({ service, world: { traffic } }: AffectedService): PlanStep {
  const { admitPercent: percent } = traffic;
  return {
    id: `admit-${service}`,
    title: `Let ${percent} % of the clients of ${service} in again`,
    undo: 'none: fairlead stop closes it again',
    action: { kind: 'admit', service, percent },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
