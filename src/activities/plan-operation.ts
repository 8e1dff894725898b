// Makes the plan of an operation: reads of the world what its runbook wants to know, has the runbook say the steps, and keeps
// the plan for the activities of its steps.
import { digestOf } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { askedFirst, leastTime } from '../domain/rollout/outside-window.ts';
import type { Plan } from '../domain/operation/plan.ts';
import type { OperationRequest } from '../domain/operation/request.ts';
import { shareNotes } from '../domain/traffic/few-clients.ts';
import { serviceTarget } from '../domain/rollout/service-target.ts';
import { runbookNamed } from '../runbooks/index.ts';
import type { Call } from './call.ts';
import { callerOf } from './caller.ts';
import { holds, type Held } from './freezes.ts';
import { inTheWay } from './leases/in-the-way.ts';
import type { Kept } from './kept.ts';
import { refuseQuarantined } from '../domain/rollout/quarantine.ts';
import { withPlaces, type PlacesPorts } from './data/places.ts';
import { lacksPromotion, type PromotionPorts } from './planning/promotion.ts';
import { structureNotes } from './planning/structures.ts';
import { readWanted, type PlanPorts } from './planning/wanted.ts';
import { refuseUnable, workloadOf } from './platforms.ts';

export interface PlanOperationInput {
  operation: string;
  /** The kind of the runbook, as the table has it. */
  kind: string;
  request: OperationRequest;
  loaded: LoadedSystem;
  /** True when the plan is to be carried out: the plan of a dry run, or of a look beforehand, is not kept. */
  keep: boolean;
}

/**
 * `kept` is what steps are told; null for a plan that nobody carries out. `held`: what holds the operation back, and its plan
 * has to be made anew. Throws Refused, NotFound: nothing was changed.
 */
export async function planOperation(
  { keep, loaded, ...asked }: PlanOperationInput,
  call: Call,
  ports: PlanPorts & PlacesPorts & PromotionPorts & { kept: Kept },
): Promise<{ plan: Plan; kept: string | null; held: Held | null }> {
  const { kept: system } = call;
  const there = await withPlaces(loaded, call, ports);
  const made = await makePlan(asked, there, call, ports);
  refuseQuarantined(made, there.places);
  const { plan, held } = await letThrough(made, asked, loaded, call, ports);
  const isCarriedOut = asked.request.dryRun !== true && plan.nothingToDo === undefined;
  const isKept = keep && isCarriedOut && held === null;
  if (asked.request.dryRun === true) {
    return { plan: noted(plan, await inTheWay(asked, plan, loaded, call)), kept: null, held };
  }
  if (system === null || !isKept) return { plan, kept: null, held };
  const { workflowId, firstRunId } = await callerOf(call.run);
  const boundTo = { workflowId, firstRunId };
  return { plan, kept: await ports.kept.keepPlan({ plan, system, boundTo }, call), held };
}

/** The plan, asking first who is to let it through where it is a hotfix; a freeze holds that all the same. */
async function letThrough(
  made: Plan,
  asked: Pick<PlanOperationInput, 'kind' | 'request'>,
  loaded: LoadedSystem,
  call: Call,
  ports: PlanPorts & PromotionPorts,
): Promise<{ plan: Plan; held: Held | null }> {
  const { changes } = loaded.system;
  const windows = { system: loaded.name, changes, needMs: leastTime(made) };
  const held = heldNow(asked, made, await holds(windows, call, ports.clock.now()));
  const lacking = await lackingOf(made, asked, loaded, call, ports);
  const closed = held?.window === undefined ? [] : [held.why];
  const whys = [...lacking, ...closed];
  if (asked.request.hotfix !== true || whys.length === 0) return { plan: made, held };
  const plan = askedFirst(made, loaded, asked.request, whys.join('; '));
  return { plan, held: closed.length > 0 ? null : held };
}

