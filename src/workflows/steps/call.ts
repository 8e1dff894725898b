// Calls one activity: sends the evidence that is not written yet, and keeps failures (bounded) and the death of
// a worker (tried again until the step's own deadline) apart.
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  TimeoutFailure,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { ActivityAnswer, Envelope } from '../../activities/boundary.ts';
import type { Activities } from '../../activities/create.ts';
import type { LeaseRef } from '../../activities/leases/leases.ts';
import { watchQueueOf } from '../../domain/analysis/gate-watch.ts';
import { Failure, failureKind, type FailureKind } from '../../domain/failure.ts';
import { takesServices } from '../../runbooks/runbook.ts';
import { leaseOn, type Run } from './run.ts';

const DEFAULT_RESUME_WITHIN_MS = 15 * 60_000;
/** An undo changes only what is still as this operation left it, so it needs nobody's leave after an outage. */
const ANY_TIME_MS = Number.MAX_SAFE_INTEGER;
/** Rounds of attempts that a step gets when nothing but dead workers is heard of it. */
const MOST_TIMEOUTS = 10;
/** Times that a change is tried with a lease that it took anew before. */
const MOST_LEASES = 3;

const common: ActivityOptions = {
  heartbeatTimeout: '5s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

const PROFILES = {
  /** Looks at something, or records something. */
  look: {
    ...common,
    startToCloseTimeout: '1m',
    retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 8 },
  },
  /** Changes something. */
  change: {
    ...common,
    startToCloseTimeout: '10m',
    retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 10 },
  },
  /** Waits, bakes: as long as it takes, in observed time. */
  wait: {
    ...common,
    startToCloseTimeout: '30 days',
    retry: { initialInterval: '500ms', maximumInterval: '5s', maximumAttempts: 20 },
  },
  /** Takes back: tries longer before it leaves something over. */
  undo: {
    ...common,
    startToCloseTimeout: '10m',
    retry: { initialInterval: '200ms', maximumInterval: '10s', maximumAttempts: 15 },
  },
  /** Tells people: what fails is said, and bounded by the activity itself. */
  tell: {
    ...common,
    startToCloseTimeout: '15s',
    retry: { initialInterval: '1s', maximumInterval: '5s', maximumAttempts: 8 },
  },
  /** Watches while people are waited for: as long as they take, and however often its worker dies. */
  watch: {
    ...common,
    startToCloseTimeout: '3650 days',
    retry: { initialInterval: '500ms', maximumInterval: '5s' },
  },
} satisfies Record<string, ActivityOptions>;

export type Profile = keyof typeof PROFILES;
export type ActivityName = keyof Activities;
export type InputOf<Name extends ActivityName> = Parameters<Activities[Name]>[0]['input'];
export type ValueOf<Name extends ActivityName> = Awaited<ReturnType<Activities[Name]>>['value'];

export interface CallOptions {
  profile: Profile;
  step: string;
  /** What the Web UI shows of the activity, one line. */
  summary: string;
  /** The lease that a change needs: of which service or datastore, and how it is taken again when it was lost. */
  lease?: { of: string; takeAnew: () => Promise<{ message: string } | undefined> };
  /** Goes on without a record: it saves users, or writes the whole record itself. */
  urgent?: true;
}

/** What an activity failed with, when it failed. */
export interface CallFailure {
  kind: FailureKind;
  message: string;
  details?: unknown;
}

/**
 * The answer; throws what the activity failed with (`failureOf`). A worker that dies is no failure: it is asked again. A
 * lease that was lost is taken anew, and the change tried again under it.
 */
export async function call<Name extends ActivityName>(
  run: Run,
  name: Name,
  input: InputOf<Name>,
  options: CallOptions,
): Promise<ActivityAnswer<ValueOf<Name>>> {
  const activity = activityOf(name, options);
  let [envelope, upTo] = sending(run, input, options);
  for (let timeouts = 1, leases = 1; ;) {
    try {
      const answer = await activity(envelope);
      noteAnswer(run, answer, upTo);
      return answer;
    } catch (error) {
      if (isTimeout(error) && timeouts < MOST_TIMEOUTS) {
        timeouts += 1;
        continue;
      }
      // A worker ran it, whatever it failed with.
      if (failureOf(error)?.kind !== 'Outage') run.progress.aliveAt = Date.now();
      if (leases >= MOST_LEASES || !(await hasNewLease(error, options))) throw error;
      leases += 1;
      timeouts = 1;
      [envelope, upTo] = sending(run, input, options);
    }
  }
}

/** What is sent, and how many entries of the record are written when it was answered. */
function sending<Input>(run: Run, input: Input, options: CallOptions): [Envelope<Input>, number] {
  const { lease, profile, step } = options;
  if (lease !== undefined) run.leases.sequence += 1;
  const envelope: Envelope<Input> = {
    ...envelopeOf(run, input, step),
    entries: run.record.entries.slice(run.record.written),
    resumeWithin: profile === 'undo' ? ANY_TIME_MS : resumeWithin(run),
    ...(isUrgent(run, options) && { urgent: true }),
    ...(lease !== undefined && { lease: leaseOf(run, lease.of) }),
  };
  return [envelope, run.record.entries.length];
}

