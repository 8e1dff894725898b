// The end of every operation: the record closed, the leases given back, the outcome as Temporal shows it.
import { allHandlersFinished, CancelledFailure, condition } from '@temporalio/workflow';
import { summarise } from '../../domain/build-report.ts';
import { COMPLETES, type Outcome } from '../../domain/outcome.ts';
import type { Plan } from '../../domain/plan.ts';
import type { ReportSummary } from '../../domain/report.ts';
import { call, failureOf, type InputOf } from './call.ts';
import { endingFailure } from './ending-failure.ts';
import { giveBackLeases } from './leases.ts';
import { tellOfEnd, untilTold } from './notices.ts';
import { announceEnd, showEnding } from './page.ts';
import { settleMessages } from './people.ts';
import { logEnd } from './logged.ts';
import { placeIn, planOf, record, recordOpening, reportOf, type Run } from './run.ts';

export type OperationResult = ReportSummary & { plan?: Plan };

/** How an operation ends, before its record is closed. */
export interface End {
  outcome: Outcome;
  message: string;
  /** The kind of failure behind it, for the exit code. */
  kind?: string;
}

/** Call it where nothing cancels it. Returns what completes the workflow, throws what fails it. */
export async function close(run: Run, end: End): Promise<OperationResult> {
  run.outcome = end.outcome;
  run.message = end.message;
  delete run.step;
  tellOfEnd(run, end.outcome, end.message);
  if (run.notices.size > 0) showEnding(run);
  await untilTold(run, () => giveBackFirst(run));
  await settleMessages(run);
  // What ended before its system was loaded has a record all the same.
  if (!run.entries.some((entry) => entry.type === 'opened')) recordOpening(run);
  for (const text of lastFindings(run)) record(run, { type: 'finding', text });
  const summary = await sealed(run, end);
  if (run.gaveBack !== true) await tolerating(() => giveBackLeases(run));
  announceEnd(run);
  logEnd(run, end);
  await condition(allHandlersFinished);
  if (run.cancelled === true) throw new CancelledFailure(end.message);
  if (COMPLETES.has(end.outcome)) {
    return end.outcome === 'planned' ? { ...summary, plan: planOf(run) } : summary;
  }
  throw endingFailure(end.outcome, end.message, [summary, { kind: end.kind ?? null }]);
}

async function sealed(run: Run, { outcome, message }: End): Promise<ReportSummary> {
  const input = {
    entries: run.entries,
    at: new Date(Date.now()).toISOString(),
    outcome,
    message,
    ...bookEnd(run),
    ...lookOf(run),
    target: targetOf(run),
    system: run.request.system,
    systemDigest: run.loaded?.digest ?? '',
  };
  try {
    const summary = 'Close the record';
    // It is sent all entries, and writes those anew that are gone.
    const options = { profile: 'look', step: 'seal', summary, urgent: true } as const;
    const { value } = await call(run, 'sealReport', input, options);
    run.entries.push(...value.entries);
    // A worker of an earlier release answered without one.
    if (value.signed) run.signed = value.signed;
    return value.summary;
  } catch (error) {
    const why = failureOf(error)?.message;
    if (why === undefined) throw error;
    return sealedHere(run, input, why);
  }
}

/** What is served is looked at with the leases; without them, it may be somebody else's work by now. */
function lookOf(run: Run): Pick<InputOf<'sealReport'>, 'places' | 'seen'> {
  const services = Object.keys(run.plan?.before ?? {});
  const places = services.map((service) => placeIn(run, service));
  if (run.gaveBack !== true) return { places };
  // What it was about to set may be set or not: then nobody knows.
  return run.attempted.size > 0 ? { places: [] } : { places, seen: run.weights };
}

async function giveBackFirst(run: Run): Promise<void> {
  await tolerating(() => giveBackLeases(run));
  run.gaveBack = true;
}

/** The record is closed in the workflow alone when its keeper does not answer. */
function sealedHere(
  run: Run,
  { outcome, message, verdict, leftovers }: InputOf<'sealReport'>,
  why: string,
): ReportSummary {
  const text = `the record could not be closed where it is kept: ${why}`;
  record(run, { type: 'finding', text });
  record(run, { type: 'closed', outcome, verdict, serving: 'unknown', message, leftovers });
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

function bookEnd({ book }: Run): Pick<InputOf<'sealReport'>, 'verdict' | 'leftovers'> {
  return { verdict: book?.verdict ?? null, leftovers: book?.leftovers ?? [] };
}

function lastFindings(run: Run): string[] {
  const unsigned = run.gates.flatMap((gate) =>
    gate.override !== undefined && gate.override.countersigned === undefined
      ? [`${gate.override.by} broke the glass of ${gate.id} and nobody countersigned`]
      : [],
  );
  const uncounted = run.receivedCount - run.entries.filter((one) => one.type === 'message').length;
  const more = uncounted > 0 ? [`${uncounted} more messages came and were not recorded`] : [];
  return [...(run.book?.findings ?? []), ...unsigned, ...more];
}

function targetOf(run: Run): string | null {
  const weights = run.plan?.steps.findLast((step) => step.action.kind === 'weights');
  return weights?.action.kind === 'weights' ? weights.action.capacity.revision : null;
}
