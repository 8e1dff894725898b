// The one place where an activity meets Temporal: writes the evidence it was sent, beats, checks that the
// operation may still change things, redacts what goes back, and turns a Failure into an ApplicationFailure.
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { Failure } from '../domain/failure.ts';
import type { EvidenceEntry } from '../domain/evidence.ts';
import type { Fence } from '../domain/model.ts';
import { guardLease, type LeaseRef } from './leases.ts';
import type { Clock, EvidencePort, Redactor, SystemsPort, Waiting } from './ports.ts';

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
}

export interface Answer<Value> {
  value: Value;
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
  run: { workflowId: string; runId: string };
  /** What an earlier attempt last beat, if one did. */
  previous: unknown;
  /** Throws LeaseLost, Outage or Cancelled; call it right before each change. */
  fence: () => Promise<Fence>;
}

export interface BoundaryPorts {
  evidence: EvidencePort;
  redactor: Redactor;
  systems: SystemsPort;
  clock: Clock;
}

interface Heartbeat {
  lastAt: number;
  progress: unknown;
}

const BEAT_EVERY_MS = 1000;

export function atBoundary<Input, Value>(
  ports: BoundaryPorts,
  work: (input: Input, call: Call) => Promise<Value>,
): (envelope: Envelope<Input>) => Promise<Answer<Value>> {
  const learned = new Set<string>();
  const { clock } = ports;
  return async (envelope) => {
    const { info, cancellationSignal } = Context.current();
    const run = runOf(info.workflowExecution);
    const previous = heartbeatOf(info.heartbeatDetails);
    let progress = previous?.progress;
    let aliveAt = Math.max(envelope.aliveAt, previous?.lastAt ?? 0);
    const beat = (now?: unknown): void => {
      if (now !== undefined) progress = ports.redactor.redact(now);
      const lastAt = clock.now();
      // A wait in which this worker was there is no outage, however long; one that was, stays one.
      if (lastAt - aliveAt <= envelope.resumeWithin) aliveAt = lastAt;
      Context.current().heartbeat({ lastAt, progress });
    };
    const beating = setInterval(beat, BEAT_EVERY_MS);
    try {
      await learnSecrets(ports, envelope.system, learned);
      await ports.evidence.append(run, ports.redactor.redact(envelope.entries));
      const value = await work(envelope.input, {
        operation: envelope.operation,
        step: envelope.step,
        run,
        signal: cancellationSignal,
        beat,
        previous: previous?.progress,
        fence: () => fenceOf(envelope, clock.now() - aliveAt, cancellationSignal),
      });
      return {
        value: ports.redactor.redact(value),
        attempts: info.attempt,
        runId: run.runId,
        at: clock.now(),
      };
    } catch (error) {
      if (cancellationSignal.aborted) throw cancelled();
      throw toApplicationFailure(ports.redactor, error);
    } finally {
      clearInterval(beating);
    }
  };
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

async function learnSecrets(
  { systems, redactor }: BoundaryPorts,
  system: string,
  learned: Set<string>,
): Promise<void> {
  if (system === '' || learned.has(system)) return;
  try {
    await redactor.learn(await systems.load(system));
    learned.add(system);
  } catch {
    // A file that cannot be loaded now is reported by the activity that is about loading it.
  }
}

/** Asked for by the operation; or this worker is stopping, and another one goes on. */
function cancelled(): Error {
  if (Context.current().cancellationDetails?.cancelRequested === true) {
    return new CancelledFailure('cancelled');
  }
  return ApplicationFailure.retryable(
    'this worker is stopping; another one goes on',
    'Unavailable',
  );
}

function toApplicationFailure(redactor: Redactor, error: unknown): ApplicationFailure {
  const failure = error instanceof ApplicationFailure ? error : build(redactor, error);
  // A stack in a history tells nobody anything but the paths of this machine.
  failure.stack = '';
  return failure;
}

function build(redactor: Redactor, error: unknown): ApplicationFailure {
  const known =
    error instanceof Failure
      ? error
      : new Failure('Broken', error instanceof Error ? error.message : String(error));
  return ApplicationFailure.create({
    type: known.kind,
    message: redactor.redact(known.message),
    nonRetryable: !known.retryable,
    details: known.details === undefined ? [] : [redactor.redact(known.details)],
  });
}

function runOf(execution: { workflowId: string; runId: string } | undefined): {
  workflowId: string;
  runId: string;
} {
  if (execution === undefined) throw new Failure('Broken', 'an activity outside a workflow');
  return { workflowId: execution.workflowId, runId: execution.runId };
}

function heartbeatOf(details: unknown): Heartbeat | undefined {
  if (typeof details !== 'object' || details === null || !('lastAt' in details)) return undefined;
  const { lastAt } = details;
  if (typeof lastAt !== 'number') return undefined;
  return { lastAt, progress: 'progress' in details ? details.progress : undefined };
}