/** What a version that is to be deployed lacks; throws Refused with it where nobody was asked to be let through. */
async function lackingOf(
  { nothingToDo }: Plan,
  { kind, request }: Pick<PlanOperationInput, 'kind' | 'request'>,
  loaded: LoadedSystem,
  call: Call,
  ports: PromotionPorts,
): Promise<string[]> {
  if (nothingToDo !== undefined || runbookNamed(kind)?.strategy === undefined) return [];
  const lacking = await lacksPromotion(request, loaded, call, ports);
  if (lacking === undefined) return [];
  if (request.hotfix === true) return [lacking];
  const { version = '' } = request;
  throw new Failure(
    'Refused',
    `${loaded.name} takes a version only after it was tried: ${lacking}; nothing was changed. Deploy ${version} there first, or have it let through (--hotfix)`,
  );
}

/** What looks first is held by its first change, not before; a dry run says what would hold that, a hotfix asks about it. */
function heldNow(
  { kind, request }: Pick<PlanOperationInput, 'kind' | 'request'>,
  { steps }: Plan,
  holding: Held | null,
): Held | null {
  if (runbookNamed(kind)?.goesForward !== 'atFirstChange') return holding;
  const changes = steps.some(({ action }) => action.kind === 'do');
  const isAsked = request.hotfix === true && holding?.window !== undefined;
  return changes && (request.dryRun === true || isAsked) ? holding : null;
}

/** Keeps nothing. */
export async function makePlan(
  { operation, kind, request }: Omit<PlanOperationInput, 'loaded' | 'keep'>,
  loaded: LoadedSystem,
  call: Call,
  ports: PlanPorts,
): Promise<Plan> {
  const runbook = runbookNamed(kind);
  if (runbook === undefined) {
    throw new Failure('Unsupported', `this worker has no runbook ${kind} to plan ${operation} by`);
  }
  const input = { operation, loaded, request, runId: call.run.runId, now: ports.clock.now() };
  const world = await readWanted(runbook.reads(input), loaded, call, ports);
  const plan = runbook.plan(input, world);
  refuseUnable(plan, loaded, ports.platforms);
  await refuseObstacles(plan, loaded, call, ports);
  return withNotes(
    noted(plan, shareNotes(sharesIn(plan), world.services)),
    runbook.strategy !== undefined || runbook.findsBad === true,
    loaded,
    call,
    ports,
  );
}

function sharesIn({ steps }: Plan): { service: string; percent: number }[] {
  return steps.flatMap(({ action }) => (action.kind === 'admit' ? [action] : []));
}

/** A deploy and a roll-back say where a migration lies between. */
async function withNotes(
  plan: Plan,
  changesVersion: boolean,
  loaded: LoadedSystem,
  call: Call,
  ports: PlanPorts,
): Promise<Plan> {
  const notes = changesVersion ? await structureNotes(plan, loaded, call, ports) : [];
  return noted(plan, notes);
}

function noted(plan: Plan, notes: readonly string[]): Plan {
  if (notes.length === 0) return plan;
  const { digest: _, ...rest } = plan;
  const all = { ...rest, notes: [...(plan.notes ?? []), ...notes] };
  return { ...all, digest: digestOf(all) };
}

/** What would keep a new version from starting is named before anything is changed, all of it at once. */
async function refuseObstacles(
  { steps }: Plan,
  loaded: LoadedSystem,
  call: Call,
  { platforms }: PlanPorts,
): Promise<void> {
  for (const { action } of steps) {
    if (action.kind !== 'ensure' || action.existed) continue;
    const place = serviceTarget(loaded, action.service);
    const asked = { service: place, spec: action.spec };
    const { missing, taken } = await workloadOf(platforms, place).obstacles(asked, call);
    if (missing.length + taken.length === 0) continue;
    throw new Failure(
      missing.length > 0 ? 'NotFound' : 'Refused',
      `${action.spec.version} of ${place.system}/${place.service} cannot be started: ${[...missing, ...taken].join('; ')}; nothing was changed`,
    );
  }
}
