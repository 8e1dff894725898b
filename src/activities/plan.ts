// Loads a system and makes an operation's plan from the world as it is.
import { Failure } from '../domain/failure.ts';
import { secretSource, type LoadedSystem } from '../domain/loaded-system.ts';
import { planBlueGreen } from '../domain/plan-blue-green.ts';
import { planCanary } from '../domain/plan-canary.ts';
import type { DeployInput } from '../domain/plan-deploy.ts';
import { planRollback } from '../domain/plan-rollback.ts';
import { datastoreIn } from '../domain/plan-backup.ts';
import type { DataKind } from '../domain/operation.ts';
import { planAdmit, planRestart, planRetire, planScale, planStop } from '../domain/plan-service.ts';
import type { OperationKind, Plan } from '../domain/plan.ts';
import type { OperationRequest } from '../domain/request.ts';
import { revisionSpec } from '../domain/revision.ts';
import type { ServiceWorld } from '../domain/world.ts';
import type { Call } from './boundary.ts';
import { placeOf, readWorld, workloadOf, type Platforms } from './platforms.ts';
import type { Redactor, SystemsPort } from './ports.ts';
import { redactionOf } from './redaction.ts';

export interface PlanInput {
  operation: string;
  kind: OperationKind;
  loaded: LoadedSystem;
  request: OperationRequest;
}

/**
 * The system file, checked, and the reason as it may be shown. Secrets that are not there are named before
 * anything is changed; what saves users goes on without them, and without the reason.
 */
export async function load(
  input: { system: string; service: string | null; datastore?: string; reason: string | null },
  { urgent }: Pick<Call, 'urgent'>,
  { systems, redactor }: { systems: SystemsPort; redactor: Redactor },
): Promise<{ loaded: LoadedSystem; reason: string | null }> {
  const loaded = await systems.load(input.system);
  if (!urgent) await redactor.learn(secretSource(loaded));
  if (input.service !== null) placeOf(loaded, input.service);
  if (input.datastore !== undefined) datastoreIn(loaded, input.datastore);
  const shown = await redactionOf(redactor, secretSource(loaded), []);
  return { loaded, reason: shown(input.reason) };
}

/** Of what changes services; plans of data are made in plan-data.ts. */
export async function makePlan(
  input: PlanInput & { kind: Exclude<OperationKind, DataKind> },
  platforms: Platforms,
): Promise<Plan> {
  const { loaded, request, kind, operation } = input;
  const names =
    request.service === undefined ? Object.keys(loaded.system.services) : [request.service];
  const worlds: Record<string, ServiceWorld> = {};
  for (const name of names) worlds[name] = await readWorld(platforms, placeOf(loaded, name));
  const all = { operation, kind, loaded, request, worlds };
  switch (kind) {
    case 'canaryDeploy':
      return startable(planCanary(deployOf(all)), loaded, platforms);
    case 'blueGreenDeploy':
      return startable(planBlueGreen(deployOf(all)), loaded, platforms);
    case 'rollback':
      return startable(planRollback(single(all)), loaded, platforms);
    case 'stopTraffic':
      return planStop(all);
    case 'admitTraffic':
      return planAdmit(all);
    case 'scaleService':
      return planScale(all);
    case 'restartService':
      return planRestart(all);
    case 'retireRevision':
      return planRetire(all);
  }
}

function deployOf(input: PlanInput & { worlds: Record<string, ServiceWorld> }): DeployInput {
  const one = single(input);
  const target = revisionSpec(one.loaded, one.service, one.request.version ?? '');
  return { ...one, target };
}

/** What would keep the new version from starting is named before anything is changed, all of it at once. */
async function startable(plan: Plan, loaded: LoadedSystem, platforms: Platforms): Promise<Plan> {
  for (const { action } of plan.steps) {
    if (action.kind !== 'ensure' || action.existed) continue;
    const place = placeOf(loaded, action.service);
    const obstacles = await workloadOf(platforms, place).obstacles(action.spec);
    if (obstacles.length === 0) continue;
    throw new Failure(
      'Refused',
      `${action.spec.version} of ${place.system}/${place.service} cannot be started: ${obstacles.join('; ')}; nothing was changed`,
    );
  }
  return plan;
}

function single(input: PlanInput & { worlds: Record<string, ServiceWorld> }) {
  const { operation, loaded, request, worlds } = input;
  const service = request.service ?? '';
  const config = loaded.system.services[service];
  const world = worlds[service];
  if (config === undefined || world === undefined) {
    throw new Failure('Broken', `planning ${operation} without a service`);
  }
  return { operation, loaded, request, service, config, world };
}
