// Steps on services: checks, revisions, traffic.
import type { ActivityAnswer } from '../../activities/boundary.ts';
import type { Shifted } from '../../activities/traffic.ts';
import type { Finding } from '../../domain/analysis/finding.ts';
import type { FailureKind } from '../../domain/failure.ts';
import { worst } from '../../domain/analysis/verdict.ts';
import {
  outputsOf,
  plainResult,
  type StepResult,
  type StoppedService,
} from '../../domain/operation/step-result.ts';
import { keptOutAfter } from '../../domain/recovery/live/kept-out.ts';
import type { StepActivity } from '../../activities/inputs/step-inputs.ts';
import { ask, type ActionOf, type StepKind } from './step-kind.ts';

/** A change of a service that says in `detail` how it went. */
type Saying = Extract<
  StepActivity,
  'ensureRevision' | 'scaleRevision' | 'restartRevision' | 'removeRevision'
>;

type OnService = ActionOf<'ensure' | 'scale' | 'restart' | 'remove'>;

export function changes(activity: Saying): StepKind<OnService> {
  return {
    whenFailed: 'fails',
    begin: ({ action: { service } }) =>
      ask({ activity, told: {}, profile: 'change', lease: service, answered: said }),
  };
}

export const check: StepKind<ActionOf<'check'>> = {
  whenFailed: 'fails',
  begin({ loaded, action: { service, point, asked } }) {
    const checks = asked ?? loaded.system.services[service]?.checks[point] ?? [];
    if (checks.length === 0) return plainResult({ type: 'done' });
    return ask({
      activity: 'runChecks',
      told: {},
      profile: 'look',
      answered: ({ value }) => checked(value),
    });
  },
};

export const ready: StepKind<ActionOf<'ready'>> = {
  whenFailed: 'fails',
  begin: () => ask({ activity: 'awaitReady', told: {}, profile: 'wait', answered: said }),
};

/** What is done at the step is its bake, or its gate. */
export const watch: StepKind<ActionOf<'watch' | 'hotfix' | 'opening'>> = {
  whenFailed: 'fails',
  begin: () => plainResult({ type: 'done' }),
};

export const retire: StepKind<ActionOf<'retire'>> = {
  whenFailed: 'fails',
  begin: ({ action: { service, version, revision, delay }, loaded: { name: system } }) => ({
    later: { runbook: 'retireRevision', request: { system, service, version, revision, delay } },
  }),
};

export const scaleBack: StepKind<ActionOf<'scaleBack'>> = {
  whenFailed: 'fails',
  begin: ({ action: { service, replicas, delay }, loaded: { name: system } }) => ({
    later: { runbook: 'scaleBack', request: { system, service, replicas, delay } },
  }),
};

export const weights: StepKind<ActionOf<'weights'>> = {
  whenFailed: 'fails',
  begin: ({ action: { service }, expected }) =>
    ask({
      activity: 'shiftTraffic',
      told: { expect: expected(service) },
      profile: 'change',
      lease: service,
      answered: (answer) => shifted(service, answer),
    }),
};

/** Without a way back (in a roll-back) what could not be settled is left over: users are where they have to be, and stay. */
export const settle: StepKind<ActionOf<'settle'>> = {
  whenFailed: 'fails',
  begin: ({ action: { service, back } }) =>
    ask({
      activity: 'settleService',
      told: {},
      profile: 'change',
      lease: service,
      answered: said,
      failed: ({ kind, message }) =>
        back !== null || ENDS_OR_PARKS.includes(kind)
          ? undefined
          : plainResult(
              { type: 'noted', verdict: 'inconclusive', leftovers: [message] },
              { detail: message },
            ),
    }),
};

/** Failures after which somebody else has the service, somebody has to look at it first, or it is tried again later. */
const ENDS_OR_PARKS: readonly FailureKind[] = [
  ...(['LeaseLost', 'Superseded', 'WorldChanged', 'Outage', 'Frozen'] as const),
];

/**
 * The first of several stops them all, side by side; the others tell what became of their own service. What has the lease of
 * the service stops it by itself.
 */
export const stop: StepKind<ActionOf<'stop'>> = {
  whenFailed: 'fails',
  begin({ results, leased, now, action: { service, until = Infinity } }) {
    if (Date.parse(now) >= until) return tooLate(service, until);
    if (leased.includes(service)) return stopUnderLease(service);
    const all = outputsOf(results, 'stopped').flatMap(({ services }) => services);
    const own = all.find((one) => one.service === service);
    if (own !== undefined) return stopped(own);
    return ask({
      activity: 'stopServices',
      told: {},
      profile: 'change',
      answered: ({ value }) => {
        const found = value.find((one) => one.service === service);
        const failed = { kind: 'Broken', message: `nobody stopped ${service}` } as const;
        const output = { kind: 'stopped', services: value } as const;
        return { ...stopped(found ?? { service, failed }), output };
      },
    });
  },
};

function tooLate(service: string, until: number): StepResult {
  const message = `users of ${service} are not kept out: the window ended at ${new Date(until).toISOString()}; begin another one`;
  const event = { type: 'failed', kind: 'Refused', message } as const;
  return plainResult({ ...event, unbegun: true, ends: true });
}

function stopUnderLease(service: string) {
  return ask({
    activity: 'stopService',
    told: {},
    profile: 'change',
    lease: service,
    answered: (answer) => shifted(service, answer),
  });
}

/** What a newer operation changed is stopped again once that one has given way (steps/make-way.ts). */
function stopped(found: StoppedService): StepResult {
  if (!('failed' in found)) return plainResult({ type: 'done' }, { detail: found.detail });
  const { kind, message } = found.failed;
  if (kind === 'Superseded') return plainResult({ type: 'done' }, { detail: message });
  return plainResult({ type: 'failed', kind, message });
}

export const admit: StepKind<ActionOf<'admit'>> = {
  whenFailed: 'fails',
  begin: ({ action: { service }, plan, step }) =>
    ask({
      activity: 'admitService',
      told: {},
      profile: 'change',
      lease: service,
      answered: (answer) => {
        const stays = keptOutAfter(plan, step);
        const event = { type: 'done', ...(stays !== undefined && { stays }) } as const;
        return { ...shifted(service, answer), event };
      },
    }),
};

/** The step is done, with what the activity says of it. */
export function said({ value }: ActivityAnswer<{ detail: string }>): StepResult {
  return plainResult({ type: 'done' }, { detail: value.detail });
}

/** The traffic of a service was changed and read back. */
export function shifted(service: string, answer: ActivityAnswer<Shifted>): StepResult {
  const { weights, begun } = answer.value;
  const output = { kind: 'weights', service, weights, ...(begun && { begun }) } as const;
  return { ...said(answer), output };
}

function checked(findings: Finding[]): StepResult {
  const verdict = worst(findings.map((one) => one.verdict));
  const message = problemsIn(findings);
  if (verdict === 'fail') {
    return plainResult({ type: 'failed', kind: 'CheckFailed', message }, { findings });
  }
  return plainResult(
    { type: 'baked', verdict, judged: true, message, onInconclusive: 'undo' },
    { findings },
  );
}

/** What did not pass, each with its reason. */
export function problemsIn(findings: readonly Finding[]): string {
  return findings
    .filter((one) => one.verdict !== 'pass')
    .map(({ name, reason }) => `${name}: ${reason}`)
    .join('; ');
}
