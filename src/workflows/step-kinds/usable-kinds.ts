// Steps of the rung `usable`, of drills and verifications: isolated targets, services started on copies in them and asked,
// derived datastores emptied and filled by them.
import { worst } from '../../domain/analysis/verdict.ts';
import { plainResult, verdictsOf, type StepResult } from '../../domain/operation/step-result.ts';
import { unasked } from '../../domain/recovery/golden.ts';
import type { GoldenRequest } from '../../domain/recovery/recovery-actions.ts';
import type { CallFailure } from '../steps/call.ts';
import { doubtful } from './failed.ts';
import { endsUnusable, usableRungs } from './rungs.ts';
import { said } from './service-kinds.ts';
import { ask, type ActionOf, type StepContext, type StepKind } from './step-kind.ts';

export const isolate: StepKind<ActionOf<'isolate'>> = {
  whenFailed: 'doubtEnds',
  begin: (context) =>
    ask({
      activity: 'openTarget',
      told: {},
      profile: 'change',
      lease: firstLease(context),
      answered: said,
    }),
};

export const isolationProof: StepKind<ActionOf<'fence'>> = {
  whenFailed: 'doubtEnds',
  begin: (context) =>
    ask({
      activity: 'probeIsolation',
      told: {},
      profile: 'wait',
      answered({ value: { verdict, reason, findings } }) {
        const none = { name: 'fence', verdict, reason, samples: 0 };
        const how = {
          detail: reason,
          findings: findings.length === 0 ? [none] : findings,
        };
        if (verdict !== 'pass') {
          return endsUnusable(context, { verdict, reason: `fence: ${reason}` }, how);
        }
        return plainResult({ type: 'judged', verdict, message: '', ends: true }, how);
      },
    }),
};

export const bind: StepKind<ActionOf<'bind'>> = {
  whenFailed: 'doubtEnds',
  begin: (context) =>
    ask({
      activity: 'bindCopies',
      told: {},
      profile: 'wait',
      lease: firstLease(context),
      answered: said,
    }),
};

export const close: StepKind<ActionOf<'close'>> = {
  whenFailed: 'failsUnasked',
  begin: () => ask({ activity: 'closeTarget', told: {}, profile: 'undo', answered: said }),
};

export const start: StepKind<ActionOf<'start'>> = {
  whenFailed: 'doubtGoesOn',
  begin(context) {
    const { step, action } = context;
    const { service, health } = action.program;
    return ask({
      activity: 'startIsolated',
      told: {},
      profile: 'wait',
      lease: firstLease(context),
      answered({ value: { detail: got } }) {
        const reason = `${service} runs on the copy: ${got}`;
        const expected = `${health.path} answers`;
        const finding = {
          name: step.id,
          verdict: 'pass',
          reason,
          samples: 1,
          expected,
          got,
        } as const;
        return plainResult(
          { type: 'noted', verdict: 'pass' },
          { detail: reason, findings: [finding] },
        );
      },
      // The service itself said no; anything else says nothing of it.
      failed: (failure) =>
        failure.kind === 'CheckFailed'
          ? doubtful(context, 'doubtGoesOn', failure, 'fail')
          : undefined,
    });
  },
};

export const empty: StepKind<ActionOf<'empty'>> = {
  whenFailed: 'doubtEnds',
  begin: (context) =>
    ask({
      activity: 'emptyCopy',
      told: {},
      profile: 'wait',
      lease: firstLease(context),
      answered: said,
    }),
};

export const warm: StepKind<ActionOf<'warm'>> = {
  whenFailed: 'doubtGoesOn',
  begin: (context) =>
    ask({
      activity: 'warmCopy',
      told: { running: runningServices(context) },
      profile: 'wait',
      answered: ({ value }) =>
        plainResult(
          { type: 'noted', verdict: value.verdict },
          { detail: value.reason, findings: [value] },
        ),
    }),
};

/** The rung: every service started, every golden query answered as it should be. */
export const usable: StepKind<ActionOf<'usable'>> = {
  whenFailed: 'doubtGoesOn',
  begin(context) {
    const running = runningServices(context);
    return ask({
      activity: 'askGolden',
      told: { running },
      profile: 'wait',
      answered({ value: asked }) {
        const isUp = ({ service }: GoldenRequest): boolean => running.includes(service);
        const rest = context.action.golden.filter((one) => !isUp(one)).map(unasked);
        return judged(context, [...asked, ...rest]);
      },
      failed: (failure) => notAsked(context, failure),
    });
  },
};

function notAsked(context: StepContext, failure: CallFailure): StepResult {
  const result = doubtful(context, 'doubtGoesOn', failure);
  const [finding] = result.findings;
  if (finding === undefined) return result;
  return { ...result, output: { kind: 'rungs', rungs: usableRungs(context, finding) } };
}

function judged(context: StepContext, golden: StepResult['findings']): StepResult {
  const { plan, results } = context;
  const starts = verdictsOf(results, plan.steps, 'start');
  const warms = verdictsOf(results, plan.steps, 'warm');
  const started = starts.map((one) => one.verdict);
  const verdict = worst([...started, ...golden.map((one) => one.verdict)]);
  const passed = golden.filter((one) => one.verdict === 'pass').length;
  const reason = `${started.filter((one) => one === 'pass').length} of ${starts.length} services started on the copy, ${passed} of ${golden.length} golden queries were answered as they should be`;
  const wrong = golden.filter((one) => one.verdict !== 'pass').map((one) => one.reason);
  const missed = [...missedBefore(context), ...wrong, reason];
  const rungs = usableRungs(context, {
    verdict: worst([verdict, ...warms.map((one) => one.verdict)]),
    reason: missed.join('; '),
  });
  return plainResult(
    { type: 'noted', verdict },
    {
      detail: [reason, ...wrong].join('; '),
      findings: [...golden, { name: 'usable', verdict, reason, samples: golden.length }],
      output: { kind: 'rungs', rungs },
    },
  );
}

/** What did not start, or stayed cold. */
function missedBefore({ results }: StepContext): string[] {
  return results
    .filter(({ step: { action } }) => action.kind === 'start' || action.kind === 'warm')
    .flatMap(({ step, result }) => result.findings.map((finding) => ({ step, ...finding })))
    .filter(({ verdict }) => verdict !== 'pass')
    .map(({ step, reason }) => `${step.id}: ${reason}`);
}

function runningServices({ results, plan }: StepContext): string[] {
  return verdictsOf(results, plan.steps, 'start')
    .filter(({ verdict }) => verdict === 'pass')
    .map(({ action }) => action.program.service);
}

/** What a step makes for all datastores is made under the first lease: they are held together. */
function firstLease({ leased: [first] }: StepContext): string {
  if (first === undefined) throw new Error('an operation on nothing');
  return first;
}
