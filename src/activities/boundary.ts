// The one place where an activity meets Temporal: writes the evidence it was sent, beats, checks that the
// operation may still change things, redacts what goes back, and turns a Failure into an ApplicationFailure.
import { setMaxListeners } from 'node:events';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { Failure } from '../domain/failure.ts';
import type { EvidenceEntry } from '../domain/record/evidence.ts';
import { secretSource, type SecretSource } from '../domain/loaded-system.ts';
import type { EpochToken } from '../domain/rollout/model.ts';
import { textAt } from '../domain/json.ts';
import { callerOf, epochOfRun } from './caller.ts';
import { refuseOlder } from './leases/epochs.ts';
import { refuseHeld } from './freezes.ts';
import type { HeldChange } from './inputs/held-changes.ts';
import { guardLease, type LeaseRef } from './leases/leases.ts';
import type { Call } from './call.ts';
import type { Clock } from '../ports/clock.ts';
import type { EpochsPort } from '../ports/epochs.ts';
import type { EvidencePort } from '../ports/evidence.ts';
import type { Redactor } from '../ports/redactor.ts';
import type { RunRef } from '../domain/operation/operation.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { Kept } from './kept.ts';
import { pulse } from './pulse.ts';
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
  /** Digest of the system that the operation loaded, as it is kept; null until it is loaded. */
  kept: string | null;
  /** Saves users (a stop, a rollback, an undo): a record that cannot be written does not hold it up. */
  urgent?: true;
}

export interface ActivityAnswer<Value> {
  value: Value;
  /** False when the evidence could not be written: it has to be sent again. */
  written: boolean;
  attempts: number;
  /** The run that the evidence was written for: after a Reset it is another one. */
  runId: string;
  /** The worker's clock when the work was done (ms). */
  at: number;
}

export interface BoundaryPorts {
  evidence: EvidencePort;
  redactor: Redactor;
  clock: Clock;
  kept: Pick<Kept, 'system' | 'plan'>;
  epochs: EpochsPort;
}

/** The run of a question, which no workflow asks. */
const NO_RUN: RunRef = { workflowId: '', runId: '' };

export interface BoundaryOptions {
  /** The answer is made of names, numbers and what was redacted before, and goes back as it is. */
  plain?: boolean;
  /** Changes are made under the epoch of the run that asks, without a lease. */
  byRun?: boolean;
  /** A freeze holds its changes where the operation goes forward, or (`always`) whichever operation makes them. */
  held?: HeldChange | undefined;
  /**
   * A read that anybody may ask for by itself, outside a workflow. Checks the input that such a caller sends; throws
   * a `Failure` BadInput.
   */
  question?: (raw: unknown) => { system: string };
}

