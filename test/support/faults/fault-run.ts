// One operation under load with at most one fault in it, and what it came to: what must be as in the run that
// nobody disturbed (`same`), and what may differ (the time it took, requests that failed).
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Failure } from '../../../src/domain/failure.ts';
import { describeWeights } from '../../../src/domain/traffic/weights.ts';
import { followData, inGenerations } from './fault-data.ts';
import { FaultWorker, type Barrier } from './fault-process.ts';
import type { FaultPlace } from './fault-place.ts';
import { FaultMongo } from './fault-mongo.ts';
import { essence, reportAtEnd, type Carried } from './fault-report.ts';
import { followIncident, followSteps } from './fault-steps.ts';
import { UserLoad, type FailedRequest } from '../load.ts';

const LOOK_EVERY_MS = 80;
const SPARES = 2;

export type DeployType = 'canaryDeploy' | 'blueGreenDeploy';
export type DataType =
  | 'backup'
  | 'disasterRecovery'
  | 'recover'
  | 'recoverLive'
  | 'recoverAdopted'
  | 'recoverBound'
  | 'recoverLost';
export type StepsType = 'runbook' | 'maintenanceWindow';
export type OperationType = DeployType | DataType | StepsType | 'incident';

/** A system with a version live and users on it; one operation after the other goes over it. */
export interface Lane {
  type: OperationType;
  place: FaultPlace;
  client: Client;
  system: string;
  live: number;
  load: UserLoad;
  /** Processes that were started ahead and wait for something to do, and how many are to. */
  workers: FaultWorker[];
  spares: number;
  /** Where the data are that no server renames. */
  mongo?: FaultMongo;
}

export async function closeLane(lane: Lane): Promise<void> {
  await lane.load.stop();
  for (const worker of lane.workers.splice(0)) await worker.kill();
  await lane.mongo?.stop();
}

/** Another one is started for the next time at once, so that nobody waits for it then. */
function takeWorker(lane: Lane): FaultWorker {
  const worker = lane.workers.shift() ?? new FaultWorker(lane.place);
  while (lane.workers.length < lane.spares) lane.workers.push(new FaultWorker(lane.place));
  return worker;
}

/** What a fault has at hand once its point is reached. */
export interface Scene {
  lane: Lane;
  /** The worker that reached the point. */
  victim: FaultWorker;
  startWorker: () => Promise<FaultWorker>;
}

export interface Fault extends Barrier {
  act: (scene: Scene) => Promise<void>;
}

export interface RunResult {
  same: Record<string, unknown>;
  failed: FailedRequest[];
  requests: number;
  tookMs: number;
  /** Every point that the first worker passed. */
  points: string[];
  /** Whether the fault's point was reached at all. */
  reached: boolean;
}

export async function openLane(
  place: FaultPlace,
  client: Client,
  type: OperationType = 'canaryDeploy',
  spares = SPARES,
): Promise<Lane> {
  const system = `fault-${randomUUID().slice(0, 8)}`;
  const mongo = isByBinding(type) ? await FaultMongo.start() : undefined;
  const { url } = await place.addSystem(system, mongo?.settings);
  const load = new UserLoad(url);
  const lane: Lane = {
    type: 'canaryDeploy',
    place,
    client,
    system,
    live: 0,
    load,
    workers: [],
    spares,
    ...(mongo && { mongo }),
  };
  try {
    await prepare(lane, type);
  } catch (error) {
    // Nobody else knows of the lane, and its server would go on for ever.
    await closeLane(lane);
    throw error;
  }
  lane.type = type;
  return lane;
}

/** Carries out what the system of a lane has behind it before an operation of this type. */
async function prepare(lane: Lane, type: OperationType): Promise<void> {
  const { mongo } = lane;
  if (isRecovery(type) && mongo === undefined) inGenerations(lane.place, lane.system);
  for (const one of before(type)) {
    lane.type = one;
    const { same } = await runOnce(lane);
    if (same['outcome'] === 'succeeded') continue;
    throw new Error(`the first ${one} of ${lane.system}: ${JSON.stringify(same)}`);
  }
  if (mongo !== undefined) await (type === 'recoverLost' ? mongo.lose() : mongo.writeMore());
}

/** What a system has behind it when this is carried out on it. */
function before(type: OperationType): OperationType[] {
  const first = type === 'blueGreenDeploy' ? type : 'canaryDeploy';
  return isRecovery(type) || type === 'disasterRecovery' ? [first, 'backup'] : [first];
}

