// Steps that people wrote as data: looks, changes, what people do and decide, waits, notices.
import type { ActivityAnswer } from '../../activities/boundary.ts';
import { childWords } from '../../domain/operation/child.ts';
import { COMPLETES } from '../../domain/operation/outcome.ts';
import { plainResult } from '../../domain/operation/step-result.ts';
import { behind, notChosen } from '../../domain/steps/choices.ts';
import { wayWords } from '../../domain/steps/plan-of-steps.ts';
import { countOf } from '../../domain/text/amounts.ts';
import type { StepCheck } from '../../config/steps/runbook-schema.ts';
import type { CallFailure } from '../steps/call.ts';
import { said } from './service-kinds.ts';
import { ask, type ActionOf, type StepContext, type StepKind, type Work } from './step-kind.ts';

type Written = ActionOf<
  'look' | 'do' | 'manual' | 'choose' | 'operation' | 'pause' | 'await' | 'tell' | 'consent'
>;

/** A row whose step is passed over unless its own check passes. */
function written<Action extends Written>(
  begin: (context: StepContext<Action>) => Work,
): StepKind<Action> {
  return {
    whenFailed: 'fails',
    begin: (context) => {
      const { when } = context.action;
      return when === undefined ? begin(context) : onlyWhen(context, when, () => begin(context));
    },
  };
}

export function onlyWhen(
  { step, plan }: Pick<StepContext, 'step' | 'plan'>,
  when: StepCheck,
  then: () => Work,
): Work {
  return ask({
    activity: 'askCheck',
    told: {},
    profile: 'wait',
    answered: ({ value: { passes, said: detail } }) => {
      if (passes) return then();
      const passed = step.action.kind === 'consent' ? [step.action.before] : [step.id];
      const others = behind(plan.steps, passed).filter((id) => id !== step.id);
      return plainResult(
        { type: 'passedOver', passes: others },
        { detail: `passed over: ${detail}` },
      );
    },
    failed: ({ kind, message }) => unbegun({ kind, message: `${wayWords(when)}: ${message}` }),
  });
}

/** Nothing of the step was tried. */
export function unbegun(failure: CallFailure): Work {
  return plainResult({ type: 'failed', ...failure, unbegun: true });
}

export const look = written<ActionOf<'look'>>(() =>
  ask({
    activity: 'lookAt',
    told: {},
    profile: 'wait',
    answered: ({ value: { looks, problem } }) => {
      const output = { kind: 'brought', looks } as const;
      const detail = looks.map((one) => one.said).join('; ');
      return problem === null
        ? plainResult({ type: 'done' }, { detail, output })
        : plainResult({ type: 'failed', kind: 'NotReady', message: problem }, { output });
    },
  }),
);

export const change = written<ActionOf<'do'>>(({ plan }) =>
  ask({
    activity: 'makeChange',
    told: {},
    profile: 'wait',
    lease: leaseFor(plan.leases),
    answered: (answer: ActivityAnswer<{ detail: string }>) => said(answer),
  }),
);

/** What a step makes it makes under the first of its runbook's leases. */
export function leaseFor(leases: readonly string[] = []): string {
  const [first] = leases;
  if (first === undefined) throw new Error('a change of a runbook without leases');
  return first;
}

export const manual = written<ActionOf<'manual'>>(({ action }) => ({
  asks: { kind: 'tick', text: action.text },
  replied: ({ by, note }) =>
    plainResult({ type: 'ticked' }, { detail: `ticked by ${by}${noted(note)}` }),
}));

export const choose = written<ActionOf<'choose'>>(({ action, plan }) => {
  const { question, options } = action;
  return {
    asks: { kind: 'choose', text: question, options: Object.keys(options) },
    replied: ({ by, option = '', note }) => {
      const passes = notChosen(plan.steps, options, option);
      const rest = passes.length === 0 ? '' : `; ${countOf(passes.length, 'step')} passed over`;
      return plainResult(
        { type: 'chosen', passes },
        { detail: `${by} chose ${option}${noted(note)}${rest}` },
      );
    },
  };
});

/** What it came to decides: only what did as it was asked is done. */
export const operation = written<ActionOf<'operation'>>(({ action: { runbook, asked } }) => ({
  child: { runbook, asked },
  notStarted: unbegun,
  ended: (end) => {
    const detail = childWords(end);
    if (COMPLETES.has(end.outcome)) return plainResult({ type: 'done' }, { detail });
    const kind = end.outcome === 'refused' ? 'Refused' : 'CheckFailed';
    return plainResult({ type: 'failed', kind, message: detail });
  },
}));

function noted(note: string): string {
  return note === '' ? '' : `: ${note}`;
}

export const pause = written<ActionOf<'pause'>>(({ action: { ms } }) => ({
  sleeps: ms,
  over: plainResult({ type: 'done' }),
}));

export const awaited = written<ActionOf<'await'>>(() =>
  ask({ activity: 'awaitCheck', told: {}, profile: 'wait', answered: said }),
);

export const tell = written<ActionOf<'tell'>>(({ action: { channel, text } }) => ({
  tells: { channel, text },
  told: (reason) =>
    reason === undefined
      ? plainResult({ type: 'done' }, { detail: `told ${channel}` })
      : plainResult({
          type: 'failed',
          kind: 'Refused',
          message: `${channel} could not be told: ${reason}`,
        }),
}));

export const consent = written<ActionOf<'consent'>>(() => plainResult({ type: 'done' }));
