// The one place where an activity meets Temporal: writes the evidence it was sent, beats, checks that the
// operation may still change things, redacts what goes back, and turns a Failure into an ApplicationFailure.
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { Failure } from '../domain/failure.ts';
import type { EvidenceEntry } from '../domain/evidence.ts';
import type { SecretSource } from '../domain/loaded-system.ts';
import type { Fence } from '../domain/model.ts';
import { guardLease, type LeaseRef } from './leases.ts';
import type { Clock, EvidencePort, Redactor, RunRef, Waiting } from './ports.ts';
import { redactionOf, type Redaction } from './redaction.ts';

/** What every activity is sent beside its own input. */
export interface Envelope<Input> {
  input: Input;
  operation: string;
  system: string;
  step: string;
  /** The lease that a change needs; absent for what only looks. */
  lease?: LeaseRef;
  /** Counts the changes of the operation; a retry keeps its number. */
  sequence: number;
  /** Evidence that is not written yet. */
  entries: EvidenceEntry[];
  /** When the operation last made progress (ms): a longer silence than `resumeWithin` is an outage. */
  aliveAt: number;
  resumeWithin: number;
  /** Where the secrets of the system that the operation loaded are; null until it is loaded. */
  secrets: SecretSource | null;
  /** Saves users (a stop, a rollback, an undo): a record that cannot be written does not hold it up. */
  urgent?: true;
}

export interface Answer<Value> {
  value: Value;
  /** False when the evidence could not be written: it has to be sent again. */
  written: boolean;
  attempts: number;
  /** The run that the evidence was written for: after a Reset it is another one. */
  runId: string;
  /** The worker's clock when the work was done (ms). */
  at: number;
}

/** What the work itself may use. */
export interface Call extends Waiting {
  operation: string;
  step: string;
  run: RunRef;
  urgent: boolean;
  /** From 1. */
  attempt: number;
  /** What an earlier attempt last beat, if one did. */
  previous: unknown;
  /** Throws LeaseLost, Outage or Cancelled; call it right before each change. */
  fence: () => Promise<Fence>;
}

export interface BoundaryPorts {
  evidence: EvidencePort;
  redactor: Redactor;
  clock: Clock;
}

interface Heartbeat {
  lastAt: number;
  progress: unknown;
}

const BEAT_EVERY_MS = 1000;

/** `plain`: the answer is made of names, numbers and what was redacted before, and goes back as it is. */
export function atBoundary<Input, Value>(
  ports: BoundaryPorts,
  work: (input: Input, call: Call) => Promise<Value>,
  { plain = false } = {},
): (envelope: Envelope<Input>) => Promise<Answer<Value>> {
  const { clock, redactor } = ports;
  return async (envelope) => {
    const { info, cancellationSignal } = Context.current();
    const run = runOf(info.workflowExecution);
    const { previous, beat, silent, stop } = pulse(envelope, info.heartbeatDetails, clock);
    const names = [envelope.system, ...envelope.operation.split('/')];
    let shown: Redaction = (value) => redactor.redact(value, names);
    try {
      if (!plain || envelope.secrets !== null) {
        shown = await redactionOf(redactor, envelope.secrets, names);
      }
      const written = await record(ports.evidence, run, envelope);
      const value = await work(envelope.input, {
        operation: envelope.operation,
        step: envelope.step,
        run,
        urgent: envelope.urgent === true,
        attempt: info.attempt,
        signal: cancellationSignal,
        beat: (progress) => {
          beat(shown(progress));
        },
        previous,
        fence: () => fenceOf(envelope, silent(), cancellationSignal),
      });
      return {
        value: plain ? value : shown(value),
        written,
        attempts: info.attempt,
        runId: run.runId,
        at: clock.now(),
      };
    } catch (error) {
      if (cancellationSignal.aborted) throw cancelled();
      throw toApplicationFailure(shown, error);
    } finally {
      stop();
    }
  };
}

