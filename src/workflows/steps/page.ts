// What people see of a run: the queries, the search attributes, the page in Temporal's Web UI.
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type SearchAttributeUpdatePair,
} from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import type { ParkedAnswer } from '../../domain/people/answers.ts';
import { detailsPage } from '../../domain/people/details-page.ts';
import { notBy, whoMay } from '../../domain/people/gate.ts';
import { datastoreOf } from '../../domain/operation/operation.ts';
import type { OperationState } from '../../domain/operation/outcome.ts';
import { skippable } from '../../domain/operation/read-machine.ts';
import type { GateStatus, OperationStatus } from '../../domain/operation/status.ts';
import { childRows } from '../../domain/record/report-children.ts';
import type { Report } from '../../domain/record/report.ts';
import { commandText } from '../../domain/text/command-text.ts';
import type { EvidenceEntry } from '../../domain/record/evidence.ts';
import { describeUndo } from '../../domain/operation/undo.ts';
import { STEPS_KINDS } from '../../domain/steps/actions.ts';
import { shown } from '../../domain/traffic/weights.ts';
import { summaryOf } from '../../runbooks/runbook.ts';
import type { SearchAttributeName } from '../messages.ts';
import { gateWatchOf } from './gate-watch-state.ts';
import { openGateOf, reportOf, type Progress, type Run } from './run.ts';

export function statusOf(run: Run): OperationStatus {
  const report = reportOf(run);
  const note = noteOf(run);
  const closed = run.progress.outcome !== undefined;
  return {
    schema: 'fairlead/status/v1',
    operation: run.operation,
    runId: workflowInfo().runId,
    kind: run.runbook.type,
    system: run.request.system,
    summary: summaryOf(run.runbook, run.request, run.basis.plan),
    ...(run.basis.loaded !== undefined && { systemDigest: run.basis.loaded.digest }),
    state: stateOf(run.progress),
    ...(run.progress.step !== undefined && !closed && { step: run.progress.step }),
    gates: gatesOf(run),
    weights: Object.entries(run.traffic.weights).flatMap(([service, weights]) =>
      shown(weights).map((weight) => ({ service, ...weight })),
    ),
    undo: [...(run.progress.machine?.undo ?? [])].reverse().map(describeUndo),
    ...(run.progress.outcome !== undefined && { outcome: run.progress.outcome }),
    ...(run.progress.machine?.verdict != null && { verdict: run.progress.machine.verdict }),
    ...(note !== undefined && { note }),
    ...leftIn(report),
    ...heldOf(run.progress),
    ...childrenIn(report),
    ...peopleOf(run),
    ...waitingSince(run),
    ...answering(run),
    ...gateWatchOf(run.people.watch),
    steps: report.steps.map(({ id, title, status, startedAt, endedAt }) => ({
      id,
      title,
      status,
      startedAt,
      ...(endedAt !== null && { endedAt }),
    })),
    verdicts: run.record.entries.flatMap(verdictOf),
  };
}

/** Of a record that is closed: before, it is what would be undone. */
function leftIn({ outcome, leftovers }: Report): Pick<OperationStatus, 'leftovers'> {
  return outcome === null || leftovers.length === 0 ? {} : { leftovers };
}

function verdictOf(entry: EvidenceEntry): OperationStatus['verdicts'] {
  if (entry.type !== 'verdict') return [];
  const { at, step, name, verdict, reason, samples, reads, expected, got } = entry;
  const more = {
    ...(reads !== undefined && { reads }),
    ...(expected !== undefined && { expected }),
    ...(got !== undefined && { got }),
  };
  return [{ at, step, name, verdict, reason, samples, ...more }];
}

/**
 * Puts the page in the place of the text that `setCurrentDetails` would set, so that it is made when somebody looks at it,
 * and not at each change. Reaches into the SDK: look here after an upgrade (test/workflows/approvals.test.ts reads the page).
 */
export function showPage(run: Run): void {
  Object.defineProperty(getActivator(), 'currentDetails', { get: () => pageOf(run) });
}

function pageOf(run: Run): string {
  return detailsPage({
    status: statusOf(run),
    ...(run.basis.plan !== undefined && { plan: run.basis.plan }),
    ...(run.people.refusal !== undefined && { lastRefusal: run.people.refusal }),
    answers: answersOf(run),
  });
}

/** Shows an operation that has its outcome and is not closed yet: it waits for nobody's answer any more. */
export function showEnding(run: Run): void {
  setState(run, stateOf(run.progress));
}

/** Sets the state, in the search attributes too when it is another one. */
export function setState(run: Run, state: OperationState): void {
  if (run.progress.state === state) return;
  run.progress.state = state;
  upsert({ FairleadState: state, ...summed(run) });
}

export function announce(run: Run): void {
  const { system } = run.request;
  const target = run.request.service ?? datastoreOf(run.request);
  upsert({
    FairleadKind: run.runbook.type,
    FairleadSystem: system,
    FairleadTarget: target === undefined ? system : `${system}/${target}`,
    FairleadOperation: run.operation,
    FairleadState: run.progress.state,
    ...summed(run),
  });
}

/** Comes along with the state: what users were on is known once there is a plan, and a command of its own would say no more. */
function summed({ runbook, request, basis: { plan } }: Run) {
  const known: unknown = workflowInfo().memo?.['summary'];
  const before = plan === undefined && typeof known === 'string' ? known : undefined;
  return { FairleadSummary: before ?? summaryOf(runbook, request, plan) };
}

