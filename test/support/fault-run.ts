// One deploy under load with at most one fault in it, and what it came to: what must be as in the run that
// nobody disturbed (`same`), and what may differ (the time it took, requests that failed).
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { Failure } from '../../src/domain/failure.ts';
import { buildReport } from '../../src/domain/build-report.ts';
import type { Report } from '../../src/domain/report.ts';
import type { OperationStatus } from '../../src/domain/status.ts';
import { describeWeights } from '../../src/domain/weights.ts';
import { createEvidenceFiles } from '../../src/integrations/evidence-files.ts';
import { FaultWorker, type Barrier } from './fault-process.ts';
import { awaitThat, type FaultPlace } from './fault-place.ts';
import { UserLoad, type FailedRequest } from './load.ts';

/** A whole disturbed run; a machine that has other things to do is allowed for. */
const RUN_MS = 180_000;
const STATE = defineSearchAttributeKey('FairleadState', SearchAttributeType.KEYWORD);
const LOOK_EVERY_MS = 40;
const SPARES = 2;

export type DeployType = 'canaryDeploy' | 'blueGreenDeploy';

/** A system with a version live and users on it; one deploy after the other goes over it. */
export interface Lane {
  type: DeployType;
  place: FaultPlace;
  client: Client;
  system: string;
  live: number;
  load: UserLoad;
  /** Processes that were started ahead and wait for something to do. */
  workers: FaultWorker[];
}

export async function closeLane(lane: Lane): Promise<void> {
  await lane.load.stop();
  for (const worker of lane.workers.splice(0)) await worker.kill();
}

/** Another one is started for the next time at once, so that nobody waits for it then. */
function takeWorker(lane: Lane): FaultWorker {
  const worker = lane.workers.shift() ?? new FaultWorker(lane.place);
  while (lane.workers.length < SPARES) lane.workers.push(new FaultWorker(lane.place));
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
  type: DeployType = 'canaryDeploy',
): Promise<Lane> {
  const system = `fault-${randomUUID().slice(0, 8)}`;
  const { port } = await place.addSystem(system);
  const load = new UserLoad(`http://127.0.0.1:${port}/`);
  const lane = { type, place, client, system, live: 0, load, workers: [] };
  const first = await runDeploy(lane);
  if (first.same['outcome'] !== 'succeeded') {
    throw new Error(`the first deploy of ${system}: ${JSON.stringify(first.same)}`);
  }
  return lane;
}

/** Deploys the next version, lets the old one be retired, and compares nothing. */
export async function runDeploy(lane: Lane, fault?: Fault): Promise<RunResult> {
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
    lane.live += 1;
    return {
      same: asOldAndNew(lane, { ...operations, seenWeights, users, left: await left(lane) }),
      failed: lane.live === 1 ? [] : load.failed,
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

/** Starts the deploy, answers its gate, and waits for it and for the retirement that it starts. */
async function follow(
  lane: Lane,
  taskQueue: string,
  workers: FaultWorker[],
): Promise<Record<string, unknown>> {
  const { system, live, client } = lane;
  const deploy = await client.workflow.start(lane.type, {
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

async function reportAtEnd(
  lane: Lane,
  handle: WorkflowHandle,
  workers: FaultWorker[],
): Promise<Report> {
  let page = '';
  let answered = false;
  const look = async (): Promise<string | undefined> => {
    const broken = workers.find((worker) => worker.ended && worker.said !== '');
    if (broken !== undefined) throw new Error(`a worker ended: ${broken.said}`);
    // A server that was killed does not answer for a while.
    const found = await handle.describe().catch(() => undefined);
    if (found === undefined) return undefined;
    const { status, typedSearchAttributes, raw, runId } = found;
    const pending = raw.pendingActivities ?? [];
    const state = typedSearchAttributes.get(STATE);
    const waits = state === 'waiting' && pending.length === 0;
    page = `${status.name}, ${state ?? 'no state'}, pending ${JSON.stringify(pending)}`;
    if (state === 'parked') throw new Error(`${handle.workflowId} parked: ${await noteOf(handle)}`);
    answered ||= waits && (await approved(lane, handle, runId));
    return status.name === 'RUNNING' ? undefined : runId;
  };
  try {
    const what = `${handle.workflowId} to end`;
    const runId = await awaitThat(what, look, { within: RUN_MS, every: 100 });
    const evidence = createEvidenceFiles(join(lane.place.data, 'evidence'));
    return buildReport(await evidence.read({ workflowId: handle.workflowId, runId }));
  } catch (error) {
    throw new Error(`${String(error)}; it was ${page}`, { cause: error });
  }
}

/** Whoever answers was told of it: a gate that is answered at once is told to nobody. */
async function approved(lane: Lane, handle: WorkflowHandle, runId: string): Promise<boolean> {
  if ((await lane.place.told(runId)).length === 0) return false;
  return handle.signal('approve', { actor: 'ana' }).then(
    () => true,
    () => false,
  );
}

/** What an operation says of itself, as people read it. */
async function noteOf(handle: WorkflowHandle): Promise<string> {
  const { note, step } = await handle.query<OperationStatus>('status');
  return `${step ?? 'no step'}: ${note ?? 'no reason'}`;
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

function essence(report: Report): Record<string, unknown> {
  const { outcome, verdict, serving, clean, leftovers, findings } = report;
  return {
    ...{ outcome, verdict, serving, clean, leftovers, findings },
    steps: report.steps.map(({ id, status }) => `${id} ${status}`),
    weights: report.weights.map(({ versions }) =>
      versions.map(({ version, percent }) => `${version} ${percent} %`).join(', '),
    ),
    decisions: report.decisions.map(({ gate, decision, actor }) => [gate, decision, actor]),
    // Told beside what was asked for: how long nobody looked depends on when something was killed.
    verdicts: report.verdicts
      .filter(({ name }) => name !== 'gap')
      .map(({ step, name, verdict }) => `${step} ${name} ${verdict}`),
    notices: report.notices?.map(({ about, delivered }) => [about, delivered]),
    undo: report.undo.map(({ step, verb, status }) => `${step} ${verb} ${status}`),
  };
}

function asOldAndNew(lane: Lane, found: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(found)
    .replaceAll(new RegExp(`\\b${versionOf(lane.live)}\\b`, 'g'), 'new')
    .replaceAll(new RegExp(`\\b${versionOf(lane.live - 1)}\\b`, 'g'), 'old');
  return JSON.parse(text) as Record<string, unknown>;
}
