// What people see of a run: the queries, the search attributes, the page in Temporal's Web UI.
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type SearchAttributeUpdatePair,
} from '@temporalio/common';
import {
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ParkedAnswer } from '../../domain/answers.ts';
import { detailsPage } from '../../domain/details-page.ts';
import { whoMay } from '../../domain/gate.ts';
import { datastoreOf, isDataKind } from '../../domain/operation.ts';
import type { OperationState } from '../../domain/outcome.ts';
import type { OperationKind } from '../../domain/plan.ts';
import { skippable } from '../../domain/runbook.ts';
import type { GateStatus, OperationStatus } from '../../domain/status.ts';
import { describeUndo } from '../../domain/undo.ts';
import { shown } from '../../domain/weights.ts';
import type { SearchAttributeName } from '../messages.ts';
import { openGateOf, reportOf, type Run } from './run.ts';

export function statusOf(run: Run): OperationStatus {
  const report = reportOf(run);
  const note = noteOf(run);
  const closed = run.outcome !== undefined;
  return {
    schema: 'fairlead/status/v1',
    operation: run.operation,
    runId: workflowInfo().runId,
    kind: run.kind,
    system: run.request.system,
    ...(run.loaded !== undefined && { systemDigest: run.loaded.digest }),
    state: stateOf(run),
    ...(run.step !== undefined && !closed && { step: run.step }),
    gates: gatesOf(run),
    weights: Object.entries(run.weights).flatMap(([service, weights]) =>
      shown(weights).map((weight) => ({ service, ...weight })),
    ),
    undo: [...(run.book?.undo ?? [])].reverse().map(describeUndo),
    ...(run.outcome !== undefined && { outcome: run.outcome }),
    ...(run.book?.verdict != null && { verdict: run.book.verdict }),
    ...(note !== undefined && { note }),
    ...waitingSince(run),
    ...answering(run),
    steps: report.steps.map(({ id, title, status, startedAt, endedAt }) => ({
      id,
      title,
      status,
      startedAt,
      ...(endedAt !== null && { endedAt }),
    })),
    verdicts: report.verdicts.map(({ step, name, verdict, reason }) => ({
      step,
      name,
      verdict,
      reason,
    })),
  };
}

/** Shows the state as it is now on the page; costs no history. */
export function showPage(run: Run): void {
  setCurrentDetails(
    detailsPage({
      status: statusOf(run),
      ...(run.plan !== undefined && { plan: run.plan }),
      ...(run.refusal !== undefined && { lastRefusal: run.refusal }),
      answers: answersOf(run),
    }),
  );
}

/** Shows it once for however many messages came at the same moment: a flood of them would stop the worker. */
export function showPageSoon(run: Run): void {
  if (run.pageDue === true) return;
  run.pageDue = true;
  void Promise.resolve().then(() => {
    delete run.pageDue;
    showPage(run);
  });
}

/** It has its outcome and is not closed yet: it waits for nobody's answer any more. */
export function showEnding(run: Run): void {
  setState(run, stateOf(run));
}

/** Sets the state, in the search attributes too when it is another one. */
export function setState(run: Run, state: OperationState): void {
  if (run.state !== state) {
    run.state = state;
    upsert({ FairleadState: state });
  }
  showPage(run);
}

export function announce(run: Run): void {
  const { system } = run.request;
  const target = isDataKind(run.kind) ? datastoreOf(run.request) : run.request.service;
  upsert({
    FairleadKind: run.kind,
    FairleadSystem: system,
    FairleadTarget: target === undefined ? system : `${system}/${target}`,
    FairleadOperation: run.operation,
    FairleadState: run.state,
  });
  showPage(run);
}

export function announceEnd(run: Run): void {
  run.state = 'closed';
  upsert({
    FairleadState: 'closed',
    ...(run.outcome !== undefined && { FairleadOutcome: run.outcome }),
  });
  showPage(run);
}

/** Its input said nothing that could be done: it has no record, and a list shows how it ended all the same. */
export function announceRefusal(kind: OperationKind): void {
  if (!patched('refusal-attributes')) return;
  upsert({ FairleadKind: kind, FairleadState: 'closed', FairleadOutcome: 'failed' });
}

/** Which messages answer a parked step. */
export function answersOf(run: Run): ParkedAnswer[] {
  const kind = run.book?.problem?.kind;
  const changed = kind === 'WorldChanged' || kind === 'Outage';
  const skip = run.book !== undefined && skippable(run.book);
  return [
    'retryStep',
    ...(changed ? (['adopt'] as const) : []),
    ...(skip ? (['skipStep'] as const) : []),
    'abort',
  ];
}

function upsert(values: Partial<Record<SearchAttributeName, string>>): void {
  const pairs = Object.entries(values).map(([name, value]): SearchAttributeUpdatePair => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value,
  }));
  upsertSearchAttributes(pairs);
}

/** As people see it: what has its outcome waits for nobody and undoes nothing any more. */
function stateOf({ state, outcome }: Run): OperationState {
  return outcome !== undefined && state !== 'closed' ? 'running' : state;
}

function gatesOf(run: Run): GateStatus[] {
  const gate = openGateOf(run);
  if (gate === undefined || stateOf(run) !== 'waiting') return [];
  return [
    {
      id: gate.id,
      policy: gate.policyName,
      digest: gate.digest,
      need: gate.need,
      have: gate.approvals.length,
      who: whoMay(gate),
      openedAt: new Date(gate.openedAt).toISOString(),
      expiresAt: new Date(gate.expiresAt).toISOString(),
    },
  ];
}

function answering(run: Run): Pick<OperationStatus, 'answers' | 'lastRefused'> {
  const answers = stateOf(run) === 'parked' ? { answers: answersOf(run) } : {};
  if (run.refusal === undefined) return answers;
  const { name: message, actor, reason: note, at } = run.refusal;
  return { ...answers, lastRefused: { message, ...(actor !== null && { actor }), note, at } };
}

function waitingSince({ waitingSince: at, outcome }: Run): Pick<OperationStatus, 'waitingSince'> {
  return at === undefined || outcome !== undefined
    ? {}
    : { waitingSince: new Date(at).toISOString() };
}

function noteOf(run: Run): string | undefined {
  if (run.outcome !== undefined) return run.message;
  if (run.state === 'parked') return run.book?.problem?.message;
  if (run.paused !== undefined) return `paused by ${run.paused.by}; send resume to go on`;
  return run.message ?? run.turn ?? run.book?.ending?.message;
}
