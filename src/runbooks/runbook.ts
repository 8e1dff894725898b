// What a runbook is: everything that makes it that runbook, as data and pure functions. One file per runbook beside this
// one; index.ts is the table of them. The workflow frame, the activities and the command line know no runbook by name, but for the retirement, which a deploy starts and a new deploy calls off, and the scale back.
import type { System } from '../config/system.ts';
import type { CatalogueEntry } from '../domain/backup/backup.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { datastoreOf, primaryDatastores } from '../domain/operation/operation.ts';
import type { DatastoreCapabilities } from '../domain/capabilities.ts';
import type { Asks, OperationRequest } from '../domain/operation/request.ts';
import type { Policy } from '../domain/operation/machine-state.ts';
import type { Plan } from '../domain/operation/plan.ts';
import type { CopyPlace } from '../domain/recovery/exchange.ts';
import { recoveredIn } from '../domain/recovery/recovered-system.ts';
import type { LiveSystem } from '../domain/recovery/live-system.ts';
import type { PlatformKind } from '../domain/rollout/service-target.ts';
import type { ServiceWorld } from '../domain/rollout/model.ts';
import { shown } from '../domain/traffic/weights.ts';

/** The ranks. An operation makes one of a lower rank on the same service or datastore give way; an equal or higher one refuses it. */
export const RANK = {
  /** Takes users away from what harms them: nothing holds it up. */
  traffic: 7,
  /** Puts good data in the place of bad: what changes services makes way. */
  recovery: 6,
  /** Goes back to what worked, or lets users in again: the deploy that is under way is what users are to be saved from. */
  wayBack: 5,
  /** Changes a service. */
  change: 4,
  /** Keeps users out for work that was announced. */
  maintenance: 3,
  /** A runbook of steps. */
  steps: 2,
  /** Can be done later: backups, their proofs, drills, retirements. */
  later: 1,
} as const;

export interface Runbook {
  /** The name of the runbook in the table, which code calls it by. */
  kind: string;
  /** The workflow type; also the `kind` that status, evidence, search attributes, notices and reports show. */
  type: string;
  /** Where several runbooks stand behind one workflow type: the `mode` of a request that means this one. */
  mode?: 'drill' | 'recover';
  /** A recovery that leaves what is live as it is: a request that says so means this one. */
  beside?: true;
  /** What a report calls it. */
  title: string;
  /** A deploy: what `--strategy` and a plan call its way. */
  strategy?: string;
  /** What a request may say. */
  asks: Asks;
  /** The operation's id, whatever the workflow's id is. Its first word is no name of a system (`RESERVED_NAMES`). */
  id: (request: OperationRequest) => string;
  /** What an operation does, in a line: `shop/api v1 → v2 by canary`. `from`: the versions that users are on, once they are known. */
  summary: (request: OperationRequest, from?: string) => string;
  /** Precedence: the operation with the higher rank makes another one on the same service or datastore give way. */
  rank: number;
  /** What it takes the leases of. What takes none of services changes no service. `atFirstChange`: those that its plan names, when the first step changes something. */
  leases: 'services' | 'datastores' | 'both' | 'all' | 'none' | 'atFirstChange';
  /** What a failed step leads to. */
  policy: Policy;
  /** Brings something new, or removes what is old: a freeze holds it, though never what it takes back. `atFirstChange`: it looks first, and is held by no more than its changes. */
  goesForward?: true | 'atFirstChange';
  /** Opens when its window does: people are told first, and nothing is planned before. What it starts needs no change window. */
  opensWindow?: true;
  /** While it is open, what goes forward in its system is held, but for itself and what it starts. */
  freezes?: true;
  /** Users are out until it is over: what it starts is held by no freeze and by no change window. */
  startsUnheld?: true;
  /** Takes users off a version that was found bad: that is promoted nowhere. */
  findsBad?: true;
  /** Takes users away from what harms them: goes on without a record where others would rather wait. */
  savesUsers?: true;
  /** Of what other Fairleads over the same object store do in its system, nothing that began before it changes anything any more. */
  fencesOthers?: true;
  /** Is not held up by a system file that does not load: goes on with what was kept of it last. */
  needsNoFile?: true;
  /**
   * Nobody's lease holds it up: it changes services under the epoch of its own run, side by side, and makes those that hold
   * their leases give way afterwards.
   */
  waitsForNoLease?: true;
  /** One that was begun after a stop is the later word, and gives it no way. */
  laterWord?: true;
  /** A stop of its services makes it not give way: it keeps users out itself. */
  goesOnBesideStops?: true;
  /** Makes others give way also where it has nothing to do itself: users are to be saved from what they are about to do. */
  endsWhatIsOpen?: true;
  /** How long it waits before it takes leases; undefined for not at all. */
  waitsFirst?: (request: OperationRequest) => { ms: number; summary: string } | undefined;
  /** Waits where another operation holds its lease; without this it is refused. */
  whenHeld?: WhenHeld;
  /** Started for later, it asks again where it was refused, made way or failed; people are told when it gives up. */
  asksAgain?: { first: '1m'; longest: '1h'; times: number };
  /** Started for later while one of its name waits, it takes the place of that one, which is told to end; without this that one goes on. */
  replacesEarlier?: true;
  /** What is kept of it beside its own record once it is over, whatever it ended with. */
  keeps?: 'drillRecord';
  /** Writes where heartbeats are written: while it holds a datastore, none is. */
  stopsHeartbeats?: true;
  /** Nobody may sleep while it waits: the levels of `people:` are told one after the other where nobody answers. */
  onCall?: true;
  /** People are told of its end only when it failed. */
  quiet?: true;
  /** What its plan has to know of the outside world. Throws a `Failure` where no plan could be made. */
  reads: (input: PlanInput) => Wanted;
  /** The steps from top to bottom. Throws a `Failure`: nothing was changed then. A plan without steps says why. */
  plan: (input: PlanInput, world: World) => Plan;
}

