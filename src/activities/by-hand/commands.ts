// A plan as a page of commands that a person could type without Fairlead: the plan is made as a dry run makes it, and what
// the kinds of its datastores and the platforms of its services say is put together. Changes nothing and keeps nothing.
import { backedUpDatastore } from '../../domain/backup/backup-id.ts';
import type { HandContext } from '../../domain/by-hand/step-commands.ts';
import { handPage } from '../../domain/by-hand/page.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import type { StartAsked } from '../../domain/operation/inspection.ts';
import type { Plan } from '../../domain/operation/plan.ts';
import { parseRequest } from '../../domain/operation/request.ts';
import { serviceTarget } from '../../domain/rollout/service-target.ts';
import type { ByHandPort } from '../../ports/by-hand.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { RunbooksPort } from '../../ports/steps/runbooks.ts';
import { secretSource } from '../../domain/loaded-system.ts';
import type { Call } from '../call.ts';
import { datastoreRef } from '../data/datastore-refs.ts';
import { withPlaces, type PlacesPorts } from '../data/places.ts';
import { withRunbook } from '../load-system.ts';
import { makePlan } from '../plan-operation.ts';
import type { PlanPorts } from '../planning/wanted.ts';
import { platformOf, type Platforms } from '../platforms.ts';
import { redactionOf } from '../redaction.ts';
import { runbookAsked } from '../try-start.ts';

export interface CommandsAnswer {
  system: string;
  operation: string;
  /** The digest of the plan that they carry out. */
  digest: string;
  /** For bash. */
  commands: string;
}

export type CommandsPorts = PlanPorts &
  PlacesPorts & {
    byHand: ByHandPort;
    runbooks: RunbooksPort;
    redactor: Redactor;
    platforms: Platforms;
  };

/** Throws a `Failure` where no plan can be made. */
export async function commandsOf(
  asked: StartAsked,
  loaded: LoadedSystem,
  call: Call,
  ports: CommandsPorts,
): Promise<CommandsAnswer> {
  const runbook = runbookAsked(asked, loaded);
  const request = parseRequest(runbook, { ...asked.request, dryRun: true });
  const operation = runbook.id(request);
  const shown = await redactionOf(ports.redactor, secretSource(loaded), [loaded.name]);
  const whole = await withRunbook(loaded, request.runbook, ports.runbooks);
  const there = await withPlaces(whole, call, ports);
  const plan = await makePlan({ operation, kind: runbook.kind, request }, there, call, ports);
  const commands = shown(handPage(plan, await contextOf(plan, there, call, ports)));
  return { system: loaded.name, operation, digest: plan.digest, commands };
}

async function contextOf(
  plan: Plan,
  loaded: LoadedSystem,
  call: Call,
  ports: CommandsPorts,
): Promise<HandContext> {
  const context: HandContext = { loaded, datastores: {}, services: {} };
  for (const datastore of datastoresOf(plan)) {
    const store = datastoreRef(loaded, datastore);
    const backup = backupOf(plan, datastore);
    context.datastores[datastore] = await ports.byHand.datastore(store, backup, call);
  }
  for (const service of servicesOf(plan)) {
    const target = serviceTarget(loaded, service);
    const hand = platformOf(ports.platforms, target).byHand;
    if (hand !== undefined) context.services[service] = hand(target);
  }
  return context;
}

function datastoresOf({ steps }: Plan): string[] {
  const names = steps.flatMap(({ action }) => {
    if (action.kind === 'lookAhead') return action.datastores;
    return 'datastore' in action ? [action.datastore] : [];
  });
  return [...new Set(names)];
}

function servicesOf({ steps }: Plan): string[] {
  return [...new Set(steps.flatMap(({ action }) => ('service' in action ? [action.service] : [])))];
}

/** The backup that a plan restores of a datastore: of a backup that is still to be made there is nothing to read. */
function backupOf({ backups = [], backup }: Plan, datastore: string): string | undefined {
  const all = backup === undefined ? backups : [...backups, backup];
  return all.find(({ id }) => backedUpDatastore(id) === datastore)?.id;
}
