// Starts operations for somebody and follows them to their end, telling what happens; a scene may act on each status.
import { setTimeout as sleep } from 'node:timers/promises';
import { askReport } from '../src/cli/operation/ask-report.ts';
import { askStatus } from '../src/cli/operation/ask-status.ts';
import type { Temporal } from '../src/cli/temporal/connect.ts';
import type { RunName } from '../src/cli/operation/ending.ts';
import { askSystem } from '../src/cli/output/system-status.ts';
import { startRun } from '../src/cli/operation/start.ts';
import type { Report } from '../src/domain/record/report.ts';
import { parseRequest } from '../src/domain/operation/request.ts';
import type { OperationStatus } from '../src/domain/operation/status.ts';
import { RUNBOOKS, type OperationKind } from '../src/runbooks/index.ts';
import { summaryOf, type Runbook } from '../src/runbooks/runbook.ts';
import { startLoad, type Load, type LoadOptions } from './load.ts';
import { news, type Story } from './story.ts';

export const SYSTEM = 'commercial-view';
const SERVICE = 'api';
const DEFAULT = { system: SYSTEM, service: SERVICE };

const POLL_MS = 200;
const QUERY_MS = 1_000;

export interface Scene {
  /** What is deployed and asked; without it, `api` of commercial-view. */
  on?: { system: string; service: string };
  temporal: Temporal;
  story: Story;
  signal: AbortSignal;
}

/** What a scene does when a worker has answered with this status. */
export type Act = (status: OperationStatus, run: RunName) => Promise<void>;

/** By canary, unless another kind of deploy is named. */
export async function deploy(
  scene: Scene,
  who: string,
  version: string,
  { kind = 'canaryDeploy', act }: { kind?: 'canaryDeploy' | 'blueGreenDeploy'; act?: Act } = {},
): Promise<Report> {
  const flags = kind === 'blueGreenDeploy' ? ' --strategy blue-green' : '';
  const { system, service } = scene.on ?? DEFAULT;
  const said = `fairlead deploy ${system}/${service} ${version}${flags}`;
  return carriedOut(scene, { kind, said, who, fields: { service, version } }, act);
}

export async function rollback(scene: Scene, who: string): Promise<Report> {
  const { system, service } = scene.on ?? DEFAULT;
  const said = `fairlead rollback ${system}/${service}`;
  return carriedOut(scene, { kind: 'rollback', said, who, fields: { service } });
}

/** Of the whole system: a backup, a drill, a recovery. */
export async function carryOut(
  scene: Scene,
  who: string,
  { kind, verb, fields = {} }: { kind: OperationKind; verb: string; fields?: object },
  act?: Act,
): Promise<Report> {
  const said = `fairlead ${verb} ${(scene.on ?? DEFAULT).system}`;
  return carriedOut(scene, { kind, said, who, fields }, act);
}

/** Users from now on, until it is stopped. */
export async function loadOn(scene: Scene, options: LoadOptions = {}): Promise<Load> {
  const url = await urlOf(scene);
  scene.story.tell(`8 clients send requests to ${url} from now on`);
  return startLoad(url, options);
}

/** Where users reach the service. */
export async function urlOf({ temporal, on = DEFAULT }: Scene): Promise<string> {
  return (await askSystem(temporal, on.system)).services[on.service]?.url ?? '';
}

async function carriedOut(
  scene: Scene,
  { kind, said, who, fields }: { kind: OperationKind; said: string; who: string; fields: object },
  act: Act = async () => undefined,
): Promise<Report> {
  const { temporal, story } = scene;
  const { system } = scene.on ?? DEFAULT;
  const asked = { system, ...fields, requestedBy: who };
  const runbook: Runbook = RUNBOOKS[kind];
  const request = { ...parseRequest(runbook, asked) };
  story.tell(`${who}: ${said}`);
  const operation = runbook.id(request);
  const summary = summaryOf(runbook, request);
  const run = await startRun(temporal, runbook.type, operation, request, { summary });
  return followRun(scene, run, act);
}

/** To its end, whoever started it. */
export async function followRun(scene: Scene, run: RunName, act: Act): Promise<Report> {
  const { temporal, story } = scene;
  const { system } = scene.on ?? DEFAULT;
  const end = await followed(scene, run, act);
  story.tell(`${run.operation}: ${end.outcome ?? end.state}`);
  return await askReport(temporal, { ...run, open: false, system });
}

async function followed(scene: Scene, run: RunName, act: Act): Promise<OperationStatus> {
  const { temporal, story, signal } = scene;
  let before: OperationStatus | undefined;
  for (;;) {
    signal.throwIfAborted();
    const answer = await askStatus(temporal, run, QUERY_MS);
    if (answer.from === 'worker') {
      const { status } = answer;
      for (const line of news(before, status)) story.tell(line);
      before = status;
      if (status.state === 'closed') return status;
      if (status.state === 'parked') {
        throw new Error(`${run.operation} parked at ${status.step ?? ''}: ${status.note ?? ''}`);
      }
      await act(status, run);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}