/** What a plan is made for. */
export interface PlanInput {
  operation: string;
  loaded: LoadedSystem;
  request: OperationRequest;
  /** The id of the workflow's run: its end becomes the end of every name that this run makes for itself. */
  runId: string;
  /** When the plan is made (ms). */
  now: number;
}

/** What is read of the outside world before a plan is made; what is left out is not read. */
export interface Wanted {
  /** Names of services: their traffic and their revisions. */
  services?: string[];
  /** Names of services of which only the traffic is read: their revisions and history are left empty. */
  trafficOf?: string[];
  /** What the catalogue has of a datastore, or only the backup with this id. Throws NotFound without such a backup. */
  backups?: { datastore: string; id?: string }[];
  /** Everything live of the system; with `isolatedOn` only if that platform can isolate a target from it. */
  live?: 'always' | { isolatedOn: PlatformKind };
  /** Which operations of the system are open. */
  operations?: boolean;
  /** The service of which it is wanted what waits to scale it back. */
  scaleBackOf?: string;
  /** The datastore that something is to be restored beside. Throws Unsupported where people could not look into that. */
  beside?: string;
  /** Datastores that are to be exchanged. */
  exchange?: string[];
  /** Datastores whose kinds' places are wanted. */
  places?: string[];
  /** Datastores whose structure is wanted. */
  structures?: string[];
  /** What somebody else restored of a datastore: whether it can take the place of what is live. */
  adopt?: { datastore: string; what: string };
  /** A dump that somebody named of a datastore. Throws NotFound where it is not there, Unsupported where it is of another kind. */
  file?: { datastore: string; file: string };
  /** What is said to be gone, and where to it would be restored. Throws BadInput for a place that the kind does not take. */
  lost?: { datastore: string; into: string };
  /** How long a recovery was measured to take last. */
  recoveryTime?: boolean;
  /** The maintenance window that is open, or opens next: when it ends. Throws BadInput where there is none of that name. */
  window?: string;
}

/** What was read; empty where nothing was wanted. */
export interface World {
  /** By service. */
  services: Record<string, ServiceWorld>;
  /** By datastore. */
  backups: Record<string, CatalogueEntry[]>;
  /** `why`: it was not to be had, in a sentence. */
  live: LiveSystem | { why: string };
  operations: OpenOperation[];
  /** To how many replicas what waits to scale back will scale; absent where nothing waits, or nobody wanted to know. */
  scaleBack?: number;
  /** Where a copy would go; absent where nobody wanted to know. */
  beside?: CopyPlace;
  /** By datastore, why it cannot be exchanged; undefined where it can. */
  exchange?: Record<string, string | undefined>;
  /** By datastore, what its first exchange changes for good about where it is, as a sentence. */
  converts?: Record<string, string | undefined>;
  /** By datastore, the fields of its place. */
  places?: Readonly<Record<string, Pick<DatastoreCapabilities, 'place' | 'exchange'>>>;
  /** By datastore, a digest of its tables, columns and the like; undefined where it has none, or nobody could look. */
  structures?: Readonly<Record<string, string | undefined>>;
  /** Why what somebody else restored cannot be adopted; absent where it can. */
  adopt?: string;
  /** Why what is said to be gone is not restored at that place, in a sentence; absent where nothing speaks against it. */
  lost?: string;
  /** What the newest drill took that measured it (ms); absent where none did. */
  recoveryMs?: number;
  /** When the maintenance window that was asked for ends (ms); zones are counted outside of workflows. */
  windowEndsAt?: number;
}

