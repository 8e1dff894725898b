// Steps that put a copy in the place of a live datastore: the fence and the proof of it, the loss, the exchange, and what a
// recovery ends with.
import type { Finding } from '../../domain/analysis/finding.ts';
import { outputOn, plainResult, type StepResult } from '../../domain/operation/step-result.ts';
import { exchangeWords, lossFindings, lossWords } from '../../domain/recovery/exchange.ts';
import { keptOut } from '../../domain/recovery/live/kept-out.ts';
import { waitsForPeople } from '../../domain/record/report-timings.ts';
import { recoveryEnd } from '../../domain/recovery/recovery-end.ts';
import { problemsIn, said } from './service-kinds.ts';
import { otherCopy } from './candidate-kinds.ts';
import { ask, type ActionOf, type StepContext, type StepKind } from './step-kind.ts';

export const lookAhead: StepKind<ActionOf<'lookAhead'>> = {
  whenFailed: 'fails',
  begin: () =>
    ask({
      activity: 'lookAhead',
      told: {},
      profile: 'look',
      answered: ({ value: findings }) => judgedBy(findings),
    }),
};

export const writeFence: StepKind<ActionOf<'writeFence'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore } }) =>
    ask({
      activity: 'writeFence',
      told: {},
      profile: 'change',
      lease: datastore,
      answered: said,
    }),
};

export const quiet: StepKind<ActionOf<'quiet'>> = {
  whenFailed: 'fails',
  begin({ step, action: { datastore, again }, results }) {
    // What an attempt of this very step found changed stays so: to compare with that would pass whatever was written.
    const others = results.filter((one) => one.step.id !== step.id);
    const before = outputOn(others, 'quiet', datastore);
    // What was skipped then was counted as it was: there is nothing that it could be compared with.
    const since = again === true && before !== undefined ? { since: before.position } : {};
    return ask({
      activity: 'proveQuiet',
      told: since,
      profile: 'wait',
      answered: ({ value: { finding, position } }) => ({
        ...judgedBy([finding]),
        output: { kind: 'quiet', datastore, position },
      }),
    });
  },
};

export const lossAgainst: StepKind<ActionOf<'lossAgainst'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore }, ...context }) =>
    ask({
      activity: 'lossAgainst',
      told: otherCopy(context, datastore),
      profile: 'wait',
      answered: ({ value: { loss, plan } }) =>
        plainResult(
          { type: 'done' },
          {
            detail: `${lossWords(loss)}; ${exchangeWords(plan)}`,
            findings: lossFindings(loss),
            output: { kind: 'lost', datastore, loss, plan },
          },
        ),
    }),
};

export const exchange: StepKind<ActionOf<'exchange'>> = {
  whenFailed: 'fails',
  begin({ action: { datastore }, results, plan, step }) {
    const lost = outputOn(results, 'lost', datastore);
    if (lost === undefined) throw new Error(`an exchange of ${datastore} without its plan`);
    return ask({
      activity: 'exchangeStore',
      told: { plan: lost.plan, ...otherCopy({ plan, results, step }, datastore) },
      profile: 'change',
      lease: datastore,
      answered: ({ value: { exchanged, detail } }) => ({
        ...plainResult({ type: 'done', stays: keptOut(plan, datastore) }, { detail }),
        output: { kind: 'exchanged', datastore, exchanged },
      }),
    });
  },
};

export const judgeLive: StepKind<ActionOf<'judgeLive'>> = {
  whenFailed: 'fails',
  begin({ action: { datastore }, results, plan, step }) {
    const lost = outputOn(results, 'lost', datastore);
    if (lost === undefined) throw new Error(`an exchange of ${datastore} that nobody approved`);
    return ask({
      activity: 'judgeLive',
      told: { plan: lost.plan, loss: lost.loss, ...otherCopy({ plan, results, step }, datastore) },
      profile: 'wait',
      answered: ({ value: finding }) => judgedBy([finding]),
    });
  },
};

export const liftFence: StepKind<ActionOf<'liftFence'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore } }) =>
    ask({
      activity: 'liftFence',
      told: {},
      profile: 'change',
      lease: datastore,
      answered: said,
    }),
};

export const lookLost: StepKind<ActionOf<'lookLost'>> = {
  whenFailed: 'fails',
  begin: () =>
    ask({
      activity: 'lookLost',
      told: {},
      profile: 'look',
      answered: ({ value: findings }) => judgedBy(findings),
    }),
};

export const bindElsewhere: StepKind<ActionOf<'bindElsewhere'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore }, results, plan, step }) =>
    ask({
      activity: 'bindElsewhere',
      told: otherCopy({ plan, results, step }, datastore),
      profile: 'change',
      lease: datastore,
      answered: ({ value: { detail } }) =>
        plainResult({ type: 'done', stays: keptOut(plan, datastore) }, { detail }),
    }),
};

export const judgeMoved: StepKind<ActionOf<'judgeMoved'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore }, results, plan, step }) =>
    ask({
      activity: 'judgeMoved',
      told: otherCopy({ plan, results, step }, datastore),
      profile: 'wait',
      answered: ({ value: findings }) => judgedBy(findings),
    }),
};

export const warmLive: StepKind<ActionOf<'warmLive'>> = {
  whenFailed: 'fails',
  begin: () =>
    ask({
      activity: 'warmLive',
      told: {},
      profile: 'wait',
      answered: ({ value: findings }) => judgedBy(findings),
    }),
};

export const flush: StepKind<ActionOf<'flush'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore } }) =>
    ask({
      activity: 'flushDerived',
      told: {},
      profile: 'change',
      lease: datastore,
      answered: said,
    }),
};

export const concludeExchange: StepKind<ActionOf<'concludeExchange'>> = {
  whenFailed: 'fails',
  begin({ plan, results, entries, now }: StepContext<ActionOf<'concludeExchange'>>) {
    const { message, findings } = recoveryEnd({
      ...{ plan, results, entries, now },
      waits: waitsForPeople(entries),
    });
    return plainResult({ type: 'judged', verdict: 'pass', message, ends: false }, { findings });
  },
};

/** What does not pass asks people; the rest goes on. */
function judgedBy(findings: Finding[]): StepResult {
  const message = problemsIn(findings);
  if (findings.some(({ verdict }) => verdict === 'fail')) {
    return plainResult({ type: 'failed', kind: 'CheckFailed', message }, { findings });
  }
  if (message !== '') {
    const event = { type: 'baked', verdict: 'inconclusive', judged: true, message } as const;
    return plainResult({ ...event, onInconclusive: 'ask' }, { findings });
  }
  const detail = findings.map(({ reason }) => reason).join('; ');
  return plainResult({ type: 'done' }, { detail, findings });
}
