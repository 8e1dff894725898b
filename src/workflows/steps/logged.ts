// What an operation says of itself while it runs: a line in the worker's log for each entry of its record, and
// the worker's metrics. None of it is a command or is repeated by a replay; the record (run.ts) is what counts.
// A workflow task that is tried again says its lines again.
import { log, metricMeter } from '@temporalio/workflow';
import type { EvidenceBody } from '../../domain/record/evidence.ts';
import type { Failure } from '../../domain/failure.ts';
import type { Outcome } from '../../domain/operation/outcome.ts';
import type { Action } from '../../domain/operation/machine-state.ts';
import {
  ENDED,
  ENDED_HELP,
  STEP_DURATION,
  STEP_HELP,
  stepLabel,
} from '../../domain/operation/watched.ts';
import type { Run } from './run.ts';

/** Outcomes that are logged as warnings: somebody should look. The others are what was asked for, or what somebody decided. */
const TROUBLE: ReadonlySet<Outcome> = new Set([
  'failed',
  'rolledBack',
  'inconclusive',
  'interrupted',
]);

type Level = 'debug' | 'info' | 'warn';
interface Line {
  level: Level;
  text: string;
  more?: Record<string, unknown>;
}

export function logStart(run: Run): void {
  const { system, requestedBy = null, dryRun = false } = run.request;
  say(run, {
    level: 'info',
    text: 'operation started',
    more: { system, requestedBy, ...(dryRun && { dryRun }) },
  });
}

export function logEnd(
  run: Run,
  { outcome, message }: { outcome: Outcome; message: string },
): void {
  flush(run);
  count(run.runbook.type, outcome);
  const opened = run.record.entries.find((entry) => entry.type === 'opened')?.at;
  say(run, {
    level: TROUBLE.has(outcome) ? 'warn' : 'info',
    text: 'operation ended',
    more: { outcome, reason: message, ...seconds(opened) },
  });
}

/**
 * An operation that was refused for what it was asked: it has no record, and is not counted among those that failed.
 * What was typed is not repeated here.
 */
export function logRefusal(kind: string, { kind: problem }: Failure): void {
  count(kind, 'refused');
  log.info('operation refused: its input makes no sense', { operationKind: kind, problem });
}

/** Entries were redacted before they were recorded. */
export function logEntry(run: Run, body: EvidenceBody): void {
  const line = lineOf(run, body);
  if (line !== undefined) say(run, line);
}

/** When work on an action began (ms), and how long people had been waited for by then. */
export interface Timing {
  from: number;
  waited: number;
}

/** Keeps account of what each step takes, over its change, its bake and its gate. */
export function startTiming(run: Run, action: Exclude<Action, { do: 'end' }>): Timing {
  const { step, label } = nameOf(run, action);
  if (run.progress.spent?.step !== step) flush(run);
  run.progress.spent ??= { step, label, working: 0, waiting: 0 };
  return { from: Date.now(), waited: run.people.waitedMs };
}

export function endTiming(run: Run, { from, waited }: Timing): void {
  if (run.progress.spent === undefined) return;
  const waiting = run.people.waitedMs - waited;
  run.progress.spent.waiting += waiting;
  run.progress.spent.working += Math.max(0, Date.now() - from - waiting);
}

/** The step is over: how long it took is measured. Waiting only where there was some, not as many zeros. */
function flush(run: Run): void {
  const { spent } = run.progress;
  delete run.progress.spent;
  if (spent === undefined) return;
  const histogram = metricMeter.createHistogram(STEP_DURATION, 'float', 'seconds', STEP_HELP);
  const tags = { kind: run.runbook.type, step: spent.label };
  histogram.record(spent.working / 1000, { ...tags, phase: 'working' });
  if (spent.waiting > 0) histogram.record(spent.waiting / 1000, { ...tags, phase: 'waiting' });
}

function count(kind: string, outcome: Outcome): void {
  metricMeter.createCounter(ENDED, undefined, ENDED_HELP).add(1, { kind, outcome });
}

function nameOf(run: Run, action: Exclude<Action, { do: 'end' }>): { step: string; label: string } {
  switch (action.do) {
    case 'undo':
      return { step: `undo-${action.entry.step}`, label: 'undo' };
    case 'ask':
      // A question belongs to the step that it is about.
      return { step: action.problem.step, label: run.progress.spent?.label ?? 'ask' };
    default:
      return { step: action.step.id, label: stepLabel(action.step) };
  }
}

function say(run: Run, { level, text, more = {} }: Line): void {
  const step = run.progress.step === undefined ? {} : { step: run.progress.step };
  log[level](text, { operation: run.operation, ...step, ...more });
}

function lineOf(run: Run, body: EvidenceBody): Line | undefined {
  switch (body.type) {
    case 'lease':
      return { level: 'info', text: 'lease taken', more: { lease: body.lease, ...detail(body) } };
    case 'step':
      return stepLine(run, body);
    case 'undo':
      return {
        level: body.status === 'done' ? 'info' : 'warn',
        text: `undo ${body.status}`,
        more: { undoOf: body.step, verb: body.verb, reason: body.detail },
      };
    case 'gate': {
      const { gate, policy, need, expiresAt } = body;
      return { level: 'info', text: 'gate opened', more: { gate, policy, need, expiresAt } };
    }
    case 'decision': {
      const { gate, decision, actor, final } = body;
      return { level: 'info', text: 'gate answered', more: { gate, decision, actor, final } };
    }
    case 'parked':
      return {
        level: 'warn',
        text: 'parked: a person has to answer',
        more: { reason: body.problem },
      };
    default:
      return lesser(body);
  }
}

function lesser(body: EvidenceBody): Line | undefined {
  switch (body.type) {
    case 'planned':
      return { level: 'debug', text: 'planned', more: { steps: body.plan.steps.length } };
    case 'verdict': {
      const { name, verdict, reason } = body;
      const level = verdict === 'pass' ? 'debug' : 'info';
      return { level, text: 'verdict', more: { analysis: name, verdict, reason } };
    }
    case 'message': {
      const { name, actor, accepted, note } = body;
      const text = accepted ? 'message' : 'message refused';
      return { level: 'info', text, more: { messageName: name, actor, note } };
    }
    case 'finding':
      return { level: 'info', text: 'finding', more: { reason: body.text } };
    default:
      return undefined;
  }
}

function stepLine(run: Run, body: Extract<EvidenceBody, { type: 'step' }>): Line {
  const { id: step, status, attempts } = body;
  if (status === 'started') return { level: 'debug', text: 'step started', more: { step } };
  const begun = run.record.entries.findLast(
    (one) => one.type === 'step' && one.id === step && one.status === 'started',
  );
  return {
    level: status === 'failed' ? 'warn' : 'info',
    text: `step ${status}`,
    more: { step, attempts, ...seconds(begun?.at), ...detail(body) },
  };
}

function detail(body: { detail?: string }): { reason?: string } {
  return body.detail === undefined || body.detail === '' ? {} : { reason: body.detail };
}

function seconds(from: string | undefined): { seconds?: number } {
  return from === undefined ? {} : { seconds: (Date.now() - Date.parse(from)) / 1000 };
}