/** Beats from now on, and knows for how long nothing had beaten when that was longer than an outage. */
function pulse({ aliveAt, resumeWithin }: Envelope<unknown>, details: unknown, clock: Clock) {
  const before = heartbeatOf(details);
  let progress = before?.progress;
  let alive = Math.max(aliveAt, before?.lastAt ?? 0);
  const beat = (now?: unknown): void => {
    if (now !== undefined) progress = now;
    const lastAt = clock.now();
    // A silence that was an outage stays one, although it beats again: somebody has to look first.
    if (lastAt - alive <= resumeWithin) alive = lastAt;
    Context.current().heartbeat({ lastAt, progress });
  };
  const beating = setInterval(beat, BEAT_EVERY_MS);
  return {
    previous: before?.progress,
    beat,
    silent: () => clock.now() - alive,
    stop: () => {
      clearInterval(beating);
    },
  };
}

/**
 * Writes the entries that came along, as they are: what was redacted after it was chained would look altered.
 * A change that may as well wait is not made without its record; everything else goes on, and they come again.
 */
async function record(
  evidence: EvidencePort,
  run: RunRef,
  { entries, lease, urgent }: Envelope<unknown>,
): Promise<boolean> {
  if (entries.length === 0) return true;
  try {
    await evidence.append(run, entries);
    return true;
  } catch (error) {
    const known = error instanceof Failure ? error : undefined;
    const isUrgent = urgent === true && known?.kind !== 'Superseded';
    if (isUrgent || (lease === undefined && known?.retryable === true)) return false;
    throw error;
  }
}

async function fenceOf(
  envelope: Envelope<unknown>,
  silent: number,
  signal: AbortSignal,
): Promise<Fence> {
  signal.throwIfAborted();
  if (silent > envelope.resumeWithin) {
    throw new Failure(
      'Outage',
      `no worker ran for ${Math.round(silent / 1000)} s, which is longer than resumeWithin (${envelope.resumeWithin / 1000} s): ` +
        'look at the system before this goes on, then send retryStep, adopt or abort',
    );
  }
  if (envelope.lease === undefined) {
    throw new Failure('Broken', `${envelope.step} changes something and was sent without a lease`);
  }
  const epoch = await guardLease(envelope.lease);
  signal.throwIfAborted();
  const { operation, step, sequence } = envelope;
  return { operation, step, epoch, sequence };
}

/** By the operation; not by a worker that stops, whose work another one goes on with. */
function isGivenUp(): boolean {
  return Context.current().cancellationDetails?.cancelRequested === true;
}

/** Asked for by the operation; or this worker is stopping, and another one goes on. */
function cancelled(): Error {
  if (isGivenUp()) return new CancelledFailure('cancelled');
  return ApplicationFailure.retryable(
    'this worker is stopping; another one goes on',
    'Unavailable',
  );
}

function toApplicationFailure(shown: Redaction, error: unknown): ApplicationFailure {
  const failure = error instanceof ApplicationFailure ? error : build(shown, error);
  // A stack in a history tells nobody anything but the paths of this machine.
  failure.stack = '';
  return failure;
}

function build(shown: Redaction, error: unknown): ApplicationFailure {
  const known =
    error instanceof Failure
      ? error
      : new Failure('Broken', error instanceof Error ? error.message : String(error));
  return ApplicationFailure.create({
    type: known.kind,
    message: shown(known.message),
    nonRetryable: !known.retryable,
    details: known.details === undefined ? [] : [shown(known.details)],
  });
}

function runOf(execution: RunRef | undefined): RunRef {
  if (execution === undefined) throw new Failure('Broken', 'an activity outside a workflow');
  return { workflowId: execution.workflowId, runId: execution.runId };
}

function heartbeatOf(details: unknown): Heartbeat | undefined {
  if (typeof details !== 'object' || details === null || !('lastAt' in details)) return undefined;
  const { lastAt } = details;
  if (typeof lastAt !== 'number') return undefined;
  return { lastAt, progress: 'progress' in details ? details.progress : undefined };
}