/** Deploys the next version and lets the old one be retired, or backs up, or drills; compares nothing. */
export async function runOnce(lane: Lane, fault?: Fault): Promise<RunResult> {
  const { load } = lane;
  const started = Date.now();
  const taskQueue = `fault-${randomUUID()}`;
  const workers: FaultWorker[] = [];
  const startWorker = async (barrier?: Barrier): Promise<FaultWorker> => {
    const worker = takeWorker(lane);
    workers.push(worker);
    await worker.begin(taskQueue, barrier);
    return worker;
  };
  load.reset();
  const following = new AbortController();
  try {
    const victim = await startWorker(fault);
    const watching = watchWeights(lane, following.signal);
    const acting = fault && act(fault, { lane, victim, startWorker }, following.signal);
    // Both are heard of below, unless the operation fails first.
    for (const other of [watching, acting]) other?.catch(() => undefined);
    const operations = await follow(lane, taskQueue, workers);
    following.abort();
    await acting;
    const seenWeights = await watching;
    const users = { during: [...load.versions.keys()], after: await load.versionsNow(40) };
    const isFirst = lane.live === 0;
    if (lane.type === 'canaryDeploy' || lane.type === 'blueGreenDeploy') lane.live += 1;
    return {
      same: asOldAndNew(lane, { ...operations, seenWeights, users, left: await left(lane) }),
      failed: isFirst ? [] : load.failed.filter((one) => !isKeptOut(lane, one)),
      requests: load.total,
      tookMs: Date.now() - started,
      points: victim.points(),
      reached: victim.reached,
    };
  } finally {
    following.abort();
    await putAway(lane, workers, fault !== undefined);
  }
}

export function isRecovery(type: OperationType): boolean {
  return type.startsWith('recover');
}

function isByBinding(type: OperationType): boolean {
  return type === 'recoverBound' || type === 'recoverLost';
}

/** While a recovery exchanges what is live, or maintenance goes on, users get 503, whatever happens to its worker. */
function isKeptOut({ type }: Lane, { what }: FailedRequest): boolean {
  const keepsOut = isRecovery(type) && type !== 'recover';
  return (keepsOut || type === 'maintenanceWindow') && what.includes('503');
}

/** What was disturbed is killed; the one that went on to the end is as good as a new one. */
async function putAway(lane: Lane, workers: FaultWorker[], disturbed: boolean): Promise<void> {
  const last = workers.at(-1);
  const again = last !== undefined && !last.ended && !(disturbed && workers.length === 1);
  for (const worker of workers) {
    if (worker === last && again) {
      worker.finish();
      lane.workers.push(worker);
    } else {
      await worker.kill();
    }
  }
}

async function act(fault: Fault, scene: Scene, over: AbortSignal): Promise<void> {
  while (!scene.victim.reached) {
    if (over.aborted) return;
    await sleep(5);
  }
  if (fault.mode === 'stop') await scene.victim.frozen();
  await fault.act(scene);
}

/** Carries the operation out, and answers what it came to. */
function follow(
  lane: Lane,
  taskQueue: string,
  workers: FaultWorker[],
): Promise<Record<string, unknown>> {
  const { type } = lane;
  const carried = { taskQueue, workers };
  switch (type) {
    case 'canaryDeploy':
    case 'blueGreenDeploy':
      return followDeploy(lane, type, carried);
    case 'runbook':
    case 'maintenanceWindow':
      return followSteps(lane, type, carried);
    case 'incident':
      return followIncident(lane, carried);
    default:
      return followData(lane, type, carried);
  }
}

/** Starts the deploy, answers its gate, and waits for it and for the retirement that it starts. */
async function followDeploy(
  lane: Lane,
  type: DeployType,
  { taskQueue, workers }: Carried,
): Promise<Record<string, unknown>> {
  const { system, live, client } = lane;
  const deploy = await client.workflow.start(type, {
    workflowId: `deploy/${system}/api/${versionOf(live + 1)}`,
    taskQueue,
    workflowTaskTimeout: '5s',
    args: [{ system, service: 'api', version: versionOf(live + 1), requestedBy: 'ci' }],
  });
  const report = await reportAtEnd(lane, deploy, workers);
  if (live === 0) return { outcome: report.outcome, deploy: essence(report) };
  const retire = client.workflow.getHandle(`retire/${system}/api/${versionOf(live)}`);
  const retirement = await reportAtEnd(lane, retire, workers);
  return {
    outcome: report.outcome,
    deploy: essence(report),
    told: await lane.place.told(report.runId),
    retirement: essence(retirement),
  };
}

/** The weights one after the other, as the local host has them. */
async function watchWeights(lane: Lane, until: AbortSignal): Promise<string[]> {
  const seen: string[] = [];
  const look = async (): Promise<void> => {
    const { weights } = await lane.place.platform.traffic.read({
      system: lane.system,
      service: 'api',
    });
    const now = describeWeights(weights);
    if (now !== seen.at(-1)) seen.push(now);
  };
  while (!until.aborted) {
    // While the local host is dead there is nobody to ask.
    await look().catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
    await sleep(LOOK_EVERY_MS);
  }
  return seen;
}

/** Names that sort as they follow each other: shares are shown in the order of their versions. */
function versionOf(number: number): string {
  return `v${1000 + number}`;
}

async function left(lane: Lane): Promise<string[]> {
  const service = { system: lane.system, service: 'api' };
  const states = await lane.place.platform.workload.revisions(service);
  return states.map(({ spec, ready, desired }) => `${spec.version} ${ready}/${desired}`);
}

function asOldAndNew(lane: Lane, found: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(found)
    .replaceAll(lane.system, 'system')
    // A database of each recovery's own.
    .replaceAll(/-restored-[a-z0-9]+/g, '-restored')
    .replaceAll(new RegExp(`\\b${versionOf(lane.live)}\\b`, 'g'), 'new')
    .replaceAll(new RegExp(`\\b${versionOf(lane.live - 1)}\\b`, 'g'), 'old');
  return JSON.parse(text) as Record<string, unknown>;
}
