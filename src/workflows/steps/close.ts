// The end of every operation: the record closed, the leases given back, the outcome as Temporal shows it.
import { allHandlersFinished, CancelledFailure, condition } from '@temporalio/workflow';
import { summarise } from '../../domain/record/build-report.ts';
import { COMPLETES, type Outcome } from '../../domain/operation/outcome.ts';
import type { Plan } from '../../domain/operation/plan.ts';
import type { RecordHead } from '../../activities/record/seal.ts';
import type { ReportSummary } from '../../domain/record/report.ts';
import { giveBackFreeze } from '../freezing/own-freeze.ts';
import { call, failureOf, type InputOf } from './call.ts';
import { askingAgain, endingFailure } from './ending-failure.ts';
import { giveBackLeases } from './leases.ts';
import { tellOfEnd, untilTold } from './notices.ts';
import { announceEnd, showEnding } from './page.ts';
import { settleMessages } from './settle-messages.ts';
import { logEnd } from './logged.ts';
import { record, recordOpening } from './record.ts';
import { planOf, reportOf, type Progress, type Run } from './run.ts';

export type OperationResult = ReportSummary & { plan?: Plan };

/** How an operation ends, before its record is closed. */
export interface End {
  outcome: Outcome;
  message: string;
  /** The kind of failure behind it, for the exit code. */
  kind?: string;
  /** What was asked for was not there: no record is kept of it. */
  unrecorded?: boolean;
}

/** Call it where nothing cancels it. Returns what completes the workflow, throws what fails it. */
export async function close(run: Run, end: End): Promise<OperationResult> {
  run.progress.outcome = end.outcome;
  run.progress.message = end.message;
  delete run.progress.step;
  tellOfEnd(run, end.outcome, end.message);
  if (run.people.notices.size > 0) showEnding(run);
  await untilTold(run, () => giveBackFirst(run));
  await settleMessages(run);
  // What ended before its system was loaded has a record all the same.
  if (!run.record.entries.some((entry) => entry.type === 'opened')) recordOpening(run);
  for (const text of lastFindings(run)) record(run, { type: 'finding', text });
  const summary =
    end.unrecorded === true
      ? closedHere(run, { ...end, verdict: null, leftovers: [] })
      : await sealed(run, end);
  await tolerating(() => giveBackLeases(run));
  await giveBackFreeze(run);
  announceEnd(run);
  logEnd(run, end);
  await condition(allHandlersFinished);
  if (run.progress.cancelled === true) throw new CancelledFailure(end.message);
  if (COMPLETES.has(end.outcome)) {
    return end.outcome === 'planned' ? { ...summary, plan: planOf(run) } : summary;
  }
  const details = [summary, { kind: end.kind ?? null }];
  throw endingFailure(end.outcome, end.message, details, askingAgain(end.outcome) === 'later');
}

async function sealed(run: Run, { outcome, message }: End): Promise<ReportSummary> {
  const input = {
    at: new Date(Date.now()).toISOString(),
    outcome,
    message,
    ...endingOf(run.progress),
    ...lookOf(run),
    target: targetOf(run),
    system: run.request.system,
    leases: Object.values(run.leases.held),
  };
  const entries = headOf(run);
  run.record.isClosing = true;
  try {
    const summary = 'Close the record';
    const options = { profile: 'look', step: 'seal', summary, urgent: true } as const;
    const { value } = await call(run, 'sealReport', { ...input, entries }, options).catch(
      (error: unknown) => {
        if (failureOf(error)?.kind !== 'NotFound') throw error;
        // What the record has lost is written anew.
        return call(run, 'sealReport', { ...input, entries: run.record.entries }, options);
      },
    );
    if (value.released) run.leases.held = {};
    run.record.entries.push(...value.entries);
    if (value.signed) run.record.signed = value.signed;
    return value.summary;
  } catch (error) {
    const why = failureOf(error)?.message;
    if (why === undefined) throw error;
    return sealedHere(run, input, why);
  }
}

/** What is served is looked at with the leases; without them, it may be somebody else's work by now. */
function lookOf(run: Run): Pick<InputOf<'sealReport'>, 'services' | 'seen'> {
  const services = Object.keys(run.basis.plan?.before ?? {});
  if (run.leases.gaveBack !== true) return { services };
  // What it was about to set may be set or not: then nobody knows.
  return run.traffic.attempted.size > 0
    ? { services: [] }
    : { services, seen: run.traffic.weights };
}

async function giveBackFirst(run: Run): Promise<void> {
  await tolerating(() => giveBackLeases(run));
  run.leases.held = {};
  run.leases.gaveBack = true;
}

/** The record is closed in the workflow alone when its keeper does not answer. */
function sealedHere(
  run: Run,
  { outcome, message, verdict, leftovers }: Omit<InputOf<'sealReport'>, 'entries'>,
  why: string,
): ReportSummary {
  const text = `the record could not be closed where it is kept: ${why}`;
  delete run.record.isClosing;
  record(run, { type: 'finding', text });
  return closedHere(run, { outcome, message, verdict, leftovers });
}

/** What the queries answer with; it is written nowhere. */
function closedHere(
  run: Run,
  end: Pick<InputOf<'sealReport'>, 'outcome' | 'message' | 'verdict' | 'leftovers'>,
): ReportSummary {
  const { outcome, message, verdict, leftovers } = end;
  record(run, { type: 'closed', outcome, verdict, serving: 'unknown', message, leftovers });
  run.record.isClosing = true;
  return summarise(reportOf(run));
}

async function tolerating(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // The server ends a lease with its parent: what could not be given back is not kept either.
    if (failureOf(error) === undefined) throw error;
  }
}

function endingOf({ machine }: Progress): Pick<InputOf<'sealReport'>, 'verdict' | 'leftovers'> {
  return { verdict: machine?.verdict ?? null, leftovers: machine?.leftovers ?? [] };
}

function lastFindings(run: Run): string[] {
  const unsigned = run.people.gates.flatMap((gate) =>
    gate.override !== undefined && gate.override.countersigned === undefined
      ? [`${gate.override.by} broke the glass of ${gate.id} and nobody countersigned`]
      : [],
  );
  const uncounted =
    run.people.receivedCount - run.record.entries.filter((one) => one.type === 'message').length;
  const more = uncounted > 0 ? [`${uncounted} more messages came and were not recorded`] : [];
  return [...(run.progress.machine?.findings ?? []), ...unsigned, ...more];
}

function headOf({ record: { entries } }: Run): RecordHead {
  return { count: entries.length, head: entries.at(-1)?.hash ?? null };
}

function targetOf(run: Run): string | null {
  const weights = run.basis.plan?.steps.findLast((step) => step.action.kind === 'weights');
  return weights?.action.kind === 'weights' ? weights.action.capacity.revision : null;
}
