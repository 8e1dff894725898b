// Performs one action of a runbook and says what came of it; one performer per kind of change.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  isCancellation,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import { operationId } from '../../domain/operation.ts';
import type { Weights } from '../../domain/model.ts';
import type { PlanStep, StepAction } from '../../domain/plan.ts';
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import { shown } from '../../domain/weights.ts';
import { bakeStep, checkAt } from './bake.ts';
import { call, failureOf, type ActivityName, type InputOf, type ValueOf } from './call.ts';
import { dataStep } from './data-steps.ts';
import { derivedStep } from './derived-steps.ts';
import { drillStep } from './drill-steps.ts';
import { configOf, placeIn, planOf, record, type Run } from './run.ts';
import { endStep, underLease, type Named } from './under-lease.ts';

type ActionOf<Kind extends StepAction['kind']> = Extract<StepAction, { kind: Kind }>;

export async function performChange(run: Run, step: PlanStep): Promise<RunbookEvent> {
  record(run, { type: 'step', id: step.id, title: step.title, status: 'started', attempts: 0 });
  const event = await guarded(run, () => change(run, step));
  if (event.type === 'failed' || step.bake === undefined) closeStep(run, step, event);
  return event;
}

export async function performBake(run: Run, step: PlanStep): Promise<RunbookEvent> {
  const event = await guarded(run, () => bakeStep(run, step));
  closeStep(run, step, event);
  return event;
}

/** Turns what an activity failed with into an event; an interrupt of ours into what it stands for. */
async function guarded(run: Run, work: () => Promise<RunbookEvent>): Promise<RunbookEvent> {
  try {
    return await work();
  } catch (error) {
    if (isCancellation(error)) throw error;
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return { type: 'failed', ...failure };
  }
}

async function change(run: Run, step: PlanStep): Promise<RunbookEvent> {
  const { action } = step;
  switch (action.kind) {
    case 'check':
      return checkAt(run, step, action);
    case 'watch':
      return { type: 'done' };
    case 'retire':
      return retire(run, step, action);
    case 'ready':
      return ready(run, step, action);
    case 'ensure': {
      const { spec, replicas } = action;
      const place = placeIn(run, action.service);
      return mutate(run, step, action.service, 'ensureRevision', { place, spec, replicas });
    }
    case 'scale':
    case 'restart':
    case 'remove':
      return resize(run, step, action);
    case 'weights':
    case 'stop':
    case 'admit':
      return shift(run, step, action);
    case 'backup':
    case 'retention':
    case 'rung':
    case 'conclude':
    case 'discard':
      return dataStep(run, step, action);
    case 'empty':
    case 'warm':
      return derivedStep(run, step, action);
    default:
      return drillStep(run, step, action);
  }
}

function resize(
  run: Run,
  step: PlanStep,
  action: ActionOf<'scale' | 'restart' | 'remove'>,
): Promise<RunbookEvent> {
  const { revision, service } = action;
  const place = placeIn(run, service);
  switch (action.kind) {
    case 'scale':
      return mutate(run, step, service, 'scaleRevision', {
        place,
        revision,
        replicas: action.replicas,
      });
    case 'restart':
      return mutate(run, step, service, 'restartRevision', {
        place,
        revision,
        deadline: action.deadline,
      });
    case 'remove':
      return mutate(run, step, service, 'removeRevision', { place, revision });
  }
}

function shift(
  run: Run,
  step: PlanStep,
  action: ActionOf<'weights' | 'stop' | 'admit'>,
): Promise<RunbookEvent> {
  const place = placeIn(run, action.service);
  switch (action.kind) {
    case 'weights': {
      const { weights, capacity } = action;
      const expect = expectedWeights(run, action.service);
      run.attempted.set(action.service, weights);
      const deadline = readyDeadline(run, action.service);
      return mutate(run, step, action.service, 'shiftTraffic', {
        place,
        weights,
        expect,
        capacity,
        deadline,
      });
    }
    case 'stop':
      return mutate(run, step, action.service, 'stopService', place);
    case 'admit':
      return mutate(run, step, action.service, 'admitService', { place, percent: action.percent });
  }
}

async function ready(run: Run, step: PlanStep, action: ActionOf<'ready'>): Promise<RunbookEvent> {
  const { revision, deadline } = action;
  const { value, attempts } = await call(
    run,
    'awaitReady',
    { place: placeIn(run, action.service), revision, deadline },
    { profile: 'wait', step: step.id, summary: step.title },
  );
  endStep(run, step, attempts, value.detail);
  return { type: 'done' };
}

/** A change of a service under its lease. */
export async function mutate<Name extends ActivityName>(
  run: Run,
  step: Named,
  service: string,
  name: Name,
  input: InputOf<Name>,
  profile: 'change' | 'undo' = 'change',
): Promise<RunbookEvent> {
  const done = await underLease(run, step, service, name, input, profile);
  if ('lost' in done) return { type: 'failed', ...done.lost };
  settle(run, step, service, done.answer.value, done.answer.attempts);
  return { type: 'done' };
}

function settle<Name extends ActivityName>(
  run: Run,
  step: Named,
  service: string,
  value: ValueOf<Name>,
  attempts: number,
): void {
  if (typeof value !== 'object' || value === null || !('detail' in value)) return;
  if ('weights' in value) {
    run.weights[service] = value.weights;
    run.attempted.delete(service);
    record(run, { type: 'weights', service, versions: shown(value.weights) });
  }
  endStep(run, step, attempts, value.detail);
}

function closeStep(run: Run, step: PlanStep, event: RunbookEvent): void {
  const { attempts, detail } =
    run.done?.id === step.id ? run.done : { attempts: 1, detail: undefined };
  const failed = event.type === 'failed' || ('verdict' in event && event.verdict !== 'pass');
  const said = saidOf(event, detail);
  record(run, {
    type: 'step',
    id: step.id,
    title: step.title,
    status: failed ? 'failed' : 'done',
    attempts,
    ...(said !== undefined && { detail: said }),
  });
}

/** A judgement's own numbers come before what the operation would end with. */
function saidOf(event: RunbookEvent, detail: string | undefined): string | undefined {
  const message = 'message' in event ? event.message : '';
  const [first, second] = event.type === 'judged' ? [detail, message] : [message, detail];
  return first || second || undefined;
}

/** Starts the removal of an old revision, which outlives this operation. */
async function retire(run: Run, step: PlanStep, action: ActionOf<'retire'>): Promise<RunbookEvent> {
  const { system } = run.request;
  const { service, version, revision, delay } = action;
  const request = { system, service, version, revision, delay, requestedBy: run.operation };
  const workflowId = operationId('retireRevision', request);
  try {
    await CancellationScope.nonCancellable(() =>
      startChild('retireRevision', {
        workflowId,
        args: [request],
        memo: { revision, request },
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        workflowTaskTimeout: '5s',
        staticSummary: `${version} of ${system}/${service}`,
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    endStep(run, step, 1, `${workflowId} is under way already and goes on`);
  }
  return { type: 'done' };
}

/** What the traffic may be like, as far as this operation knows. */
export function expectedWeights(run: Run, service: string): Weights[] {
  const attempted = run.attempted.get(service);
  const known = run.weights[service] ?? planOf(run).before[service]?.weights ?? [];
  return attempted === undefined ? [known] : [known, attempted];
}

/** How long capacity may take to be there, in ms. */
export function readyDeadline(run: Run, service: string): number {
  return configOf(run, service).rollout.deadlines.ready;
}