/** Throws LeaseLost with who has it, when it cannot be had again. */
async function hasNewLease(error: unknown, { lease }: CallOptions): Promise<boolean> {
  if (lease === undefined || failureOf(error)?.kind !== 'LeaseLost') return false;
  const refused = await lease.takeAnew();
  if (refused !== undefined) throw new Failure('LeaseLost', refused.message);
  return true;
}

function leaseOf(run: Run, of: string): LeaseRef {
  const lease = leaseOn(run, of);
  if (lease === undefined) throw new Error(`a change of ${of} without its lease`);
  return lease;
}

function noteAnswer(run: Run, answer: ActivityAnswer<unknown>, upTo: number): void {
  // A Reset copies what was answered to an earlier run: the record of this one is written from its start.
  const isWritten = answer.written && answer.runId === workflowInfo().runId;
  if (isWritten) run.record.written = Math.max(run.record.written, upTo);
  run.record.runId = answer.runId;
  run.progress.aliveAt = Math.max(run.progress.aliveAt, answer.at);
}

/** Beside the main course: takes no evidence along, and tells nothing of whether anybody was there. Tells people, unless `profile` says otherwise. */
export async function callAside<Name extends ActivityName>(
  run: Run,
  name: Name,
  input: InputOf<Name>,
  options: { step: string; summary: string; profile?: Profile },
): Promise<ValueOf<Name>> {
  const envelope = { ...envelopeOf(run, input, options.step), entries: [] };
  return (await activityOf(name, { profile: 'tell', ...options })(envelope)).value;
}

function envelopeOf<Input>(run: Run, input: Input, step: string): Omit<Envelope<Input>, 'entries'> {
  return {
    input,
    operation: run.operation,
    system: run.request.system,
    step,
    sequence: run.leases.sequence,
    aliveAt: run.progress.aliveAt,
    resumeWithin: resumeWithin(run),
    kept: run.basis.kept.system ?? null,
  };
}

function isUrgent(
  { runbook, progress: { state } }: Run,
  { profile, urgent }: CallOptions,
): boolean {
  return (
    urgent === true || runbook.savesUsers === true || state === 'undoing' || profile === 'undo'
  );
}

/** The failure behind an error that an activity call threw; `undefined` for anything else. */
export function failureOf(error: unknown): CallFailure | undefined {
  if (error instanceof Failure && error.kind === 'LeaseLost') {
    return { kind: error.kind, message: error.message };
  }
  const cause = causeOf(error);
  if (cause instanceof ApplicationFailure) {
    const details: unknown = cause.details?.[0];
    return {
      kind: failureKind(cause.type) ?? 'Broken',
      message: cause.message,
      ...(details !== undefined && { details }),
    };
  }
  if (cause instanceof TimeoutFailure) {
    return {
      kind: 'Unavailable',
      message: `${error instanceof ActivityFailure ? error.activityType : 'it'} was tried again and again and no worker finished it (${cause.timeoutType})`,
    };
  }
  return undefined;
}

/** The last heartbeat of an activity whose worker was lost. */
export function lastBeatOf(error: unknown): unknown {
  const cause = causeOf(error);
  return cause instanceof TimeoutFailure ? cause.lastHeartbeatDetails : undefined;
}

function activityOf<Name extends ActivityName>(
  name: Name,
  { profile, summary }: Pick<CallOptions, 'profile' | 'summary'>,
): (envelope: Envelope<InputOf<Name>>) => Promise<ActivityAnswer<ValueOf<Name>>> {
  const taskQueue = profile === 'watch' && { taskQueue: watchQueueOf(workflowInfo().taskQueue) };
  const proxy = proxyActivities<Activities>({ ...PROFILES[profile], ...taskQueue, summary });
  // One name picks one function of the union; the compiler cannot follow that.
  return proxy[name] as unknown as (
    envelope: Envelope<InputOf<Name>>,
  ) => Promise<ActivityAnswer<ValueOf<Name>>>;
}

function isTimeout(error: unknown): boolean {
  return causeOf(error) instanceof TimeoutFailure;
}

/** What an activity failed with. */
function causeOf(error: unknown): unknown {
  return error instanceof ActivityFailure ? error.cause : error;
}

function resumeWithin(run: Run): number {
  // Nothing that it does could meet what a person has repaired meanwhile.
  if (!takesServices(run.runbook)) return ANY_TIME_MS;
  const services = run.basis.loaded?.system.services ?? {};
  const { service } = run.request;
  const named = service === undefined ? undefined : services[service];
  return named?.rollout.resumeWithin ?? DEFAULT_RESUME_WITHIN_MS;
}
