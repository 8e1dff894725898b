// Runbooks of steps, maintenance windows and incidents with a fault in them: carried out with a person who answers whatever
// they ask, and what each came to.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { incidentStart } from '../../../src/domain/incident/incident-request.ts';
import type { OperationStatus } from '../../../src/domain/operation/status.ts';
import { createIncidents } from '../../../src/integrations/incidents.ts';
import { storeIn } from '../record/evidence-in.ts';
import { awaitThat } from './await-that.ts';
import { essence, reportAtEnd, stateOf, type Carried } from './fault-report.ts';
import type { Lane, StepsType } from './fault-run.ts';
import { PATIENCE_MS } from '../patience.ts';
import { MARKS } from './fault-system.ts';

const ASKED: Record<StepsType, { id: (system: string) => string; more: object }> = {
  runbook: { id: (system) => `run/${system}/tidy`, more: { runbook: 'tidy' } },
  maintenanceWindow: {
    id: (system) => `maintain/${system}`,
    more: { runbook: 'grow', reason: 'a test', lasts: 3_600_000 },
  },
};

export async function followSteps(
  lane: Lane,
  type: StepsType,
  { taskQueue, workers }: Carried,
): Promise<Record<string, unknown>> {
  const { system, client, place } = lane;
  const { id, more } = ASKED[type];
  const handle = await client.workflow.start(type, {
    workflowId: id(system),
    taskQueue,
    workflowTaskTimeout: '5s',
    args: [{ system, requestedBy: 'ana', ...more }],
  });
  const report = await reportAtEnd(lane, handle, workers, personAt(lane, type));
  const marks = join(place.systems, system, MARKS);
  const made = (await readFile(marks, 'utf8').catch(() => '')).split('\n').length - 1;
  await rm(marks, { force: true });
  return {
    outcome: report.outcome,
    operation: essence(report),
    brought: report.brought?.map(({ step, look }) => `${step} ${look.name}`),
    children: report.children?.map(({ step, outcome }) => `${step} ${outcome ?? 'open'}`),
    made,
    told: await place.told(report.runId),
  };
}

/** Answers what the runbook asks, once it was told: with the first option, or with a tick. */
function personAt(lane: Lane, type: StepsType): (handle: WorkflowHandle) => Promise<void> {
  const answered = new Set<string>();
  let asking: WorkflowHandle | undefined;
  return async (handle) => {
    asking ??= type === 'runbook' ? handle : await workOf(lane, handle);
    if (asking === undefined || (await stateOf(asking)) !== 'waiting') return;
    const { asks, runId } = await statusOf(asking);
    if (asks === undefined || answered.has(asks.step)) return;
    const { step, kind, options: [option] = [] } = asks;
    if (!(await lane.place.told(runId)).some((key) => key.includes(step))) return;
    await asking.signal(kind, { actor: 'ana', step, ...(option !== undefined && { option }) });
    answered.add(step);
  };
}

async function workOf(
  { client }: Lane,
  handle: WorkflowHandle,
): Promise<WorkflowHandle | undefined> {
  const { children = [] } = await statusOf(handle);
  const work = children.find(({ step }) => step === 'work');
  return work && client.workflow.getHandle(work.workflowId, work.runId);
}

/** A worker that stopped answers nobody: whoever waited for it would miss the end. */
async function statusOf(handle: WorkflowHandle): Promise<OperationStatus> {
  return handle.client.connection.withDeadline(Date.now() + 2000, () =>
    handle.query<OperationStatus>('status'),
  );
}

const MESSAGES: [string, object][] = [
  ['acknowledge', {}],
  ['update', { note: 'it looks like the index' }],
  ['update', { cause: 'the index', severity: 'P3' }],
  ['update', { mitigated: 'rolled back' }],
  ['followUp', { text: 'watch the index', owner: 'ben', due: '2099-01-31' }],
  ['update', { resolution: 'the index is there again' }],
  ['close', {}],
];

/** The id of the newest run; undefined where there is none, or the server does not answer. */
async function newestRun({ client }: Lane, workflowId: string): Promise<string | undefined> {
  return client.workflow
    .getHandle(workflowId)
    .describe()
    .then(
      ({ runId }) => runId,
      () => undefined,
    );
}

/** Opened by an alert that has a runbook look; worked on and closed by a person. */
export async function followIncident(
  lane: Lane,
  { taskQueue, workers }: Carried,
): Promise<Record<string, unknown>> {
  const { system, client, place } = lane;
  const id = `i-${Date.now()}`;
  const { type, ...start } = incidentStart({
    ...{ system, id, title: 'Users wait', severity: 'P2', service: 'api' },
    ...{ source: 'alert', runbook: 'glance', requestedBy: 'hooks' },
  });
  // Of the incident before there is one of the same id.
  const before = await newestRun(lane, `run/${system}/glance`);
  const handle = await client.workflow.start(type, { ...start, taskQueue });
  const { firstExecutionRunId: runId } = handle;
  const look = await awaitThat('the runbook of the alert', async () => {
    const found = await newestRun(lane, `run/${system}/glance`);
    return found === before ? undefined : found;
  });
  const looking = client.workflow.getHandle(`run/${system}/glance`, look);
  const looked = await reportAtEnd(lane, looking, workers);
  for (const [name, message] of MESSAGES) {
    await handle.executeUpdate(name, { args: [{ actor: 'ana', ...message }] });
  }
  await handle.result();
  const incidents = createIncidents(storeIn(join(place.data, 'objects')));
  const kept = await incidents.read(
    { system, id },
    {
      ...{ signal: AbortSignal.timeout(PATIENCE_MS), beat: () => undefined },
    },
  );
  const lines = kept?.timeline
    // What operations of the system did is seen when it is looked at.
    .filter(({ kind }) => kind !== 'operation')
    .map(({ kind, who, what }) => `${kind} ${who} ${what}`);
  return {
    outcome: kept?.incident.phase === 'closed' ? 'succeeded' : kept?.incident.phase,
    looked: looked.outcome,
    // What its runbook does is noted beside the rest.
    timeline: lines?.map((line) => line.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')).sort(),
    problem: kept?.problem,
    told: (await place.told(runId)).sort(),
  };
}