/** Outside a workflow it is sent the bare input of a question, else an envelope. */
export function atBoundary<Input, Value>(
  ports: BoundaryPorts,
  work: (input: Input, call: Call) => Promise<Value>,
  { plain = false, byRun = false, held, question }: BoundaryOptions = {},
): (envelope: Envelope<Input>) => Promise<ActivityAnswer<Value>> {
  const { redactor } = ports;
  return async (sent) => {
    const clock = ports.clock.anchored?.() ?? ports.clock;
    const { info, cancellationSignal } = Context.current();
    // One activity may ask a platform for many services at once, each with a listener of its own.
    setMaxListeners(0, cancellationSignal);
    const envelope = info.inWorkflow
      ? sent
      : (questionEnvelope(sent, question, redactor) as Envelope<Input>);
    const { workflowId, runId } = info.workflowExecution ?? NO_RUN;
    const run = { workflowId, runId };
    const names = [envelope.system, ...envelope.operation.split('/')];
    // Nothing may throw between here and the `try`: the beating would never end.
    const { previous, beat, silent, stop } = pulse(envelope, info.heartbeatDetails, clock);
    const waiting: Waiting = { signal: cancellationSignal, beat: () => undefined };
    let shown: Redaction = (value) => redactor.redact(value, names);
    try {
      if (!plain || envelope.kept !== null) {
        shown = await redactionOf(redactor, secretsOf(ports, envelope.kept, waiting), names);
      }
      const written = await record(ports.evidence, run, envelope);
      const value = await work(envelope.input, {
        ...{ operation: envelope.operation, step: envelope.step, run, kept: envelope.kept },
        urgent: envelope.urgent === true,
        attempt: info.attempt,
        signal: cancellationSignal,
        beat: (progress) => {
          beat(shown(progress));
        },
        previous,
        givenUp: isGivenUp,
        token: async () => {
          const [token] = await Promise.all([
            tokenOf(envelope, silent(), cancellationSignal, { run, byRun, epochs: ports.epochs }),
            unheld(ports, envelope, { run, held, now: clock.now(), waiting }),
          ]);
          return token;
        },
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

/** Where the secrets of the system are that the operation loaded. */
function secretsOf(
  { kept }: BoundaryPorts,
  digest: string | null,
  waiting: Waiting,
): null | (() => Promise<SecretSource>) {
  return digest === null ? null : async () => secretSource(await kept.system(digest, waiting));
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

async function tokenOf(
  envelope: Envelope<unknown>,
  silent: number,
  signal: AbortSignal,
  { run, byRun, epochs }: { run: RunRef; byRun: boolean; epochs: EpochsPort },
): Promise<EpochToken> {
  signal.throwIfAborted();
  if (silent > envelope.resumeWithin) {
    throw new Failure(
      'Outage',
      `no worker ran for ${Math.round(silent / 1000)} s, which is longer than resumeWithin (${envelope.resumeWithin / 1000} s): ` +
        'look at the system before this goes on, then send retryStep, adopt or abort',
    );
  }
  const [epoch, { firstRunId, type }] = await Promise.all([
    byRun ? epochOfRun(run) : epochOfLease(envelope),
    callerOf(run),
  ]);
  const { operation, step, sequence, system } = envelope;
  const changing = { system, operation, type, epoch, urgent: envelope.urgent === true };
  await refuseOlder(changing, epochs);
  signal.throwIfAborted();
  return { operation, run: firstRunId, step, epoch, sequence };
}

/** Throws Frozen where a freeze or a closed window holds the change; what takes back and what saves users is held by none. */
async function unheld(
  ports: BoundaryPorts,
  { system, kept, input, urgent }: Envelope<unknown>,
  { held, ...at }: { held: HeldChange | undefined; run: RunRef; now: number; waiting: Waiting },
): Promise<void> {
  if (held === undefined || urgent === true) return;
  const change = { system, kept, plan: textAt(input, 'plan'), always: held === 'always' };
  await refuseHeld(change, at, ports);
}

async function epochOfLease({ lease, step }: Envelope<unknown>): Promise<number> {
  if (lease !== undefined) return guardLease(lease);
  throw new Failure('Broken', `${step} changes something and was sent without a lease`);
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

/** The envelope of an activity that no workflow started: nothing that its caller sends is recorded, and it may change nothing. */
function questionEnvelope(
  sent: unknown,
  question: BoundaryOptions['question'],
  redactor: Redactor,
): Envelope<unknown> {
  const { activityType, activityId } = Context.current().info;
  try {
    if (question === undefined) {
      throw new Failure(
        'Refused',
        `${activityType} is a part of operations, and is carried out for their workflows only`,
      );
    }
    const input = question(sent);
    return {
      ...{ input, operation: activityId, system: input.system, step: 'question' },
      ...{ sequence: 0, entries: [], kept: null, aliveAt: 0 },
      resumeWithin: Number.MAX_SAFE_INTEGER,
    };
  } catch (error) {
    throw toApplicationFailure((value) => redactor.redact(value, []), error);
  }
}
