// How an operation is waited for, its gate answered, and what of its report has to be the same whatever happened
// meanwhile. Used by what carries operations out with a fault in them.
import type { WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { buildReport } from '../../../src/domain/record/build-report.ts';
import type { Report } from '../../../src/domain/record/report.ts';
import type { OperationStatus } from '../../../src/domain/operation/status.ts';
import { evidenceIn } from '../record/evidence-in.ts';
import type { FaultWorker } from './fault-process.ts';
import { awaitThat } from './await-that.ts';
import type { Lane } from './fault-run.ts';

/** A whole disturbed run; a machine that has other things to do is allowed for. */
const RUN_MS = 180_000;
const STATE = defineSearchAttributeKey('FairleadState', SearchAttributeType.KEYWORD);

/** Where an operation is started, and who works on it: another one after each that died. */
export interface Carried {
  taskQueue: string;
  workers: FaultWorker[];
}

/** What a person does while the operation is open and no activity of it is; asked again and again. */
export type Answer = (handle: WorkflowHandle) => Promise<void>;

export async function reportAtEnd(
  lane: Lane,
  handle: WorkflowHandle,
  workers: FaultWorker[],
  answer: Answer = approving(lane),
): Promise<Report> {
  let page = '';
  const look = async (): Promise<string | undefined> => {
    const broken = workers.find((worker) => worker.ended && worker.said !== '');
    if (broken !== undefined) throw new Error(`a worker ended: ${broken.said}`);
    // A server that was killed does not answer for a while.
    const found = await handle.describe().catch(() => undefined);
    if (found === undefined) return undefined;
    const { status, typedSearchAttributes, raw, runId } = found;
    // What is deployed is judged all the while that people are waited for.
    const pending = (raw.pendingActivities ?? []).filter(
      ({ activityType }) => activityType?.name !== 'watchWhileWaiting',
    );
    const state = typedSearchAttributes.get(STATE);
    page = `${status.name}, ${state ?? 'no state'}, pending ${JSON.stringify(pending)}`;
    if (state === 'parked') throw new Error(`${handle.workflowId} parked: ${await noteOf(handle)}`);
    if (status.name !== 'RUNNING') return runId;
    // A server or a worker that is dead answers nothing for a while.
    if (pending.length === 0) await answer(handle).catch(() => undefined);
    return undefined;
  };
  try {
    const what = `${handle.workflowId} to end`;
    const runId = await awaitThat(what, look, { within: RUN_MS, every: 100 });
    const evidence = evidenceIn(lane.place.data);
    return buildReport(await evidence.read({ workflowId: handle.workflowId, runId }));
  } catch (error) {
    throw new Error(`${String(error)}; it was ${page}`, { cause: error });
  }
}

/** Approves the one gate. Whoever answers was told of it: a gate that is answered at once is told to nobody. */
function approving(lane: Lane): Answer {
  let answered = false;
  return async (handle) => {
    if (answered || (await stateOf(handle)) !== 'waiting') return;
    const { runId } = await handle.describe();
    if ((await lane.place.told(runId)).length === 0) return;
    await handle.signal('approve', { actor: 'ana' });
    answered = true;
  };
}

export async function stateOf(handle: WorkflowHandle): Promise<string | undefined> {
  const { typedSearchAttributes } = await handle.describe();
  return typedSearchAttributes.get(STATE);
}

/** What an operation says of itself, as people read it. */
async function noteOf(handle: WorkflowHandle): Promise<string> {
  const { note, step } = await handle.query<OperationStatus>('status');
  return `${step ?? 'no step'}: ${note ?? 'no reason'}`;
}

export function essence(report: Report): Record<string, unknown> {
  const { outcome, verdict, serving, clean, leftovers, findings } = report;
  return {
    ...{ outcome, verdict, serving, clean, leftovers },
    findings: findings.filter((text) => !isOfWatch(text)),
    steps: report.steps.map(({ id, status }) => `${id} ${status}`),
    weights: report.weights.map(({ versions }) =>
      versions.map(({ version, percent }) => `${version} ${percent} %`).join(', '),
    ),
    decisions: report.decisions.map(({ gate, decision, actor }) => [gate, decision, actor]),
    // Told beside what was asked for: how long nobody looked depends on when something was killed.
    verdicts: report.verdicts
      .filter(({ name, reason }) => name !== 'gap' && !isOfWatch(reason))
      .map(({ step, name, verdict }) => `${step} ${name} ${verdict}`),
    notices: report.notices?.map(({ about, delivered }) => [about, delivered]),
    undo: report.undo.map(({ step, verb, status }) => `${step} ${verb} ${status}`),
  };
}

/** How often a gate's watch looked before the answer came, and whether its worker lived then, depends on when something was killed. */
function isOfWatch(text: string): boolean {
  return /^while \S+ waited for .*(nobody looked since|in bake \d+: )/.test(text);
}