export interface OpenOperation {
  workflowId: string;
  /** The workflow type of the open operation. */
  type: string;
  rank: number;
  /** ISO 8601 */
  startedAt: string;
}

export interface WhenHeld {
  /** Whether to wait for this holder; undefined when it is not known what holds the lease. */
  waitsFor: (holder: Runbook | undefined) => boolean;
  /** Until the next try (ms), by how often it was tried; undefined: it is refused. */
  delay: (tries: number, request: OperationRequest) => number | undefined;
}

/** It stops services for what it does to datastores: what it is called by says only one of both. */
export function takesBoth(runbook: Pick<Runbook, 'leases'> | undefined): boolean {
  return runbook?.leases === 'both';
}

/** It holds leases when its plan is made. */
export function leasesBeforePlan({
  leases,
  waitsForNoLease,
}: Pick<Runbook, 'leases' | 'waitsForNoLease'>): boolean {
  return leases !== 'none' && leases !== 'atFirstChange' && waitsForNoLease !== true;
}

/** Whether it takes leases of services: what takes none changes no service. */
export function takesServices({ leases }: Pick<Runbook, 'leases'>): boolean {
  return ['services', 'both', 'all'].includes(leases);
}

export function takesDatastores({ leases }: Pick<Runbook, 'leases'>): boolean {
  return ['datastores', 'both', 'all'].includes(leases);
}

/** The services or datastores that an operation needs the leases of. */
export function leasedBy(
  { leases }: Pick<Runbook, 'leases'>,
  request: OperationRequest,
  system: System,
): string[] {
  switch (leases) {
    case 'none':
    case 'atFirstChange':
      return [];
    case 'services':
      return request.service === undefined ? Object.keys(system.services) : [request.service];
    case 'datastores': {
      const named = datastoreOf(request);
      return named === undefined ? primaryDatastores(system) : [named];
    }
    case 'all':
      return [...Object.keys(system.services), ...Object.keys(system.datastores ?? {})];
    case 'both': {
      const { services, datastores, derived } = recoveredIn(system, request);
      return [...services, ...datastores, ...derived];
    }
  }
}

/** `shop`, or `shop/api` where a service is named: what ids of operations are about. */
export function scopeOf({ system, service }: OperationRequest): string {
  return service === undefined ? system : `${system}/${service}`;
}

/** Longer ones are cut: servers that keep search attributes in SQL take 255 characters. */
const LONGEST_SUMMARY = 200;

const ASKED_BY = ', asked by ';

/** What an operation does, for whom it was asked, in a line for lists: `shop/api v1 → v2 by canary, asked by ci`. */
export function summaryOf(
  { summary }: Pick<Runbook, 'summary'>,
  request: OperationRequest,
  plan?: Pick<Plan, 'before'>,
): string {
  const { service = '', requestedBy, dryRun } = request;
  const served = shown(plan?.before[service]?.weights ?? []).map(({ version }) => version);
  const from = served.length === 0 ? undefined : served.join(' and ');
  const line = [
    dryRun === true ? 'dry run: ' : '',
    summary(request, from),
    requestedBy === undefined ? '' : `${ASKED_BY}${requestedBy}`,
  ].join('');
  return line.length > LONGEST_SUMMARY ? `${line.slice(0, LONGEST_SUMMARY)}…` : line;
}

/** Who a summary says that asked; `null` where it names nobody, or was cut. */
export function requesterIn(summary: string | null): string | null {
  const at = summary?.lastIndexOf(ASKED_BY) ?? -1;
  if (summary === null || at < 0 || summary.endsWith('…')) return null;
  return summary.slice(at + ASKED_BY.length);
}

/** `shop/api v1 → v2`, or `shop/api v2` where it is not known what users are on. */
export function changeOf(request: OperationRequest, from: string | undefined, to: string): string {
  return `${scopeOf(request)} ${from === undefined ? '' : `${from} → `}${to}`;
}

/** The service that a request names, or all of them. */
export function servicesAsked({ loaded, request }: PlanInput): Wanted & { services: string[] } {
  const { service } = request;
  return { services: service === undefined ? Object.keys(loaded.system.services) : [service] };
}

/** The traffic alone of the services that a request names. */
export function trafficAsked(input: PlanInput): Wanted {
  return { trafficOf: servicesAsked(input).services };
}
