// Says whether an operation could be started, before anybody starts it: what its request names is there, and its plan can be
// made. Changes nothing and keeps nothing.
import { datastoreIn } from '../domain/backup/rung-steps.ts';
import { Failure, isMistake } from '../domain/failure.ts';
import { secretSource, type LoadedSystem } from '../domain/loaded-system.ts';
import type { StartAsked } from '../domain/operation/inspection.ts';
import { datastoreOf } from '../domain/operation/operation.ts';
import type { Plan } from '../domain/operation/plan.ts';
import { parseRequest, type OperationRequest } from '../domain/operation/request.ts';
import { serviceTarget } from '../domain/rollout/service-target.ts';
import { withRunbook } from './load-system.ts';
import { deployBy, runbookFor } from '../runbooks/index.ts';
import { RANK, summaryOf, type Runbook } from '../runbooks/runbook.ts';
import type { Redactor } from '../ports/redactor.ts';
import type { RunbooksPort } from '../ports/steps/runbooks.ts';
import type { Call } from './call.ts';
import { withPlaces, type PlacesPorts } from './data/places.ts';
import { makePlan } from './plan-operation.ts';
import type { PlanPorts } from './planning/wanted.ts';

export interface StartAnswer {
  system: string;
  /** The workflow type to start. */
  type: string;
  /** What it would do and who asks, in a line. */
  summary: string;
}

/** Throws a `Failure` for a mistake of whoever asks; whatever else keeps it from being done now, the operation says itself. */
export async function tryStart(
  start: StartAsked,
  loaded: LoadedSystem,
  call: Call,
  ports: PlanPorts & PlacesPorts & { redactor: Redactor; runbooks: RunbooksPort },
): Promise<StartAnswer> {
  const runbook = runbookAsked(start, loaded);
  const asked = parseRequest(runbook, start.request);
  const whole = await withRunbook(loaded, asked.runbook, ports.runbooks);
  refuseUnknownNames(loaded, asked);
  // Nothing holds up what takes users away from harm: its names are looked at, and no more.
  let plan: Plan | undefined;
  if (runbook.rank < RANK.traffic) {
    plan = await refuseMistakes(async () => {
      await ports.redactor.learn(secretSource(whole));
      const there = await withPlaces(whole, call, ports);
      const input = { operation: runbook.id(asked), kind: runbook.kind, request: asked };
      return makePlan(input, there, call, ports);
    });
  }
  return { system: loaded.name, type: runbook.type, summary: summaryOf(runbook, asked, plan) };
}

/** The runbook that a request means. Throws BadInput without any. */
export function runbookAsked({ type, request }: StartAsked, loaded: LoadedSystem): Runbook {
  const runbook = type === '' ? deployOf(loaded, request) : runbookFor(type, request);
  if (runbook === undefined) throw new Failure('BadInput', `there is no operation ${type}`);
  return runbook;
}

async function refuseMistakes(work: () => Promise<Plan>): Promise<Plan | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || isMistake(error.kind)) throw error;
    return undefined;
  }
}

function refuseUnknownNames(loaded: LoadedSystem, request: OperationRequest): void {
  if (request.service !== undefined) serviceTarget(loaded, request.service);
  const datastore = datastoreOf(request);
  if (datastore !== undefined) datastoreIn(loaded, datastore);
}

function deployOf(loaded: LoadedSystem, { service }: StartAsked['request']): Runbook | undefined {
  const name = typeof service === 'string' ? service : '';
  serviceTarget(loaded, name);
  return deployBy(loaded.system.services[name]?.rollout.strategy);
}