export function announceEnd(run: Run): void {
  run.progress.state = 'closed';
  upsert({
    FairleadState: 'closed',
    ...summed(run),
    ...(run.progress.outcome !== undefined && { FairleadOutcome: run.progress.outcome }),
  });
}

/** Shows an operation whose input was refused: it has no record, and a list shows how it ended all the same. */
export function announceRefusal(kind: string): void {
  upsert({ FairleadKind: kind, FairleadState: 'closed', FairleadOutcome: 'refused' });
}

/** Which messages answer a parked step. */
export function answersOf(run: Run): ParkedAnswer[] {
  const kind = run.progress.machine?.problem?.kind;
  const changed = (kind === 'WorldChanged' || kind === 'Outage') && !isWritten(run.progress);
  const skip = run.progress.machine !== undefined && skippable(run.progress.machine);
  return [
    'retryStep',
    ...(changed ? (['adopt'] as const) : []),
    ...(skip ? (['skipStep'] as const) : []),
    'abort',
  ];
}

/** Of a step that people wrote nobody knows which world there is to adopt. */
function isWritten({ machine }: Progress): boolean {
  const action = machine?.steps[machine.index]?.action;
  return action !== undefined && STEPS_KINDS.has(action.kind);
}

function upsert(values: Partial<Record<SearchAttributeName, string>>): void {
  const pairs = Object.entries(values).map(([name, value]): SearchAttributeUpdatePair => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value,
  }));
  upsertSearchAttributes(pairs);
}

/** As people see it: what has its outcome waits for nobody and undoes nothing any more. */
function stateOf({ state, outcome }: Progress): OperationState {
  return outcome !== undefined && state !== 'closed' ? 'running' : state;
}

function gatesOf(run: Run): GateStatus[] {
  const gate = openGateOf(run.people);
  if (gate === undefined || stateOf(run.progress) !== 'waiting') return [];
  const excluded = notBy(gate);
  return [
    {
      id: gate.id,
      policy: gate.policyName,
      digest: gate.digest,
      ...(gate.signed !== undefined && { signedFor: gate.opening.run }),
      need: gate.need,
      have: gate.approvals.length,
      who: whoMay(gate),
      ...(excluded !== undefined && { notBy: excluded }),
      openedAt: new Date(gate.openedAt).toISOString(),
      expiresAt: new Date(gate.expiresAt).toISOString(),
    },
  ];
}

function childrenIn({ children = [] }: Report): Pick<OperationStatus, 'children'> {
  const shown = children.map(({ step, operation, workflowId, runId, outcome }) => ({
    ...{ step, operation, workflowId, runId },
    ...(outcome !== null && { outcome }),
  }));
  return shown.length === 0 ? {} : { children: shown };
}

function answering(run: Run): Pick<OperationStatus, 'answers' | 'lastRefused'> {
  const answers = stateOf(run.progress) === 'parked' ? { answers: answersOf(run) } : {};
  if (run.people.refusal === undefined) return answers;
  const { name: message, actor, reason: note, at } = run.people.refusal;
  return { ...answers, lastRefused: { message, ...(actor !== null && { actor }), note, at } };
}

function whatGoesOn({ held, message, leaseWait, machine }: Progress): string | undefined {
  return held === undefined
    ? (message ?? leaseWait ?? machine?.ending?.message)
    : `held: ${held.why}`;
}

function heldOf({ held, outcome }: Progress): Pick<OperationStatus, 'held' | 'heldByWindow'> {
  if (held === undefined || outcome !== undefined) return {};
  return held.window === undefined ? { held: held.freeze } : { heldByWindow: held.window };
}

/** Who has it, and what it asks a person for. */
function peopleOf(run: Run): Pick<OperationStatus, 'asks' | 'handOver'> {
  const { handOver } = run.people;
  return { ...asksOf(run), ...(handOver !== undefined && { handOver }) };
}

/** What a step asks a person for; answered, it asks no more. */
function asksOf({ people: { asked }, progress }: Run): Pick<OperationStatus, 'asks'> {
  if (asked === undefined || asked.answer !== undefined || progress.outcome !== undefined)
    return {};
  const { step, kind, text, options, since } = asked;
  return { asks: { step, kind, text, since, ...(options !== undefined && { options }) } };
}

function waitingSince({
  people: { waitingSince: at },
  progress: { outcome },
}: Run): Pick<OperationStatus, 'waitingSince'> {
  return at === undefined || outcome !== undefined
    ? {}
    : { waitingSince: new Date(at).toISOString() };
}

/** The operation that a step waits for now. */
function waitsForChild({ record: { entries } }: Run): string | undefined {
  const open = childRows(entries).find(({ outcome }) => outcome === null);
  return (
    open && `${open.step}: ${open.operation} goes on (${commandText('status', open.operation)})`
  );
}

function noteOf(run: Run): string | undefined {
  if (run.progress.outcome !== undefined) return run.progress.message;
  if (run.progress.state === 'parked') return run.progress.machine?.problem?.message;
  if (run.people.paused !== undefined)
    return `paused by ${run.people.paused.by}; send resume to go on`;
  return whatGoesOn(run.progress) ?? waitsForChild(run);
}
