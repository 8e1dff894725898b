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
import { startLoad, type Load } from './load.ts';
import { news, type Story } from './story.ts';

export const SYSTEM = 'commercial-view';
const SERVICE = 'api';

const POLL_MS = 200;
const QUERY_MS = 1_000;

export interface Scene {
  temporal: Temporal;
  story: Story;
  signal: AbortSignal;
  /** What it plays on, where that is another system. */
  system?: string;
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
  const said = `fairlead deploy ${scene.system ?? SYSTEM}/${SERVICE} ${version}${flags}`;
  return carriedOut(scene, { kind, said, who, fields: { service: SERVICE, version } }, act);
}

export async function rollback(scene: Scene, who: string): Promise<Report> {
  const said = `fairlead rollback ${SYSTEM}/${SERVICE}`;
  return carriedOut(scene, { kind: 'rollback', said, who, fields: { service: SERVICE } });
}

/** Of the whole system: a backup, a drill, a recovery. */
export async function carryOut(
  scene: Scene,
  who: string,
  { kind, verb, fields = {} }: { kind: OperationKind; verb: string; fields?: object },
  act?: Act,
): Promise<Report> {
  const said = `fairlead ${verb} ${scene.system ?? SYSTEM}`;
  return carriedOut(scene, { kind, said, who, fields }, act);
}

/** Users from now on, until it is stopped. */
export async function loadOn(
  scene: Scene,
  { paths, pauseMs }: { paths?: readonly string[]; pauseMs?: number } = {},
): Promise<Load> {
  const url = await urlOf(scene);
  scene.story.tell(`8 clients send requests to ${url} from now on`);
  return startLoad(url, pauseMs, paths);
}

/** Where users reach the service. */
export async function urlOf({ temporal, system = SYSTEM }: Scene): Promise<string> {
  return (await askSystem(temporal, system)).services[SERVICE]?.url ?? '';
}

async function carriedOut(
  scene: Scene,
  { kind, said, who, fields }: { kind: OperationKind; said: string; who: string; fields: object },
  act: Act = async () => undefined,
): Promise<Report> {
  const { temporal, story, system = SYSTEM } = scene;
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
  const { temporal, story, system = SYSTEM } = scene;
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
