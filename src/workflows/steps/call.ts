// Calls one activity: sends the evidence that is not written yet, and keeps failures (bounded) and the death of
// a worker (tried again until the step's own deadline) apart.
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Answer, Envelope } from '../../activities/boundary.ts';
import type { Activities } from '../../activities/create.ts';
import type { LeaseRef } from '../../activities/leases.ts';
import { failureKind, type FailureKind } from '../../domain/failure.ts';
import { secretSource } from '../../domain/loaded-system.ts';
import { isDataKind, savesUsers } from '../../domain/operation.ts';
import type { Run } from './run.ts';

const DEFAULT_RESUME_WITHIN_MS = 15 * 60_000;
/** An undo changes only what is still as this operation left it, so it needs nobody's leave after an outage. */
const ANY_TIME_MS = Number.MAX_SAFE_INTEGER;
/** Rounds of attempts that a step gets when nothing but dead workers is heard of it. */
const MOST_TIMEOUTS = 10;

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
} satisfies Record<string, ActivityOptions>;

export type Profile = keyof typeof PROFILES;
export type ActivityName = keyof Activities;
export type InputOf<Name extends ActivityName> = Parameters<Activities[Name]>[0]['input'];
export type ValueOf<Name extends ActivityName> = Awaited<ReturnType<Activities[Name]>>['value'];

export interface CallOptions {
  profile: Profile;
  step: string;
  /** One line for the Web UI. */
  summary: string;
  lease?: LeaseRef;
  /** Goes on without a record: it saves users, or writes the whole record itself. */
  urgent?: true;
}

/** What an activity failed with, when it failed. */
export interface CallFailure {
  kind: FailureKind;
  message: string;
  details?: unknown;
}

export async function call<Name extends ActivityName>(
  run: Run,
  name: Name,
  input: InputOf<Name>,
  options: CallOptions,
): Promise<Answer<ValueOf<Name>>> {
  if (options.lease !== undefined) run.sequence += 1;
  const upTo = run.entries.length;
  const envelope: Envelope<InputOf<Name>> = {
    ...envelopeOf(run, input, options.step),
    entries: run.entries.slice(run.written),
    resumeWithin: options.profile === 'undo' ? ANY_TIME_MS : resumeWithin(run),
    ...(isUrgent(run, options) && { urgent: true }),
    ...(options.lease !== undefined && { lease: options.lease }),
  };
  const answer = await untilItRan(name, envelope, options).catch((error: unknown) => {
    // A worker ran it, whatever came of it.
    if (failureOf(error)?.kind !== 'Outage') run.aliveAt = Date.now();
    throw error;
  });
  // A Reset copies what was answered to an earlier run: the record of this one is written from its start.
  const isWritten = answer.written && answer.runId === workflowInfo().runId;
  if (isWritten) run.written = Math.max(run.written, upTo);
  run.aliveAt = Math.max(run.aliveAt, answer.at);
  return answer;
}

/** Beside the main course: takes no evidence along, and tells nothing of whether anybody was there. */
export async function callAside<Name extends ActivityName>(
  run: Run,
  name: Name,
  input: InputOf<Name>,
  options: { step: string; summary: string },
): Promise<ValueOf<Name>> {
  const envelope = { ...envelopeOf(run, input, options.step), entries: [] };
  return (await activityOf(name, { ...options, profile: 'tell' })(envelope)).value;
}

function envelopeOf<Input>(run: Run, input: Input, step: string): Omit<Envelope<Input>, 'entries'> {
  return {
    input,
    operation: run.operation,
    system: run.request.system,
    step,
    sequence: run.sequence,
    aliveAt: run.aliveAt,
    resumeWithin: resumeWithin(run),
    secrets: run.loaded === undefined ? null : secretSource(run.loaded),
  };
}

function isUrgent({ kind, state }: Run, { profile, urgent }: CallOptions): boolean {
  return urgent === true || savesUsers(kind) || state === 'undoing' || profile === 'undo';
}

/** The failure behind an error that an activity call threw; `undefined` for anything else. */
export function failureOf(error: unknown): CallFailure | undefined {
  if (!(error instanceof ActivityFailure)) return undefined;
  const { cause } = error;
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
      message: `${error.activityType} was tried again and again and no worker finished it (${cause.timeoutType})`,
    };
  }
  return undefined;
}

async function untilItRan<Name extends ActivityName>(
  name: Name,
  envelope: Envelope<InputOf<Name>>,
  options: CallOptions,
): Promise<Answer<ValueOf<Name>>> {
  const activity = activityOf(name, options);
  for (let timeouts = 1; ; timeouts += 1) {
    try {
      return await activity(envelope);
    } catch (error) {
      if (isCancellation(error) || !isTimeout(error) || timeouts >= MOST_TIMEOUTS) throw error;
    }
  }
}

function activityOf<Name extends ActivityName>(
  name: Name,
  { profile, summary }: Pick<CallOptions, 'profile' | 'summary'>,
): (envelope: Envelope<InputOf<Name>>) => Promise<Answer<ValueOf<Name>>> {
  const proxy = proxyActivities<Activities>({ ...PROFILES[profile], summary });
  // One name picks one function of the union; the compiler cannot follow that.
  return proxy[name] as unknown as (
    envelope: Envelope<InputOf<Name>>,
  ) => Promise<Answer<ValueOf<Name>>>;
}

function isTimeout(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure;
}

function resumeWithin(run: Run): number {
  // Nothing that it does could meet what a person has repaired meanwhile.
  if (isDataKind(run.kind)) return ANY_TIME_MS;
  const services = run.loaded?.system.services ?? {};
  const { service } = run.request;
  const named = service === undefined ? undefined : services[service];
  return named?.rollout.resumeWithin ?? DEFAULT_RESUME_WITHIN_MS;
}
